#include "call/http.h"

#include <event2/event.h>
#include <gtest/gtest.h>

#include <fstream>

#include "aws_standin.h"
#include "host/wiping_heap.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::AwsStandin;

struct FreeBase {
  void operator()(event_base* base) const { event_base_free(base); }
};

class AwsHttpTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, heap_allocate, heap_free, heap_reallocate, ::strdup, ::calloc);
  }
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    base_.reset(event_base_new());
  }
  void open(const std::string& ca_file) { http_ = AwsHttp::open(base_.get(), load_ca(ca_file).value()).value(); }
  // Posts and runs the loop until the answer is there.
  ipc::Result<HttpAnswer> post(const std::string& url, std::chrono::milliseconds deadline = 20s) {
    std::optional<ipc::Result<HttpAnswer>> got;
    const auto exchange = http_->send({url, {{"Content-Type", "text/plain"}}, "Action=None", deadline},
                                      [&](ipc::Result<HttpAnswer> answer) { got = std::move(answer); });
    EXPECT_FALSE(got) << "called back from inside send()";
    while (!got) event_base_loop(base_.get(), EVLOOP_ONCE);
    return std::move(*got);
  }
  std::unique_ptr<event_base, FreeBase> base_;
  std::unique_ptr<AwsHttp> http_;
};

TEST_F(AwsHttpTest, ARefusedUrlFailsFromTheLoop) {
  open("");
  const auto answer = post("http://sts.example.com/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().fault, ipc::Fault::kConfig);
}

TEST_F(AwsHttpTest, NobodyListeningIsUnavailable) {
  open("");
  EXPECT_EQ(post("http://127.0.0.1:1/").error().fault, ipc::Fault::kUnavailable);
}

TEST_F(AwsHttpTest, AServerThatMisbehavesIsAnErrorAndNeverAHalfAnswer) {
  const AwsStandin aws(false);
  open("");
  const auto fault_of = [&](const std::string& fault, std::chrono::milliseconds deadline = 20s) {
    aws.control(R"({"op":"clear"})");
    aws.control(R"({"op":"fault","kind":)" + fault + "}");
    auto key = aws.key_of("marta");
    const std::string body = "Action=GetCallerIdentity&Version=2011-06-15";
    std::vector<HttpHeader> headers = {{"Host", aws.endpoint().host},
                                       {"Content-Type", "application/x-www-form-urlencoded"}};
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto signature =
        sign_v4({"POST", "/", "", headers, body}, {key.access_key_id, key.secret_access_key.reveal(), ""},
                {"eu-central-1", "sts", now});
    headers.insert(headers.end(), signature->begin(), signature->end());
    std::optional<ipc::Result<HttpAnswer>> got;
    const auto exchange =
        http_->send({aws.url + "/", headers, body, deadline}, [&](ipc::Result<HttpAnswer> a) { got = std::move(a); });
    while (!got) event_base_loop(base_.get(), EVLOOP_ONCE);
    return std::move(*got);
  };
  EXPECT_EQ(fault_of(R"("huge","size":262145)").error().fault, ipc::Fault::kProtocol);
  EXPECT_TRUE(fault_of(R"("huge","size":262144)"));
  EXPECT_EQ(fault_of(R"("truncate","keep":20)").error().fault, ipc::Fault::kUnavailable);
  EXPECT_EQ(fault_of(R"("drop_before")").error().fault, ipc::Fault::kUnavailable);
  EXPECT_EQ(fault_of(R"("drop_before","reset":true)").error().fault, ipc::Fault::kUnavailable);
  EXPECT_EQ(fault_of(R"("drop_after")").error().fault, ipc::Fault::kUnavailable);
  EXPECT_EQ(fault_of(R"("hang")", 200ms).error().fault, ipc::Fault::kUnavailable);
  EXPECT_TRUE(fault_of(R"("dribble","seconds":0.0005)"));

  const auto before = aws.calls("GetCallerIdentity").size();
  const auto redirect = fault_of(R"("status","status":302,"headers":{"Location":"http://127.0.0.1:1/"})");
  ASSERT_TRUE(redirect);
  EXPECT_EQ(redirect->status, 302);  // reported, not followed
  EXPECT_EQ(aws.calls("GetCallerIdentity").size(), before + 1);
  const auto busy = fault_of(R"("status","status":503,"headers":{"Retry-After":"7"})");
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->retry_after, 7s);
  EXPECT_TRUE(busy->date);
}

TEST_F(AwsHttpTest, OnlyTheNamedAuthorityIsTrusted) {
  const AwsStandin aws(true);
  open("");
  const auto stranger = post(aws.url + "/");
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().fault, ipc::Fault::kConfig);
  EXPECT_NE(stranger.error().next_step.find("AWS_CA_BUNDLE"), std::string::npos);

  const AwsStandin other(true);
  open(other.ca_file);
  EXPECT_EQ(post(aws.url + "/").error().fault, ipc::Fault::kConfig);
  open(aws.ca_file);
  EXPECT_TRUE(post(aws.url + "/"));
}

