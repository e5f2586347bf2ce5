#include "keystore/programs.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace broker {
namespace {

// In the place of `pass`: what it is given and what it prints, and whether /proc opens either once more, as it would
// for every process of the same user.
TEST(KeyPrograms, WhatGoesInAndOutCannotBeOpenedAnew) {
  ASSERT_TRUE(ipc::SecretArena::open());
  constexpr char kScript[] =
      "for end in 0 1; do"
      "  for how in '<' '>' '<>'; do eval \": $how/proc/$$/fd/$end\" 2>/dev/null && echo \"opened $how $end\"; done;"
      "done; cat; true";
  const auto printed = run_key_program(row_of(KeyStoreKind::kPass), {"bash", "-c", kScript}, "the secret");
  ASSERT_TRUE(printed) << printed.error().what;
  EXPECT_EQ(printed->reveal(), "the secret");
}

TEST(KeyPrograms, OneThatReadsNothingOfALongInputDoesNotEndUs) {
  ASSERT_TRUE(ipc::SecretArena::open());
  std::signal(SIGPIPE, SIG_IGN);  // as tools/run.cc does
  const auto printed = run_key_program(row_of(KeyStoreKind::kPass), {"sh", "-c", "echo done"}, std::string(4096, 'x'));
  ASSERT_TRUE(printed) << printed.error().what;
  EXPECT_EQ(printed->reveal(), "done\n");
}

}  // namespace
}  // namespace broker
