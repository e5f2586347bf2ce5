#include "sources/sso/browser_login.h"

#include <gtest/gtest.h>


#include "aws_fakes.h"
#include "errand_fakes.h"
#include "ipc/text/login_page.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;

class BrowserLogin : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    plan_.session = "ledger";
    plan_.start_url = "https://ledger.awsapps.com/start";
    plan_.region = "eu-central-1";
    plan_.oidc = {"https://oidc.example.com", "oidc.example.com", true, ""};
  }
  // With what the file of the registration holds.
  void begin(std::string_view registration = "") {
    login_ =
        std::make_unique<SsoBrowserLogin>(aws_.context, errands_, plan_, "dev", [this](ipc::Result<SsoToken> token) {
          ended_ = token ? "token " + std::string(token->access.reveal())
                         : token.error().what + " | " + token.error().next_step;
          login_.reset();
        });
    errands_.opened(registration);
  }
  void give_registration() {
    ASSERT_EQ("https://oidc.example.com/client/register", aws_.http.last().url);
    aws_.http.answer(200, R"({"clientId":"client-1","clientSecret":"hidden-1","clientSecretExpiresAt":2000000000})");
  }
  void show() {
    begin();
    give_registration();
    ASSERT_EQ(ipc::ErrandKind::ShowSignIn, errands_.last().kind);
  }
  [[nodiscard]] std::string member(const std::string& name) const {
    const std::string& url = errands_.last().text.subject;
    const std::size_t at = url.find("&" + name + "=");
    return at == std::string::npos ? ""
                                   : url.substr(at + name.size() + 2, url.find('&', at + 1) - at - name.size() - 2);
  }

  SsoPlan plan_;
  FakeAws aws_;
  FakeErrands errands_;
  std::unique_ptr<SsoBrowserLogin> login_;
  std::string ended_ = "not ended";
};

TEST_F(BrowserLogin, WhatIsNoPortWithACodeIsSentNowhere) {
  for (const std::string& answer :
       {std::string("code"), std::string("40123"), std::string("40123 "), std::string(" code"), std::string("0 code"),
        std::string("70000 code"), std::string("-1 code"), std::string("40123 a b"), std::string("40123x code"),
        std::string("40123 a\r\nb"), "40123 " + std::string(ipc::kMaxLoginCode + 1, 'a')}) {
    show();
    errands_.answer(answer);
    EXPECT_EQ("what came back from the browser is no code | start again, or with --device-code", ended_) << answer;
    EXPECT_EQ(0U, aws_.http.waiting());
  }
}

TEST_F(BrowserLogin, ANoOfTheUserEndsIt) {
  show();
  errands_.fail({ipc::Fault::kRefused, "the login was denied in the browser", "start again"});
  EXPECT_EQ("the login was denied in the browser | start again", ended_);
}

TEST_F(BrowserLogin, ACodeThatIsNotTakenEndsIt) {
  show();
  errands_.answer("40123 the-code");
  aws_.http.answer(400, R"({"error":"invalid_grant","error_description":"Invalid grant provided"})");
  EXPECT_NE(ended_.find("CreateToken at oidc.example.com failed"), std::string::npos) << ended_;
  EXPECT_NE(ended_.find("--device-code"), std::string::npos) << ended_;
}

TEST_F(BrowserLogin, TheUserHasTenMinutes) {
  show();
  EXPECT_TRUE(login_->left_to_user());
  aws_.timers.pass(10min - 1s);
  EXPECT_EQ("not ended", ended_);
  aws_.timers.pass(2s);
  EXPECT_EQ("nobody approved the login in time | start again, and approve it in the browser", ended_);
}

TEST_F(BrowserLogin, EachLoginHasAStateAndAVerifierOfItsOwn) {
  show();
  const std::string state = errands_.last().text.detail, challenge = member("code_challenge");
  EXPECT_EQ(state, member("state"));
  EXPECT_EQ(32U, state.size());
  EXPECT_EQ(43U, challenge.size());
  EXPECT_EQ("S256", member("code_challenge_method"));
  EXPECT_EQ("client-1", member("client_id"));
  EXPECT_EQ("sso%3Aaccount%3Aaccess", member("scopes"));
  EXPECT_EQ("", member("redirect_uri")) << "the supervisor's to add";
  EXPECT_TRUE(errands_.last().text.subject.starts_with("https://oidc.example.com/authorize?response_type=code&"));
  show();
  EXPECT_NE(state, errands_.last().text.detail);
  EXPECT_NE(challenge, member("code_challenge"));
}

TEST_F(BrowserLogin, TheCodeIsRedeemedWithTheVerifierAndTheAddressThatItCameTo) {
  begin();
  const std::string asked = aws_.http.last().body;
  EXPECT_NE(asked.find(R"("redirectUris":["http://127.0.0.1/oauth/callback"])"), std::string::npos) << asked;
  EXPECT_NE(asked.find(R"("grantTypes":["authorization_code","refresh_token"])"), std::string::npos) << asked;
  EXPECT_NE(asked.find(R"("issuerUrl":"https://ledger.awsapps.com/start")"), std::string::npos) << asked;
  give_registration();
  errands_.answer("40123 the-code");
  const std::string body = aws_.http.last().body;
  EXPECT_NE(body.find(R"("redirectUri":"http://127.0.0.1:40123/oauth/callback")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("code":"the-code")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("codeVerifier":")"), std::string::npos) << body;
  aws_.http.answer(200, R"({"accessToken":"access-1","expiresIn":28800,"refreshToken":"again-1"})");
  EXPECT_EQ("token access-1", ended_);
}

TEST_F(BrowserLogin, ARegistrationOfTheDevicesWayIsNotTaken) {
  begin(R"({"clientId":"device","clientSecret":"hidden","expiresAt":"2099-01-01T00:00:00Z"})");
  EXPECT_EQ("https://oidc.example.com/client/register", aws_.http.last().url);
  begin(
      R"({"clientId":"browser","clientSecret":"hidden","expiresAt":"2099-01-01T00:00:00Z","grantTypes":["authorization_code", "refresh_token"]})");
  EXPECT_EQ("browser", member("client_id"));
}

}  // namespace
}  // namespace broker
