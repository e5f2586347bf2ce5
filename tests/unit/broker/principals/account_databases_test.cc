// What the databases say of a uid, and that it becomes a principal.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "principals/account_reader_case.h"
#include "principals/accounts.h"
#include "principals/own_etc.h"
#include "principals/principal_map.h"
#include "principals/rows_fixture.h"

namespace broker::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

class AccountDatabases : public AccountReaderTest {};

TEST_F(AccountDatabases, NameOfTwoUidsIsRefused) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put("passwd", "marta:x:1000:0::/:/bin/sh\nmarta:x:5000:0::/:/bin/sh\ntoor:x:1000:0::/:/bin/sh\n");
  start();
  const AccountAnswer answer = answer_to(5000);
  ASSERT_FALSE(answer.account);
  EXPECT_THAT(answer.account.error().what, HasSubstr("says that \"marta\" is uid 1000"));
  const AccountAnswer first = answer_to(1000);
  ASSERT_TRUE(first.account);
  EXPECT_EQ(first.account->login, "marta") << "the first of two logins of one uid";
}

TEST_F(AccountDatabases, GroupsAreAllOrAReason) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  std::string groups = "users:x:100:\n" + std::string(300, 'l') + ":x:50000:marta\n";
  std::vector<std::string> expected{"users"};
  for (std::size_t i = 0; i < kMostGroups; ++i) {
    const std::string name = "group" + std::to_string(i);
    groups += name + ":x:" + std::to_string(10000 + i) + (i < kMostGroups - 2 ? ":otto,marta\n" : ":otto\n");
    if (i < kMostGroups - 2) expected.push_back(name);
  }
  etc.put("passwd", "marta:x:1000:100::/:/bin/sh\notto:x:1001:100::/:/bin/sh\nina:x:1002:77777::/:/bin/sh\n");
  etc.put("group", groups);
  start();
  const AccountAnswer too_many = answer_to(1001);
  ASSERT_FALSE(too_many.account);
  EXPECT_THAT(too_many.account.error().what, HasSubstr("more than 1024 groups"));
  const AccountAnswer marta = answer_to(1000);
  ASSERT_TRUE(marta.account) << marta.account.error().what;
  EXPECT_THAT(*marta.account->groups, UnorderedElementsAreArray(expected)) << "without the one that no row could name";
  const AccountAnswer ina = answer_to(1002);
  ASSERT_TRUE(ina.account);
  EXPECT_TRUE(ina.account->groups && ina.account->groups->empty()) << "a number without a name is left out";
}

TEST_F(AccountDatabases, UserWhoWasMadeMeanwhileIsFound) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  start();
  EXPECT_EQ(answer_to(kNobodyHas).account->login, "");
  etc.put("passwd", "root:x:0:0::/:/bin/sh\nmarta:x:4000000001:0::/:/bin/sh\n");
  EXPECT_EQ(answer_to(kNobodyHas).account->login, "marta");
}

TEST_F(AccountDatabases, UidThatNobodyHasIsNoLogin) {
  start();
  const AccountAnswer answer = answer_to(kNobodyHas);
  ASSERT_TRUE(answer.account);
  EXPECT_EQ(answer.account->uid, kNobodyHas);
  EXPECT_EQ(answer.account->login, "");
  EXPECT_FALSE(answer.account->groups);
}

TEST_F(AccountDatabases, OwnUserIsAsTheDatabasesSay) {
  const passwd* const own = ::getpwuid(::getuid());
  if (own == nullptr) GTEST_SKIP() << "who runs this test has no login";
  const std::string name = own->pw_name;
  std::vector<gid_t> gids(kMostGroups);
  int count = static_cast<int>(gids.size());
  ASSERT_GE(::getgrouplist(name.c_str(), own->pw_gid, gids.data(), &count), 0);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    if (const group* const found = ::getgrgid(gids[static_cast<std::size_t>(i)])) names.emplace_back(found->gr_name);
  }
  start();
  const AccountAnswer answer = answer_to(::getuid());
  ASSERT_TRUE(answer.account) << answer.account.error().what;
  EXPECT_EQ(answer.account->login, name);
  EXPECT_THAT(*answer.account->groups, UnorderedElementsAreArray(names));
}

// ---- the whole way, on a real loop

TEST_F(AccountDatabases, UidBecomesAPrincipal) {
  const passwd* const own = ::getpwuid(::getuid());
  if (own == nullptr) GTEST_SKIP() << "who runs this test has no login";
  const std::string name = own->pw_name;
  start();
  const pid_t pid = reader_->pid();
  const EventBasePtr base = new_event_base();
  EventTimers timers(base.get());
  const SystemClock clock;
  auto accounts = Accounts::make(std::move(*reader_), {base.get(), timers, clock, [](const std::string&) {}});
  reader_.reset();
  ASSERT_TRUE(accounts);
  auto map = PrincipalMap::make({by_name(name, "x-{name}")}, host_overflow_uid());
  ASSERT_TRUE(map);
  std::vector<std::string> users;
  std::vector<Accounts::Waiting> waiting;
  for (const uid_t uid : {::getuid(), kNobodyHas}) {
    waiting.push_back((*accounts)->find(uid, [&](const ipc::Result<Account>& account) {
      ASSERT_TRUE(account) << account.error().what;
      const auto principal = map->principal_of(*account);
      users.push_back(principal ? principal->user : "refused");
      if (users.size() == 2) event_base_loopbreak(base.get());
    }));
  }
  event_base_dispatch(base.get());
  EXPECT_THAT(users, UnorderedElementsAreArray({"x-" + name, std::string("refused")}));
  accounts->reset();
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace broker::testing
