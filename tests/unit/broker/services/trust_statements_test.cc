// The statements that a denial prints: JSON, one action each, for the principal that IAM takes.
#include "services/trust_statements.h"

#include <gtest/gtest.h>
#include <json/json.h>

#include "services/sts.h"

namespace broker {
namespace {

constexpr char kUser[] = "arn:aws:iam::111122223333:user/desk/marta";

Json::Value parsed(const TrustNeeds& needs) {
  Json::Value list;
  EXPECT_TRUE(Json::Reader().parse("[" + trust_statements(needs) + "]", list)) << trust_statements(needs);
  return list;
}

TEST(TrustStatements, WithoutACallerThereAreNone) { EXPECT_EQ(trust_statements({""}), ""); }

TEST(TrustStatements, OneForEachActionAndTheExternalIdInTheFirstAlone) {
  const Json::Value list = parsed({kUser, "in\"voice", "sentinel.marta.*", "", true});
  ASSERT_EQ(list.size(), 3U);
  const char* const actions[] = {"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"};
  for (Json::ArrayIndex i = 0; i < 3; ++i) {
    EXPECT_EQ(list[i]["Action"].asString(), actions[i]);
    EXPECT_EQ(list[i]["Effect"].asString(), "Allow");
    EXPECT_EQ(list[i]["Principal"]["AWS"].asString(), kUser);
  }
  EXPECT_EQ(list[0]["Condition"]["StringEquals"]["sts:ExternalId"].asString(), "in\"voice");
  EXPECT_EQ(list[1]["Condition"]["StringLike"]["sts:SourceIdentity"].asString(), "sentinel.marta.*");
  EXPECT_FALSE(list[2].isMember("Condition"));
}

TEST(TrustStatements, OnlyWhatIsSentIsAskedFor) {
  const Json::Value list = parsed({kUser});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_FALSE(list[0].isMember("Condition"));
}

// A trust policy takes roles, and no sessions of them.
TEST(TrustStatements, ASessionIsWrittenAsItsRole) {
  EXPECT_EQ(parsed({"arn:aws-cn:sts::111122223333:assumed-role/ci/build-7"})[0]["Principal"]["AWS"].asString(),
            "arn:aws-cn:iam::111122223333:role/ci");
}

// Its path holds a region, which the session's ARN does not say; IAM takes no * in a principal.
TEST(TrustStatements, ARoleOfIdentityCenterIsWrittenAsACondition) {
  const Json::Value list = parsed({"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_1a2b/marta", "id"});
  EXPECT_EQ(list[0]["Principal"]["AWS"].asString(), "arn:aws:iam::111122223333:root");
  EXPECT_EQ(list[0]["Condition"]["ArnLike"]["aws:PrincipalArn"].asString(),
            "arn:aws:iam::111122223333:role/*/AWSReservedSSO_Dev_1a2b");
  EXPECT_EQ(list[0]["Condition"]["StringEquals"]["sts:ExternalId"].asString(), "id");
}

constexpr char kLacks[] =
    "User: arn:aws:iam::111122223333:user/marta is not authorized to perform: sts:SetSourceIdentity on resource: "
    "arn:aws:iam::111122223333:role/prod";

TEST(DeniedAction, IsTheOneThatAwsNames) {
  EXPECT_EQ(denied_action({403, "AccessDenied", kLacks}), "sts:SetSourceIdentity");
  EXPECT_EQ(denied_action({403, "AccessDenied",
                           "User: x is not authorized to perform: sts:AssumeRole on resource: "
                           "arn:aws:iam::1:role/sts:SetSourceIdentity"}),
            "sts:AssumeRole");
  EXPECT_EQ(denied_action({403, "AccessDenied", "Encoded authorization failure message: sts:SetSourceIdentity"}), "");
  EXPECT_EQ(denied_action({400, "ValidationError", kLacks}), "");
  EXPECT_EQ(denied_action({403, "AccessDenied", ""}), "");
}

TEST(DeniedAction, WhatForbidsTheNameIsNoLackOfIt) {
  EXPECT_TRUE(lacks_source_identity_alone({403, "AccessDenied", kLacks}));
  for (const char* end : {" with an explicit deny in a resource-based policy", " with an explicit deny"})
    EXPECT_FALSE(lacks_source_identity_alone({403, "AccessDenied", std::string(kLacks) + end})) << end;
  EXPECT_FALSE(lacks_source_identity_alone(
      {403, "AccessDenied", "User: x is not authorized to perform: sts:SetSourceIdentityX on resource: y"}));
  EXPECT_FALSE(lacks_source_identity_alone({403, "AccessDenied", "sts:SetSourceIdentity"}));
}

}  // namespace
}  // namespace broker
