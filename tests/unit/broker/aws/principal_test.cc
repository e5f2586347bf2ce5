#include "aws/principal.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

constexpr char kAccount[] = "111122223333";

ipc::Result<Principal> parse(const std::string& resource, const std::string& partition = "aws",
                             const std::string& service = "iam", const std::string& account = kAccount) {
  return parse_principal("arn:" + partition + ":" + service + "::" + account + ":" + resource, kAccount);
}

TEST(Identity, RefusesAnUnknownPartition) {
  for (const char* partition : {"", "AWS", "aws-", "aws-iso-g", "amazon", "aws cn"})
    EXPECT_FALSE(parse("user/marta", partition));
}

TEST(Identity, RefusesAnAccountThatIsNotTwelveDigitsOrNotTheOneBeside) {
  for (const char* account : {"", "11112222333", "1111222233334", "11112222333x", "１１１１", "444455556666"}) {
    EXPECT_FALSE(parse("user/marta", "aws", "iam", account)) << account;
  }
}

TEST(Identity, RefusesMalformedShortAndEmptyArns) {
  for (const char* arn : {"", "arn", "arn:aws:iam::111122223333", "arn:aws:iam:us-east-1:111122223333:user/marta",
                          "arn:aws:iam::111122223333:", "ARN:aws:iam::111122223333:user/marta", "::::::"}) {
    EXPECT_FALSE(parse_principal(arn, kAccount)) << arn;
  }
}

TEST(Identity, RefusesWhatIsNoPrincipalWithAKey) {
  for (const char* resource :
       {"user/", "user", "role/ledger", "group/ops", "user/a/", "root/", "mfa/marta", "USER/marta"}) {
    EXPECT_FALSE(parse(resource)) << resource;
  }
  for (const char* resource : {"assumed-role/ledger", "assumed-role//s", "assumed-role/r/", "assumed-role/r/s/t",
                               "federated-user/", "user/marta"}) {
    EXPECT_FALSE(parse(resource, "aws", "sts")) << resource;
  }
  EXPECT_FALSE(parse("assumed-role/r/s", "aws", "iam"));
}

// Upstream cleans such names; here they name no user.
TEST(Identity, RefusesInjectionInNames) {
  for (const std::string name :
       {"../root", "a;b", "a b", "a'b", "a\"b", "a\nb", "${jndi:x}", "m\u0430rta", "a%b", "a\\b"}) {
    EXPECT_FALSE(parse("assumed-role/AWSReservedSSO_x/" + name, "aws", "sts")) << name;
    if (name.find('/') == std::string::npos) {
      EXPECT_FALSE(parse("user/" + name)) << name;
    }
  }
  EXPECT_FALSE(parse("user/" + std::string("a\0b", 3)));
  EXPECT_FALSE(parse("user/" + std::string(65, 'a')));
}

// Every byte, so that no corpus need be complete.
TEST(Identity, NoByteButThoseOfIamNamesIsEverPartOfAUser) {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string name = std::string("a") + c + "b";
    const auto user = parse("user/" + name);
    const auto session = parse("assumed-role/AWSReservedSSO_x/" + name, "aws", "sts");
    EXPECT_EQ(session.has_value(), allowed.find(c) != std::string::npos) << byte;
    if (session) {
      EXPECT_EQ(session->user, name);
    }
    if (c == '/') continue;  // a path, and `b` its user
    EXPECT_EQ(user.has_value(), allowed.find(c) != std::string::npos) << byte;
    if (user) {
      EXPECT_EQ(user->user, name);
    }
  }
}

TEST(Identity, ErrorsShowOnlyPrintableText) {
  const auto bad = parse("user/\x1b[31mred\n" + std::string(3000, 'x'));
  ASSERT_FALSE(bad);
  EXPECT_LT(bad.error().what.size(), 300u);
  EXPECT_EQ(bad.error().what.find('\x1b'), std::string::npos);
}

// Two people never share a name, and none can pick another's.
TEST(Identity, ASessionNameThatTheCallerChoseIsNoUser) {
  const auto who = parse("assumed-role/ledger-prod/marta", "aws", "sts");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->type, "assumed-role");
  EXPECT_EQ(who->user, "");
  EXPECT_EQ(parse("assumed-role/xAWSReservedSSO_x/marta", "aws", "sts")->user, "");
  EXPECT_EQ(parse("assumed-role/awsreservedsso_x/marta", "aws", "sts")->user, "");
  EXPECT_EQ(parse("federated-user/marta", "aws", "sts")->user, "");
}

TEST(Identity, NamesThatDifferOnlyInPunctuationOrPastTwentyLettersStayDifferent) {
  EXPECT_NE(parse("user/a.b")->user, parse("user/ab")->user);
  EXPECT_NE(parse("user/" + std::string(20, 'a') + "b")->user, parse("user/" + std::string(20, 'a') + "c")->user);
}

TEST(Identity, NobodyButTheAccountsRootIsCalledRoot) {
  EXPECT_EQ(parse("user/root")->user, "");
  EXPECT_EQ(parse("user/../root")->user, "");
  EXPECT_EQ(parse("assumed-role/AWSReservedSSO_x/root", "aws", "sts")->user, "");
}

TEST(Identity, ReadsTheFourKinds) {
  EXPECT_EQ(parse("user/marta")->user, "marta");
  EXPECT_EQ(parse("user/marta")->type, "user");
  EXPECT_EQ(parse("user/division/eu/marta.k@example.com")->user, "marta.k@example.com");
  EXPECT_EQ(parse("root")->user, "root");
  EXPECT_EQ(parse("root")->type, "root");
  EXPECT_EQ(parse("assumed-role/AWSReservedSSO_Admin_0123456789abcdef/marta@example.com", "aws", "sts")->user,
            "marta@example.com");
  EXPECT_EQ(parse("federated-user/x", "aws", "sts")->type, "federated-user");
  EXPECT_EQ(parse("user/marta")->account, kAccount);
}

TEST(Identity, KnowsEveryPartition) {
  for (const char* partition :
       {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}) {
    EXPECT_TRUE(parse("user/marta", partition)) << partition;
  }
}

}  // namespace
}  // namespace broker
