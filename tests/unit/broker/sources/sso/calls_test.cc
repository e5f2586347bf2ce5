#include "sources/sso/calls.h"

#include <gtest/gtest.h>

#include "text/rfc3339.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

SsoPlan a_plan() {
  SsoPlan plan;
  plan.session = "ledger";
  plan.start_url = "https://ledger.awsapps.com/start";
  plan.account_id = "111122223333";
  plan.role_name = "LedgerRead";
  plan.region = "eu-central-1";
  plan.scopes = {"sso:account:access"};
  return plan;
}

class SsoCalls : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
};

// ---- refusals ------------------------------------------------------------------------------------------------------

std::string keys_answer(const std::string& member, const std::string& json) {
  std::string out = R"({"roleCredentials":{)";
  bool first = true;
  for (const auto& [name, value] : {std::pair<std::string, std::string>{"accessKeyId", "\"ASIAEXAMPLE\""},
                                    {"secretAccessKey", "\"hidden\""},
                                    {"sessionToken", "\"token\""},
                                    {"expiration", "1769536800000"}}) {
    const std::string& shown = name == member ? json : value;
    if (shown.empty()) continue;
    out += (first ? "\"" : ",\"") + name + "\":" + shown;
    first = false;
  }
  return out + "}}";
}

TEST_F(SsoCalls, KeysThatAreNotWholeAreRefused) {
  const std::string huge = "\"" + std::string(20000, 'x') + "\"";
  const std::pair<std::string, std::string> rows[] = {{"accessKeyId", ""},
                                                      {"accessKeyId", "7"},
                                                      {"accessKeyId", "\"ASIA\\r\\nX: 1\""},
                                                      {"accessKeyId", "\"A-B-C\""},
                                                      {"accessKeyId", huge},
                                                      {"secretAccessKey", ""},
                                                      {"secretAccessKey", "null"},
                                                      {"secretAccessKey", "\"a b\""},
                                                      {"secretAccessKey", huge},
                                                      {"sessionToken", ""},
                                                      {"sessionToken", "{}"},
                                                      {"sessionToken", "\"a\\nb\""},
                                                      {"sessionToken", huge},
                                                      {"expiration", ""},
                                                      {"expiration", "\"soon\""},
                                                      {"expiration", "-1"},
                                                      {"expiration", "1e300"},
                                                      {"expiration", "1769536800"},  // seconds
                                                      {"expiration", "99999999999999999999"}};
  for (const auto& [member, json] : rows) {
    const auto keys = read_role_credentials(keys_answer(member, json));
    ASSERT_FALSE(keys) << member << ": " << json;
    EXPECT_TRUE(keys.error().what.starts_with("the answer to GetRoleCredentials has ")) << keys.error().what;
    EXPECT_EQ(std::string::npos, keys.error().what.find("hidden"));
  }
  for (const char* body : {"", "[]", "{}", "null", R"({"roleCredentials":[]})", R"({"roleCredentials":"x"})"}) {
    EXPECT_FALSE(read_role_credentials(body)) << body;
  }
}

TEST_F(SsoCalls, TokensOfNoUseAreRefused) {
  for (const char* body :
       {"", "{}", R"({"accessToken":"a"})", R"({"accessToken":"a","expiresIn":0})",
        R"({"accessToken":"a","expiresIn":-3600})", R"({"accessToken":"a","expiresIn":1000000000000})",
        R"({"accessToken":"a","expiresIn":"3600"})", R"({"accessToken":"a\nb","expiresIn":3600})",
        R"({"accessToken":["a"],"expiresIn":3600})", R"({"accessToken":"a","expiresIn":3600,"refreshToken":7})",
        R"({"accessToken":"a","expiresIn":3600} {})"}) {
    EXPECT_FALSE(read_fresh_token(body)) << body;
  }
}

std::string device_answer(const std::string& more) {
  return R"({"deviceCode":"device-1","userCode":"BCDF-GHJK","expiresIn":600,)" + more + "}";
}

TEST_F(SsoCalls, APageThatNoBrowserIsToBeGivenIsRefused) {
  for (const char* url :
       {"file:///etc/passwd", "javascript:alert(1)", "http://login.example.com/", "http://127.0.0.1.example.com/",
        "http://127.0.0.1:80@example.com/", "http://localhost@example.com/", "https://", "https://-proxy=x",
        "--new-window", "https://a b", "https://a/\\\"", "https://a/`id`", "https://a/<x>", "https://a\\nb", ""}) {
    const auto login = read_device_login(device_answer(R"("verificationUri":"https://device.example.com/",)"
                                                       R"("verificationUriComplete":")" +
                                                       std::string(url) + '"'));
    EXPECT_FALSE(login) << url;
  }
  EXPECT_FALSE(read_device_login(device_answer(R"("interval":5)")));
}

// The supervisor asks the same question before it shows the page.
TEST_F(SsoCalls, APageOfThisMachineNeedsNoTls) {
  for (const char* url : {"http://127.0.0.1:80/", "http://127.0.0.2/x", "http://[::1]:8080/", "http://localhost:1"}) {
    const auto login = read_device_login(device_answer(R"("verificationUri":")" + std::string(url) + '"'));
    EXPECT_TRUE(login) << url;
  }
}

TEST_F(SsoCalls, ACodeThatNobodyCouldTypeIsRefused) {
  for (const char* code : {"", "a b", "a\\u001b[2J", "12345678901234567890123456789012345", "<b>", "a;b"}) {
    EXPECT_FALSE(read_device_login(R"({"deviceCode":"d","userCode":")" + std::string(code) +
                                   R"(","expiresIn":600,"verificationUri":"https://device.example.com/"})"))
        << code;
  }
}

