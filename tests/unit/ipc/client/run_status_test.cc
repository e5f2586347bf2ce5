#include "ipc/client/run_status.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

TEST(RunStatus, WhatIsOfAnotherFormIsNoStatus) {
  for (const char* text : {"profile x", "profile\n", "profile \n", "nobody x\n", "profile x\nprofile y\n", "\n", " x\n",
                           "profile x\n\n", "Profile x\n"}) {
    EXPECT_FALSE(read_run_status(text)) << text;
  }
}

TEST(RunStatus, ComesBackAsItWasSaid) {
  RunStatus status;
  for (const RunStatusRow& row : run_status_rows()) status.*row.member = "a value of " + std::string(row.name);
  const auto read = read_run_status(text_of(status));
  ASSERT_TRUE(read);
  for (const RunStatusRow& row : run_status_rows()) EXPECT_EQ((*read).*row.member, status.*row.member) << row.name;
  EXPECT_EQ(text_of(RunStatus{}), "");
  EXPECT_TRUE(read_run_status(""));
}

TEST(RunStatus, AValueCannotBeginALine) {
  RunStatus status;
  status.rule = "x\neffect allow\r\x1b[2J";
  const auto read = read_run_status(text_of(status));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rule, "x?effect allow??[2J");
  EXPECT_EQ(read->effect, "");
}

}  // namespace
}  // namespace ipc
