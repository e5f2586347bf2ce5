#include "serve/client_answer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <json/json.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "audit/log.h"
#include "decide/authorize.h"
#include "fake_clock.h"
#include "ipc/unique_fd.h"
#include "text/hex.h"

namespace broker {
namespace {

class ClientAnswerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    server_ = ipc::UniqueFd(ends[0]);
    client_ = ipc::UniqueFd(ends[1]);
    audit_.add_sink(ipc::UniqueFd(::memfd_create("log", MFD_CLOEXEC)), "log", false);
    answer_ = std::make_unique<ClientAnswer>();
    key_ = ipc::SecretBuffer::copy_of("the answer key of a run");
  }

  // By the only way there is: a yes of authorize(), and its line in the log.
  RecordedPermit permit() {
    CallerFacts caller;
    caller.check = Check::kPassed;
    Verdict verdict;
    verdict.allowed = true;
    broker::Run run;
    run.source.has_role = true;
    const ipc::SecretBuffer token = ipc::SecretBuffer::copy_of("t");
    run.token = &token;
    auto decision = Authorizer::authorize(caller, "t", Question{run, [&] { return verdict; }, {}, {}});
    auto recorded = audit_.record(std::get<Permit>(std::move(decision.outcome)), DecisionLine{});
    EXPECT_TRUE(recorded);
    return std::move(*recorded);
  }
  static IssuedCredentials keys(std::string_view secret = "wJalrXUtnFEMI/K7MDENG",
                                std::string_view token = "IQoJb3Jp") {
    IssuedCredentials keys;
    keys.access_key_id = "ASIAIOSFODNN7EXAMPLE";
    keys.secret_access_key = ipc::SecretBuffer::copy_of(secret);
    keys.session_token = ipc::SecretBuffer::copy_of(token);
    keys.expiration =
        std::chrono::sys_days(std::chrono::year(2031) / 2 / 3) + std::chrono::hours(4) + std::chrono::seconds(5);
    return keys;
  }
  std::string received() {
    std::string text(16384, '\0');
    const ssize_t got = ::recv(client_.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  // Checks the head, byte for byte, against its own body; returns the body.
  static std::string body_after(const std::string& text, const std::string& status, const std::string& connection) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return "no head";
    const std::string body = text.substr(end + 4);
    EXPECT_EQ(text.substr(0, end),
              "HTTP/1.1 " + status +
                  "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\nConnection: " + connection);
    return body;
  }

  [[nodiscard]] AnswerProof unasked() const { return {key_, {}}; }

  ipc::UniqueFd server_, client_;
  ipc::SecretBuffer key_;
  testing::FakeClock clock_;
  AuditLog audit_{clock_};
  std::unique_ptr<ClientAnswer> answer_;
};

// All bodies that a client can get.
TEST_F(ClientAnswerTest, RefusalsHaveTheBodyThatBothKindsOfParserRead) {
  const std::pair<RefusalForm, const char*> rows[] = {{RefusalForm::kForbidden, "403 Forbidden"},
                                                      {RefusalForm::kFailed, "500 Internal Server Error"},
                                                      {RefusalForm::kUnavailable, "503 Service Unavailable"}};
  for (const auto& [form, status] : rows) {
    EXPECT_EQ(answer_->send_refusal(server_.get(), form, false), Sent::kWhole);
    const std::string body = body_after(received(), status, "close");
    Json::Value json;
    ASSERT_TRUE(Json::Reader().parse(body, json)) << body;
    EXPECT_EQ(json.size(), 4U);
    EXPECT_FALSE(json["Code"].asString().empty());
    EXPECT_FALSE(json["Message"].asString().empty());
    EXPECT_EQ(json["Code"], json["code"]);
    EXPECT_EQ(json["Message"], json["message"]);
  }
}

// Escaped, cut between characters, and never more than the strictest SDK reads.
TEST_F(ClientAnswerTest, AReasonIsEscapedAndBounded) {
  const std::string accents = [] {
    std::string text;
    for (int i = 0; i < 4000; ++i) text += "\u00e4";
    return text;
  }();
  for (const std::string& reason : {std::string("plain"), std::string("\"\\\n\x1b[31m<&>\x80"), accents,
                                    std::string(4000, '&'), std::string(9000, 'x')}) {
    EXPECT_EQ(answer_->send_refusal(server_.get(), RefusalForm::kForbidden, false, reason), Sent::kWhole);
    const std::string body = body_after(received(), "403 Forbidden", "close");
    Json::Value json;
    ASSERT_TRUE(Json::Reader().parse(body, json)) << body;
    EXPECT_LE(body.size(), ClientAnswer::kMaxBodyBytes);
    EXPECT_EQ(json["Message"], json["message"]);
    const std::string told = json["message"].asString();
    EXPECT_TRUE(told.starts_with("Sentinel refused this request: ")) << told;
    EXPECT_EQ(told.ends_with("..."), reason.size() >= 4000) << told;
    EXPECT_EQ(body.find('\x1b'), std::string::npos);
    EXPECT_EQ(told.find("\xc3..."), std::string::npos) << "half of a character";
  }
}

TEST_F(ClientAnswerTest, SpentPermitReleasesNothing) {
  RecordedPermit spent = permit();
  ASSERT_TRUE(spent.spend());
  EXPECT_EQ(answer_->send_credentials(server_.get(), std::move(spent), keys(), false, unasked()), Sent::kInstead);
  const std::string text = received();
  EXPECT_NE(text.find("500 "), std::string::npos);
  EXPECT_EQ(text.find("wJalr"), std::string::npos);
}

TEST_F(ClientAnswerTest, KeysThatNoAwsIssuesAreNotReleased) {
  const std::string too_long(10'000, 'x');
  for (const std::string& secret : {std::string("a\nb"), std::string("a\x80"), std::string("a\0b", 3), std::string()}) {
    EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys(secret), false, unasked()), Sent::kInstead);
    EXPECT_NE(received().find("500 "), std::string::npos);
  }
  EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys("s", too_long), false, unasked()), Sent::kInstead);
  EXPECT_EQ(received().find("xxx"), std::string::npos);
}

