// What a remote server answers: nothing half right is taken, and each of its codes becomes a sentence and a fault.
#include "remote/answer.h"

#include <gtest/gtest.h>

#include <set>

#include "aws_fakes.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using ipc::Fault;

const std::chrono::sys_seconds kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 27) + 10h;
constexpr char kName[] = "https://tvm.example.com/prod";

std::string body(const std::string& expiration, const std::string& id = "ASIAREMOTE",
                 const std::string& secret = "se/cr+et", const std::string& token = "tok=en") {
  return R"({"AccessKeyId":")" + id + R"(","SecretAccessKey":")" + secret + R"(","Token":")" + token +
         R"(","Expiration":")" + expiration + R"("})";
}

class RemoteAnswerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  // The sentence that refuses; empty where it is taken.
  static std::string refused(const std::string& text) {
    const auto keys = read_remote_keys(text, kName, kNow);
    if (keys) return "";
    EXPECT_EQ(keys.error().fault, Fault::kProtocol);
    EXPECT_NE(keys.error().what.find(kName), std::string::npos) << keys.error().what;
    EXPECT_FALSE(keys.error().next_step.empty());
    EXPECT_EQ(keys.error().what.find("se/cr+et"), std::string::npos) << "a secret in a sentence";
    return keys.error().what;
  }
  static AwsFailure failure(long status, const std::string& text, const std::string& error_type = "") {
    HttpAnswer answer;
    answer.status = status;
    answer.body.append(text);
    answer.error_type = error_type;
    return read_remote_failure(answer);
  }
  static ipc::Error error(long status, const std::string& text, const std::string& error_type = "") {
    const auto server = parse_remote_server({kName, "ledger-prod", "eu-west-1", std::string(64, 'd'), true});
    EXPECT_TRUE(server);
    return remote_error(*server, failure(status, text, error_type));
  }
  static std::string coded(const std::string& code, const std::string& message = "because") {
    return R"({"Message":")" + message + R"(","Code":")" + code + "\"}\n";
  }
};

TEST_F(RemoteAnswerTest, APageOfAProxyIsToldAsSuch) {
  const auto server = parse_remote_server({kName, "ledger-prod", "eu-west-1", std::string(64, 'd'), true});
  ASSERT_TRUE(server);
  AwsFailure page{403, {}, {}};
  page.is_page = true;  // as AwsCall sees it
  EXPECT_TRUE(remote_error(*server, page).what.ends_with(", with a page for people"));
  EXPECT_NE(remote_error(*server, page).next_step.find("a captive portal"), std::string::npos);
  page.status = 503;  // a load balancer's own
  EXPECT_NE(remote_error(*server, page).next_step.find("try again"), std::string::npos);
}

TEST_F(RemoteAnswerTest, WhatIsNotOneJsonObjectIsRefused) {
  for (const char* text :
       {"", "{", "[]", "null", "\"x\"", "<html>It works</html>", "{} {}", "{\"a\":1,}", "// x\n{}"}) {
    EXPECT_NE(refused(text), "") << text;
  }
  EXPECT_NE(refused(body("2026-01-27T10:15:00Z").substr(0, 60)), "");
  EXPECT_NE(refused(body("2026-01-27T10:15:00Z") + "x"), "");
}

TEST_F(RemoteAnswerTest, EachOfTheFourMustBeThere) {
  const std::string whole = body("2026-01-27T10:15:00Z");
  EXPECT_EQ(refused(whole), "");
  for (const std::string name : {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}) {
    std::string without = whole;
    without.replace(without.find("\"" + name), name.size() + 1, "\"Other" + name);
    EXPECT_NE(refused(without).find("has no " + name), std::string::npos) << name << ": " << refused(without);
    std::string null = whole;
    const std::size_t at = null.find("\"" + name) + name.size() + 3;
    null.replace(at, null.find('"', at + 1) + 1 - at, "null");
    EXPECT_NE(refused(null), "") << null;
    std::string number = whole;
    number.replace(at, number.find('"', at + 1) + 1 - at, "17");
    EXPECT_NE(refused(number), "") << number;
    std::string twice = whole;
    twice.insert(1, "\"" + name + "\":\"ASIAOTHER\",");
    EXPECT_NE(refused(twice), "") << twice;
  }
}