TEST_F(SsoCalls, ARegistrationIsWholeOrNone) {
  for (const char* body :
       {"", "{}", R"({"clientId":"c","clientSecret":"s"})", R"({"clientId":"c","clientSecretExpiresAt":1777000000})",
        R"({"clientId":"c","clientSecret":"s","clientSecretExpiresAt":-1})",
        R"({"clientId":"c","clientSecret":"s","clientSecretExpiresAt":0})",
        R"({"clientId":"c\r","clientSecret":"s","clientSecretExpiresAt":1777000000})"}) {
    EXPECT_FALSE(read_registration(body)) << body;
  }
}

// ---- what is read --------------------------------------------------------------------------------------------------

TEST_F(SsoCalls, KeysEndWhenThePortalSaysInMilliseconds) {
  const auto keys = read_role_credentials(keys_answer("none", ""));
  ASSERT_TRUE(keys) << keys.error().what;
  EXPECT_EQ("ASIAEXAMPLE", keys->access_key_id);
  EXPECT_EQ("hidden", keys->secret_access_key.reveal());
  EXPECT_EQ("token", keys->session_token.reveal());
  EXPECT_EQ("2026-01-27T18:00:00Z", rfc3339(keys->expiration).text());
}

TEST_F(SsoCalls, AnIntervalThatNobodyCouldKeepToIsTheUsualOne) {
  const std::string page = R"("verificationUriComplete":"https://device.example.com/?user_code=BCDF-GHJK")";
  const std::pair<const char*, std::chrono::seconds> rows[] = {{"", 5s},
                                                               {R"(,"interval":1)", 1s},
                                                               {R"(,"interval":0)", 5s},
                                                               {R"(,"interval":-5)", 5s},
                                                               {R"(,"interval":1000000000)", 5s},
                                                               {R"(,"interval":"2")", 5s}};
  for (const auto& [more, expected] : rows) {
    const auto login = read_device_login(device_answer(page + more));
    ASSERT_TRUE(login) << more;
    EXPECT_EQ(expected, login->interval) << more;
  }
}

TEST_F(SsoCalls, RefusalsAreKnownByTheirWordAndByTheirName) {
  const std::pair<const char*, OidcRefusal> rows[] = {{"authorization_pending", OidcRefusal::kPending},
                                                      {"slow_down", OidcRefusal::kSlowDown},
                                                      {"expired_token", OidcRefusal::kLoginExpired},
                                                      {"access_denied", OidcRefusal::kDenied},
                                                      {"invalid_client", OidcRefusal::kUnknownClient},
                                                      {"invalid_grant", OidcRefusal::kOther},
                                                      {"", OidcRefusal::kOther}};
  for (const auto& [word, expected] : rows) {
    HttpAnswer answer;
    answer.status = 400;
    answer.body.append(std::string(R"({"error":")") + word + R"(","error_description":"why\u001b[2J"})");
    const AwsFailure failure = read_oidc_failure(answer);
    EXPECT_EQ(expected, oidc_refusal(failure)) << word;
    EXPECT_EQ("why?[2J", failure.message);
  }
  HttpAnswer named;
  named.status = 400;
  named.error_type = "SlowDownException:http://internal.amazon.com/";
  EXPECT_EQ(OidcRefusal::kSlowDown, oidc_refusal(read_oidc_failure(named)));
}

// ---- what is sent --------------------------------------------------------------------------------------------------

TEST_F(SsoCalls, TheTokenGoesInItsHeaderAndNowhereElse) {
  SsoPlan plan = a_plan();
  plan.role_name = "Ledger+Read&x";
  const AwsRequest request = get_role_credentials(plan, "access-1");
  EXPECT_EQ("GET", request.method);
  EXPECT_EQ("/federation/credentials", request.path);
  EXPECT_EQ("account_id=111122223333&role_name=Ledger%2BRead%26x", request.query);
  EXPECT_TRUE(request.anonymous);
  EXPECT_EQ("", request.body);
  ASSERT_EQ(1U, request.headers.size());
  EXPECT_EQ("x-amz-sso_bearer_token", request.headers[0].name);
  EXPECT_EQ("access-1", request.headers[0].value);
}

TEST_F(SsoCalls, BodiesAreJsonWhateverIsInThem) {
  SsoPlan plan = a_plan();
  plan.session = "a\"b";
  EXPECT_EQ(R"({"clientName":"botocore-client-a\"b","clientType":"public","scopes":["sso:account:access"]})",
            register_sso_client(plan, SsoWay::kDevice).body);
  plan.session.clear();
  plan.scopes.clear();
  EXPECT_EQ(R"({"clientName":"botocore-client-sentinel","clientType":"public"})",
            register_sso_client(plan, SsoWay::kDevice).body);
  const SsoClient client{"client-1", ipc::SecretBuffer::copy_of("hidden-1"), {}};
  EXPECT_EQ(R"({"clientId":"client-1","clientSecret":"hidden-1","startUrl":"https://ledger.awsapps.com/start"})",
            start_device_login(plan, client).body);
  EXPECT_EQ(R"({"clientId":"client-1","clientSecret":"hidden-1","grantType":)"
            R"("urn:ietf:params:oauth:grant-type:device_code","deviceCode":"device-1"})",
            create_device_token(plan, client, "device-1").body);
  EXPECT_EQ(R"({"clientId":"client-1","clientSecret":"hidden-1","grantType":"refresh_token","refreshToken":"again-1"})",
            renew_sso_token(plan, client, "again-1").body);
}

}  // namespace
}  // namespace broker
