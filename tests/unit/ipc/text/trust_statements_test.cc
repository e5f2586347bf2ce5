#include "ipc/text/trust_statements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace ipc {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kRole[] = "arn:aws:iam::111122223333:role/ledger";

TEST(TrustStatements, AreWholePoliciesAsTheyArePasted) {
  const RoleToAssume role{"arn:aws:iam::111122223333:user/marta", kRole, "", true, false};
  EXPECT_EQ(trust_policy_of(role), R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
      "Principal": {"AWS": "arn:aws:iam::111122223333:user/marta"}
    }
  ]
}
)");
  EXPECT_EQ(caller_policy_for(role), R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
      "Resource": "arn:aws:iam::111122223333:role/ledger"
    }
  ]
}
)");
}

TEST(TrustStatements, ASessionsRoleIsNamedByAConditionBecauseItsPathIsNotKnown) {
  const RoleToAssume role{"arn:aws-cn:sts::111122223333:assumed-role/Dev/marta", kRole, "", true, false};
  const std::string text = trust_policy_of(role);
  EXPECT_THAT(text, HasSubstr(R"("Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"})"));
  EXPECT_THAT(text,
              HasSubstr(R"("Condition": {"ArnLike": {"aws:PrincipalArn": ["arn:aws-cn:iam::111122223333:role/Dev", )"
                        R"("arn:aws-cn:iam::111122223333:role/*/Dev"]}})"));
  EXPECT_EQ(holder_of_permissions(role.caller_arn), "arn:aws-cn:iam::111122223333:role/Dev");
}

TEST(TrustStatements, TheExternalIdIsAskedOfAssumeRoleAlone) {
  const std::string text = trust_policy_of({"arn:aws:iam::1:user/m", kRole, "a\"b", true, true});
  const std::size_t others = text.find("sts:SetSourceIdentity");
  ASSERT_NE(others, text.npos);
  EXPECT_THAT(text.substr(0, others), HasSubstr(R"("StringEquals": {"sts:ExternalId": "a\"b"})"));
  EXPECT_THAT(text.substr(others), Not(HasSubstr("Condition")));
  EXPECT_THAT(text.substr(others), HasSubstr("sts:TagSession"));
  EXPECT_THAT(trust_policy_of({"arn:aws:iam::1:user/m", kRole, "x", false, false}),
              Not(HasSubstr("SetSourceIdentity")));
}

TEST(TrustStatements, WhatIsNoSessionStaysAsItIs) {
  for (const char* arn : {"arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:federated-user/x",
                          "arn:aws:sts::111122223333:assumed-role/Dev", ":assumed-role/:sts::", ""}) {
    EXPECT_EQ(holder_of_permissions(arn), arn);
  }
}

TEST(TrustStatements, ParametersAreReadOneByOneAndTogether) {
  EXPECT_THAT(read_parameters_policy(std::array{std::string("a")}),
              HasSubstr("\"Action\": [\"ssm:GetParameter\", \"ssm:GetParameters\"],\n      \"Resource\": \"a\"\n"));
}

}  // namespace
}  // namespace ipc
