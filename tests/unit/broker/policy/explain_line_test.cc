// The command that explains a refusal: each fact of the question once, fit for a shell, and a file that can be read.
#include "policy/explain_line.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

PolicyQuery question() {
  PolicyQuery query{"marta", "ledger-prod", Mode::kServer, std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)};
  query.transport = Via::kTcp;
  return query;
}

TEST(ExplainLine, AsksTheSameQuestion) {
  PolicyQuery query = question();
  query.account = "111122223333";
  query.arn = "arn:aws:iam::111122223333:user/marta";
  query.groups = {"ledger", "domain users"};
  query.session_table = "sessions";
  EXPECT_EQ(
      explain_line({"/etc/sentinel/p.yaml"}, query),
      "sentinel policy explain /etc/sentinel/p.yaml --user marta --profile ledger-prod --mode server --transport tcp "
      "--at 2026-01-31T00:00:00Z --account 111122223333 --arn arn:aws:iam::111122223333:user/marta --groups "
      "'ledger,domain users' --session-table sessions");
}

TEST(ExplainLine, WhatIsNotKnownIsNotSaidButTheUserIs) {
  PolicyQuery query = question();
  query.user.clear();
  query.mode = Mode::kCli;
  query.transport.reset();
  query.groups.emplace();
  EXPECT_EQ(explain_line({"/p"}, query),
            "sentinel policy explain /p --user '' --profile ledger-prod --mode cli --at 2026-01-31T00:00:00Z");
}

TEST(ExplainLine, NoWordIsTakenApartByAShell) {
  PolicyQuery query = question();
  query.profile = "a b; $(reboot) `x` 'y' \"z\" \\ & |";
  const std::string line = explain_line({"/it's here/p.yaml"}, query);
  EXPECT_NE(line.find(R"( '/it'\''s here/p.yaml' )"), std::string::npos) << line;
  EXPECT_NE(line.find(R"( --profile 'a b; $(reboot) `x` '\''y'\'' "z" \ & |' )"), std::string::npos) << line;
}

TEST(ExplainLine, APolicyThatIsNoFileIsFetchedOrLeftToTheReader) {
  EXPECT_TRUE(
      explain_line({"/sentinel/p", true}, question())
          .starts_with("sentinel policy pull --policy-parameter /sentinel/p --profile ledger-prod > policy.yaml && "
                       "sentinel policy explain policy.yaml --user marta "));
  EXPECT_TRUE(explain_line({"/dev/fd/63", false, true}, question())
                  .starts_with("sentinel policy explain POLICY-FILE --user marta "));
}

TEST(ExplainLine, HundredsOfGroupsDoNotDrownTheLine) {
  PolicyQuery query = question();
  query.groups = std::vector<std::string>(100, "a-group-of-the-directory");
  EXPECT_EQ(explain_line({"/p"}, query).find("--groups"), std::string::npos);
}

}  // namespace
}  // namespace broker
