#include "init/iam_policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

using testing::HasSubstr;

ipc::WhoamiRole role(std::string_view trust) {
  return {ipc::Text<2048>(std::string_view("arn:aws:iam::1:role/r")), ipc::Text<16384>(trust), false, false};
}

TEST(IamPolicies, AStatementBeginsALineAndATextThatLooksLikeOneDoesNot) {
  EXPECT_EQ(
      trust_policy(role(R"({"Effect":"Allow","A":"},{\"Effect\""},{"Effect":"Allow"})")),
      "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\":\"Allow\",\"A\":\"},{\\\"Effect\\\"\"},\n"
      "    {\"Effect\":\"Allow\"}\n  ]\n}\n");
}

TEST(IamPolicies, TheCallerNeedsWhatTheRoleIsAskedFor) {
  ipc::WhoamiRole asked = role("");
  EXPECT_THAT(caller_policy(asked),
              HasSubstr(R"("Action": ["sts:AssumeRole"], "Resource": ["arn:aws:iam::1:role/r"])"));
  asked.source_identity = asked.tags = true;
  EXPECT_THAT(caller_policy(asked), HasSubstr(R"(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"])"));
}

TEST(IamPolicies, ParametersLieInTheCallersPartitionAndRegion) {
  ipc::Whoami who;
  who.arn = ipc::Text<2048>(std::string_view("arn:aws-cn:iam::1:user/m"));
  who.account = ipc::Text<64>(std::string_view("1"));
  EXPECT_THAT(parameter_policy(who), HasSubstr("arn:aws-cn:ssm:*:1:parameter/sentinel/policies/*"));
}

TEST(IamPolicies, ASessionHasItsRolesPermissionsAndOthersTheirOwn) {
  EXPECT_EQ(holder_of_permissions("arn:aws:sts::1:assumed-role/Dev/marta"), "arn:aws:iam::1:role/Dev");
  for (const char* arn : {"arn:aws:iam::1:root", "arn:aws:sts::1:federated-user/x", "arn:aws:sts::1:assumed-role/Dev",
                          ":assumed-role/:sts:", ""}) {
    EXPECT_EQ(holder_of_permissions(arn), arn);
  }
}

}  // namespace
}  // namespace supervisor