TEST_F(RemoteAnswerTest, BytesThatNoKeyHasAreRefused) {
  const std::string end = "2026-01-27T10:15:00Z";
  for (const std::string bad : {"", "a b", "a\\nb", "a\\u0000b", "\\u00e4", "a\\r\\nX: y"}) {
    EXPECT_NE(refused(body(end, "ASIAREMOTE", bad)), "") << bad;
    EXPECT_NE(refused(body(end, "ASIAREMOTE", "s", bad)), "") << bad;
    EXPECT_NE(refused(body(end, bad)), "") << bad;
  }
  EXPECT_NE(refused(body(end, "ASIA/REMOTE")), "");
  EXPECT_NE(refused(body(end, "ASIAREMOTE", std::string(300, 's'))), "");
  EXPECT_NE(refused(body(end, "ASIAREMOTE", "s", std::string(13000, 't'))), "");
}

TEST_F(RemoteAnswerTest, KeysThatHaveEndedOrNeverEndAreRefused) {
  for (const char* end :
       {"2026-01-27T09:59:59Z", "2026-01-27T10:00:00Z", "2026-01-27T10:00:14Z", "2026-01-27T22:05:01Z",
        "2027-01-27T10:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon", "", "1769508000",
        "2026-01-27 10:15:00", "2026-01-27T10:15:00"}) {
    EXPECT_NE(refused(body(end)), "") << end;
  }
  for (const char* end : {"2026-01-27T10:01:00Z", "2026-01-27T22:05:00Z"}) EXPECT_EQ(refused(body(end)), "") << end;
}

TEST_F(RemoteAnswerTest, WholeKeysAreReadAsTheyStand) {
  const auto keys = read_remote_keys(body("2026-01-27T10:15:00Z") + "\n", kName, kNow);
  ASSERT_TRUE(keys) << keys.error().what;
  EXPECT_EQ(keys->access_key_id, "ASIAREMOTE");
  EXPECT_EQ(keys->secret_access_key.reveal(), "se/cr+et");
  EXPECT_EQ(keys->session_token.reveal(), "tok=en");
  EXPECT_EQ(keys->expiration, kNow + 15min);
}

struct CodeRow {
  const char* code;
  long status;
  Fault fault;
  NextTry next;
};
constexpr CodeRow kCodes[] = {
    {"INVALID_IDENTITY", 400, Fault::kRefused, NextTry::kNone},
    {"MISSING_PROFILE", 400, Fault::kConfig, NextTry::kNone},
    {"INVALID_PROFILE", 400, Fault::kConfig, NextTry::kNone},
    {"INVALID_DURATION", 400, Fault::kConfig, NextTry::kNone},
    {"IAM_AUTH_REQUIRED", 403, Fault::kRefused, NextTry::kNone},
    {"POLICY_DENY", 403, Fault::kRefused, NextTry::kNone},
    {"DEVICE_VERIFICATION_FAILED", 403, Fault::kRefused, NextTry::kNone},
    {"SESSION_REVOKED", 403, Fault::kRefused, NextTry::kNone},
    {"NOT_FOUND", 404, Fault::kConfig, NextTry::kNone},
    {"METHOD_NOT_ALLOWED", 405, Fault::kConfig, NextTry::kNone},
    {"RATE_LIMITED", 429, Fault::kUnavailable, NextTry::kNone},
    {"CONFIG_ERROR", 500, Fault::kConfig, NextTry::kNone},
    {"POLICY_ERROR", 500, Fault::kConfig, NextTry::kNone},
    {"CREDENTIAL_ERROR", 500, Fault::kUnavailable, NextTry::kAfterDelay},
    {"MARSHAL_ERROR", 500, Fault::kConfig, NextTry::kNone},
    {"INIT_ERROR", 500, Fault::kUnavailable, NextTry::kAfterDelay},
    {"SSM_ERROR", 500, Fault::kUnavailable, NextTry::kAfterDelay},
    {"NOT_IMPLEMENTED", 501, Fault::kConfig, NextTry::kNone},
};