TEST_F(AwsHttpTest, ACertificateForAnotherNameIsRefused) {
  const AwsStandin aws(true);
  open(aws.ca_file);
  std::string url = aws.url;
  url.replace(url.find("127.0.0.1"), 9,
              "ip6-localhost.localhost");  // resolves to loopback; no such name in the certificate
  const auto answer = post(url + "/");
  ASSERT_FALSE(answer);
}

TEST_F(AwsHttpTest, NoProxyOfTheEnvironmentIsAsked) {
  const AwsStandin aws(false);
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  open("");
  const auto answer = post(aws.url + "/");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_TRUE(answer);
}

TEST_F(AwsHttpTest, ACancelledExchangeNeverCallsBack) {
  const AwsStandin aws(false);
  open("");
  bool called = false;
  auto exchange = http_->send({aws.url + "/", {}, "x", 20s}, [&](ipc::Result<HttpAnswer>) { called = true; });
  event_base_loop(base_.get(), EVLOOP_ONCE);
  exchange.reset();
  EXPECT_TRUE(post(aws.url + "/"));  // the loop ran on, and the connection's other half did no harm
  EXPECT_FALSE(called);
}

TEST_F(AwsHttpTest, TheCallbackMayDestroyItsExchange) {
  open("");
  std::unique_ptr<HttpExchange> exchange;
  bool called = false;
  exchange = http_->send({"http://127.0.0.1:1/", {}, "x", 20s}, [&](ipc::Result<HttpAnswer>) {
    called = true;
    exchange.reset();
  });
  while (!called) event_base_loop(base_.get(), EVLOOP_ONCE);
}

TEST_F(AwsHttpTest, NothingStirsWhileIdle) {
  const AwsStandin aws(false);
  open("");
  ASSERT_TRUE(post(aws.url + "/"));
  // Connections are given up after some seconds of rest. Then the loop has neither socket nor timer to wait for, and
  // ends by itself (1).
  EXPECT_EQ(event_base_loop(base_.get(), 0), 1);
  EXPECT_EQ(event_base_get_num_events(base_.get(), EVENT_BASE_COUNT_ADDED), 0);
  ASSERT_TRUE(post(aws.url + "/")) << "a new connection is made";
}

TEST_F(AwsHttpTest, TheUserAgentNamesTheVersionOfTheBuild) {
  std::ifstream file(TEST_DATA "/../../../../CMakeLists.txt");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t at = text.find("VERSION ", text.find("project(sentinel")) + 8;
  const AwsStandin aws(false);
  open("");
  ASSERT_TRUE(post(aws.url + "/"));
  const Json::Value log = aws.control(R"({"op":"log"})");
  EXPECT_EQ(log[0]["user_agent"].asString(), "sentinel/" + text.substr(at, text.find(' ', at) - at));
}

}  // namespace
}  // namespace broker
