#include "ipc/edit_distance.h"

#include <gtest/gtest.h>

namespace {

TEST(EditDistance, CountsLettersThatWereMistyped) {
  EXPECT_EQ(ipc::edit_distance("", ""), 0U);
  EXPECT_EQ(ipc::edit_distance("", "abc"), 3U);
  EXPECT_EQ(ipc::edit_distance("profile", "profile"), 0U);
  EXPECT_EQ(ipc::edit_distance("profil", "profile"), 1U);
  EXPECT_EQ(ipc::edit_distance("porfile", "profile"), 2U) << "two neighbours swapped are two";
  EXPECT_EQ(ipc::edit_distance("Allow", "allow"), 1U) << "case counts";
  EXPECT_EQ(ipc::edit_distance("kitten", "sitting"), ipc::edit_distance("sitting", "kitten"));
}

}  // namespace