TEST_F(RemoteAnswerTest, EveryCodeHasItsFaultItsTextAndAWayOn) {
  std::set<std::string> texts;
  for (const CodeRow& row : kCodes) {
    const AwsFailure read = failure(row.status, coded(row.code));
    EXPECT_EQ(next_try(read), row.next) << row.code;
    const ipc::Error told = error(row.status, coded(row.code));
    EXPECT_EQ(told.fault, row.fault) << row.code;
    EXPECT_NE(told.what.find(std::string(kName) + " answers " + row.code + " (HTTP status"), std::string::npos)
        << told.what;
    EXPECT_TRUE(told.what.ends_with(": because")) << told.what;
    EXPECT_FALSE(told.next_step.empty()) << row.code;
    texts.insert(told.what.substr(told.what.find("): ") + 3));
  }
  EXPECT_EQ(texts.size(), std::size(kCodes)) << "two codes are told alike";
}

TEST_F(RemoteAnswerTest, AGatewayThatRefusesInItsOwnWordsHasRefused) {
  const ipc::Error told = error(403, R"({"message":"Forbidden"})");
  EXPECT_EQ(told.fault, Fault::kRefused);
  EXPECT_NE(told.what.find("answers HTTP status 403"), std::string::npos) << told.what;
  EXPECT_NE(told.next_step.find("execute-api:Invoke"), std::string::npos) << told.next_step;
  // It does not say whether the signature or the clock was wrong.
  EXPECT_EQ(next_try(failure(403, R"({"message":"Forbidden"})")), NextTry::kWithCorrectedClock);
  EXPECT_NE(error(403, R"({"message":"no"})", "AccessDeniedException").what.find("AccessDeniedException"),
            std::string::npos);
  EXPECT_EQ(error(401, R"({"message":"Unauthorized"})").fault, Fault::kRefused);
}

TEST_F(RemoteAnswerTest, WithoutAKnownCodeTheStatusCounts) {
  EXPECT_EQ(error(403, coded("SOMETHING_NEW")).fault, Fault::kRefused);
  EXPECT_EQ(error(429, "").fault, Fault::kUnavailable);
  EXPECT_EQ(error(400, coded("SOMETHING_NEW")).fault, Fault::kConfig);
  for (const long status : {500L, 502L, 503L, 504L, 520L, 599L}) {
    EXPECT_EQ(error(status, "<html><h1>Bad gateway</h1></html>").fault, Fault::kUnavailable) << status;
    EXPECT_EQ(next_try(failure(status, "")), NextTry::kAfterDelay) << status;
  }
  for (const long status : {201L, 204L, 402L, 418L, 600L, 999L})
    EXPECT_EQ(error(status, "{}").fault, Fault::kProtocol) << status;
}

TEST_F(RemoteAnswerTest, ARedirectIsToldAndNotFollowed) {
  for (const long status : {301L, 302L, 303L, 307L, 308L}) {
    EXPECT_NE(error(status, "").what.find("redirects are not followed"), std::string::npos);
    EXPECT_EQ(next_try(failure(status, "")), NextTry::kNone);
  }
}

TEST_F(RemoteAnswerTest, APageOfAProxyIsNotQuoted) {
  const ipc::Error told = error(502, "<html><body>\x1b[31mboo</body></html>");
  EXPECT_EQ(told.what.find("html"), std::string::npos) << told.what;
}

TEST_F(RemoteAnswerTest, WhatTheServerSaysIsFitForATerminal) {
  const ipc::Error told = error(403, coded("POLICY_DENY", "a\\u001b[31mb\\u0007" + std::string(2000, 'x')));
  for (const char c : told.what) EXPECT_TRUE(c >= ' ' && c <= '~') << told.what;
  EXPECT_LT(told.what.size(), 600u);
  EXPECT_LT(error(403, coded(std::string(5000, 'C'))).what.size(), 600u);
}

TEST_F(RemoteAnswerTest, ALongRetryAfterEndsTheCallAtOnce) {
  HttpAnswer answer;
  answer.status = 503;
  answer.retry_after = 3s;
  EXPECT_EQ(next_try(read_remote_failure(answer)), NextTry::kAfterDelay);
  answer.retry_after = 42s;
  EXPECT_EQ(next_try(read_remote_failure(answer)), NextTry::kNone);
  EXPECT_EQ(read_remote_failure(answer).retry_after, 42s);
}

}  // namespace
}  // namespace broker
