#include "keys/same_principal.h"

#include <gtest/gtest.h>

#include "key_fetch_case.h"
#include "sources/process.h"

namespace broker {
namespace {

constexpr char kRole[] = "arn:aws:sts::111122223333:assumed-role/desk-task/";

std::string printed(std::string_view id) {
  return R"({"Version":1,"AccessKeyId":")" + std::string(id) +
         R"(","SecretAccessKey":"printed-secret","SessionToken":"t","Expiration":"2026-01-27T11:00:00Z"})";
}

std::string owner(std::string_view arn, std::string_view account = "111122223333") {
  return "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>" + std::string(arn) +
         "</Arn><UserId>AROA:x</UserId><Account>" + std::string(account) +
         "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
}

class SamePrincipalTest : public testing::KeyFetchCase {
 protected:
  SamePrincipalTest() {
    start_ = of_same_principal(aws_.context, sts_, principal_,
                               process_keys(aws_.context, errands_, "ledger", {"/opt/keys", "config:7"}));
  }
  void began_as(const std::string& arn, const std::string& user = {}) {
    principal_.arn = arn;
    principal_.account = "111122223333";
    principal_.user = user;
  }
  // The program prints a key, and STS says whose it is.
  std::string told(const std::string& arn, std::string_view account = "111122223333") {
    ask();
    errands_.answer(printed("ASIALATER"));
    aws_.http.answer(200, owner(arn, account));
    return why();
  }
  broker::Principal principal_;
  AwsEndpoint sts_ = testing::endpoint();
};

TEST_F(SamePrincipalTest, AnotherPrincipalsKeysAreRefusedAndBothAreNamed) {
  began_as(std::string(kRole) + "desk");
  for (const std::string arn :
       {"arn:aws:sts::111122223333:assumed-role/ledger-ci/desk", "arn:aws:iam::111122223333:user/marta",
        "arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/desk-task-2/desk",
        "arn:aws-cn:sts::111122223333:assumed-role/desk-task/desk"}) {
    EXPECT_EQ(told(arn), "the source gives the keys of " + arn + " now, and this run began as " + kRole + "desk");
    EXPECT_EQ(keys_.error().fault, ipc::Fault::kRefused);
    EXPECT_NE(keys_.error().next_step, "");
  }
  EXPECT_NE(told("arn:aws:sts::444455556666:assumed-role/desk-task/desk", "444455556666"), "keys");
}

TEST_F(SamePrincipalTest, AnotherUserOfIdentityCenterIsAnotherPrincipal) {
  const std::string role = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Reader_0123456789abcdef/";
  began_as(role + "marta", "marta");
  EXPECT_EQ(told(role + "marta"), "keys");
  EXPECT_NE(told(role + "nina"), "keys");
}

TEST_F(SamePrincipalTest, WhoseTheyAreMustBeKnown) {
  began_as(std::string(kRole) + "desk");
  ask();
  errands_.answer(printed("ASIALATER"));
  aws_.http.answer(403, testing::refused("AccessDenied"));
  EXPECT_EQ(answers_, 1);
  EXPECT_TRUE(why().starts_with("whose keys the source gives now is not known: ")) << why();
}

TEST_F(SamePrincipalTest, ASourceThatFailsIsNotAskedAbout) {
  began_as(std::string(kRole) + "desk");
  ask();
  errands_.fail({ipc::Fault::kRefused, "ended with code 3", ""});
  EXPECT_EQ(answers_, 1);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(SamePrincipalTest, TheQuestionIsSignedWithTheNewKeyAndAnotherSessionOfTheRoleIsTheSame) {
  began_as(std::string(kRole) + "desk");
  EXPECT_EQ(told(std::string(kRole) + "another-desk"), "keys");
  EXPECT_EQ(keys_->access_key_id, "ASIALATER");
  EXPECT_NE(testing::header_of(aws_.http.last(), "Authorization").find("Credential=ASIALATER/"), std::string::npos);
}

TEST_F(SamePrincipalTest, TheFirstKeyIsNotAskedAbout) {
  ask();
  errands_.answer(printed("ASIAFIRST"));
  EXPECT_EQ(why(), "keys");
  EXPECT_TRUE(aws_.http.requests.empty());
}

}  // namespace
}  // namespace broker
