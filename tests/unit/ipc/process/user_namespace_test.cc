// What uid_map says, and which namespace this is.
#include "ipc/process/user_namespace.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using ipc::IdRange;
using ipc::UserNamespace;

TEST(UserNamespace, WhatIsNoMapIsNone) {
  for (const char* text : {"x", "1 2", "1 2 3 4", "-1 2 3", "1 2 4294967296", "1 2 3\nx", "1,2,3"}) {
    EXPECT_TRUE(ipc::read_id_map(text).empty()) << text;
  }
}

TEST(UserNamespace, AMapSaysWhoAUserIsOutside) {
  const UserNamespace where{.id_map = ipc::read_id_map("         0       1000          1\n         1     100000      65536\n")};
  EXPECT_EQ(where.id_map, (std::vector<IdRange>{{0, 1000, 1}, {1, 100000, 65536}}));
  EXPECT_EQ(where.outside(0), 1000u);
  EXPECT_EQ(where.outside(65536), 165535u);
  EXPECT_EQ(where.outside(65537), std::nullopt);
  EXPECT_EQ(UserNamespace{.initial = true}.outside(7), 7u);
}

TEST(UserNamespace, OneThatWasJustMadeIsNotTheMachines) {
  const auto here = ipc::own_user_namespace();
  ASSERT_TRUE(here);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(2);  // not allowed on this host
    const auto there = ipc::own_user_namespace();
    const bool refused = !ipc::check_no_user_namespace(false) && ipc::check_no_user_namespace(true);
    ::_exit(there && !there->initial && refused && !ipc::what_a_user_namespace_costs(there).empty() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "no user namespace can be made here";
  EXPECT_EQ(status, 0);
  EXPECT_EQ(ipc::check_no_user_namespace(false).has_value(), here->initial);
}

}  // namespace
