// The groups that rules see are the kernel's for this process, not those that a database lists for a name.
#include "host/name_database.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace broker {
namespace {

// Each case in a process of its own, because it changes its groups.
bool holds_with(std::vector<gid_t> more, gid_t primary, const std::vector<std::string>& wanted) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::setgroups(more.size(), more.data()) != 0 || ::setegid(primary) != 0) ::_exit(2);
    auto groups = own_unix_groups();
    if (groups) std::ranges::sort(*groups);
    ::_exit(groups && *groups == wanted ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

gid_t number_of(const char* name) {
  const group* const found = ::getgrnam(name);
  return found ? found->gr_gid : static_cast<gid_t>(-1);
}

TEST(UnixGroups, InAUserNamespaceNothingIsKnown) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(2);
    ::_exit(own_unix_groups() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(UnixGroups, AreTheKernelsForThisProcessWithThePrimaryOneAndNoneTwice) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can change its groups: start the tests as root";
  const gid_t adm = number_of("adm"), daemon = number_of("daemon"), nobody_has = 4'000'000'001;
  EXPECT_TRUE(holds_with({}, daemon, {"daemon"})) << "root's own groups are gone";
  EXPECT_TRUE(holds_with({adm, daemon}, daemon, {"adm", "daemon"}));
  EXPECT_TRUE(holds_with({adm, nobody_has}, nobody_has, {"adm"})) << "a number without a name is left out";
  EXPECT_FALSE(holds_with({adm}, daemon, {"daemon"})) << "the case above can fail";
}

}  // namespace
}  // namespace broker
