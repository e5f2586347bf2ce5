#include "sources/login/calls.h"

#include <gtest/gtest.h>

#include <string>

#include "text/base64.h"

namespace broker {
namespace {

class LoginCalls : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  static std::string token_of(std::string_view claims) { return "h." + base64url(claims) + ".s"; }
  static ipc::Result<NewLogin> read(std::string_view identity) {
    return read_new_login(
        R"({"accessToken":{"accessKeyId":"ASIANEW","secretAccessKey":"s","sessionToken":"t"},"tokenType":"aws_sigv4",)"
        R"("expiresIn":900,"refreshToken":"again","idToken":")" +
            std::string(identity) + "\"}",
        std::chrono::sys_seconds(std::chrono::seconds(1000)));
  }
};

TEST_F(LoginCalls, AnIdentityThatSaysNobodyIsNone) {
  for (const std::string& identity :
       {std::string("x"), std::string("a.b"), std::string("h..s"), std::string("h.!!.s"), token_of("[]"),
        token_of("{}"), token_of(R"({"sub":5})"), token_of(R"({"sub":""})"), token_of(R"({"sub":"a b"})"),
        token_of(R"({"sub":"a","sub":"b"})")}) {
    const auto login = read(identity);
    ASSERT_FALSE(login) << identity;
    EXPECT_TRUE(login.error().what.starts_with("the answer to CreateOAuth2Token has ")) << login.error().what;
  }
}

TEST_F(LoginCalls, WhoHasSignedInIsWhatTheIdentitySays) {
  const auto login = read(token_of(R"({"aud":"x","sub":"arn:aws:sts::111122223333:assumed-role/Console/me"})"));
  ASSERT_TRUE(login) << login.error().what;
  EXPECT_EQ("arn:aws:sts::111122223333:assumed-role/Console/me", login->session);
  EXPECT_EQ("111122223333", login->token.account_id);
  EXPECT_EQ("arn:aws:signin:::devtools/same-device", login->token.client_id);
  EXPECT_EQ(std::chrono::sys_seconds(std::chrono::seconds(1900)), login->token.ends);
}

TEST_F(LoginCalls, ThePageIsTheOneOfTheAwsCli) {
  LoginPlan plan;
  plan.sign_in.url = "https://eu-west-1.signin.aws.amazon.com";
  EXPECT_EQ(
      "https://eu-west-1.signin.aws.amazon.com/v1/authorize?response_type=code&client_id="
      "arn%3Aaws%3Asignin%3A%3A%3Adevtools%2Fsame-device&state=the-state&code_challenge_method=SHA-256&scope=openid&"
      "code_challenge=the-challenge",
      login_authorize_url(plan, "the-state", "the-challenge"));
}

}  // namespace
}  // namespace broker