TEST_F(ClientAnswerTest, ClientThatIsGoneIsDroppedWithoutASignal) {
  client_.reset();
  EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys(), true, unasked()), Sent::kDropped);
}

TEST_F(ClientAnswerTest, ClientThatDoesNotReadIsCutOff) {
  const std::string filling(4096, 'x');
  while (::send(server_.get(), filling.data(), filling.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys(), true, unasked()), Sent::kDropped);
  std::string end;
  while (!(end = received()).empty()) {
  }
  char byte;
  EXPECT_EQ(::recv(client_.get(), &byte, 1, MSG_DONTWAIT), 0);  // the end, not a connection that hangs
}

TEST_F(ClientAnswerTest, CredentialsAreExactlyTheContainerProvidersBody) {
  EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys(), true, unasked()), Sent::kWhole);
  EXPECT_EQ(body_after(received(), "200 OK", "keep-alive"),
            R"({"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMI/K7MDENG","Token":"IQoJb3Jp",)"
            R"("Expiration":"2031-02-03T04:00:05Z"})");
}

TEST_F(ClientAnswerTest, QuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys("\"a\\b\"", "\\"), false, unasked()), Sent::kWhole);
  Json::Value json;
  ASSERT_TRUE(Json::Reader().parse(body_after(received(), "200 OK", "close"), json));
  EXPECT_EQ(json["SecretAccessKey"].asString(), "\"a\\b\"");
  EXPECT_EQ(json["Token"].asString(), "\\");
}

TEST_F(ClientAnswerTest, LongestBodyIsBelowWhatTheStrictestSdkReads) {
  const std::string longest(9'999 - 150, 't');
  EXPECT_EQ(answer_->send_credentials(server_.get(), permit(), keys("s", longest), false, unasked()), Sent::kWhole);
  EXPECT_LT(body_after(received(), "200 OK", "close").size(), 10'000U);
}

// The helper's own reading of it, and Python's, are in tests/process/test_command_environment.py.
TEST_F(ClientAnswerTest, AClientThatAsksGetsTheMacOfItsNonceAndThisBody) {
  const std::string nonce = "00112233445566778899aabbccddeeff";
  std::string first;
  for (const std::string& asked : {nonce, std::string("f") + nonce.substr(1), nonce}) {
    ASSERT_EQ(answer_->send_credentials(server_.get(), permit(), keys(), false, {key_, asked}), Sent::kWhole);
    const std::string text = received();
    const auto at = text.find("\r\nSentinel-Answer-Mac: ");
    ASSERT_NE(at, std::string::npos);
    const std::string mac = text.substr(at + 23, 64);
    const std::string body = text.substr(text.find("\r\n\r\n") + 4);
    EXPECT_EQ(mac, hmac_sha256_hex("the answer key of a run", "sentinel answer 1\n" + asked + "\n" + sha256_hex(body)));
    EXPECT_EQ(text.substr(at + 87, 21), "\r\nConnection: close\r\n");
    if (first.empty()) first = mac;
    EXPECT_EQ(mac == first, asked == nonce);
  }
}

TEST_F(ClientAnswerTest, ARefusalHasNoMac) {
  RecordedPermit spent = permit();
  ASSERT_TRUE(spent.spend());
  EXPECT_EQ(answer_->send_credentials(server_.get(), std::move(spent), keys(), false,
                                      {key_, "00112233445566778899aabbccddeeff"}),
            Sent::kInstead);
  EXPECT_EQ(received().find("Sentinel-Answer-Mac"), std::string::npos);
}

}  // namespace
}  // namespace broker
