// The key process's end: which questions it answers, with which key, and what ends it.
#include "tools/aws/answers.h"

#include <event2/event.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws_fakes.h"

namespace broker {
namespace {

using ipc::Side;
using testing::FakeAws;
using testing::header_of;

// Answers each request from the event loop with what the test has put there.
class PromptHttp final : public HttpTransport {
 public:
  explicit PromptHttp(event_base* base) : base_(base) {}
  std::unique_ptr<HttpExchange> send(HttpRequest request, OnHttpAnswer done) override {
    requests.push_back(std::move(request));
    done_ = std::move(done);
    const timeval now{0, 0};
    event_base_once(base_, -1, EV_TIMEOUT, &PromptHttp::answer, this, &now);
    return std::make_unique<HttpExchange>();
  }
  std::vector<HttpRequest> requests;
  long status = 200;
  std::string body;

 private:
  static void answer(evutil_socket_t, short, void* self) {
    auto& http = *static_cast<PromptHttp*>(self);
    HttpAnswer reply;
    reply.status = http.status;
    reply.body.append(http.body);
    std::exchange(http.done_, nullptr)(std::move(reply));
  }
  event_base* base_;
  OnHttpAnswer done_;
};

class AnswersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    raw_ = ends[0];
    tool_.emplace(ipc::UniqueFd(ends[0]), Side::Tool, Side::KeyProcess);
    theirs_ = ipc::UniqueFd(ends[1]);
    profile_.iam = {"https://iam.test", "iam.test", true, "us-east-1"};
    profile_.sts = {"https://sts.test", "sts.test", true, "us-east-1"};
    profile_.ssm = {"https://ssm.test", "ssm.test", true, "us-east-1"};
  }
  void TearDown() override { event_base_free(base_); }
  // Answers what the tool has asked by now, as if it were gone after that.
  void answer_all() {
    ASSERT_EQ(::shutdown(raw_, SHUT_WR), 0);
    AwsContext context{http_, aws_.timers, aws_.clock, [] { return 0.5; }};
    answer_questions(KeyChannel(std::move(theirs_), Side::KeyProcess, Side::Tool), base_, context, profile_);
    auto ready = tool_->receive();
    if (ready && *ready == 0) ready = tool_->receive();  // ECONNRESET before what is there: questions were left unread
    ASSERT_TRUE(ready && *ready == ipc::KeysReady::kId);
    tool_->gate().enter_serving();
  }
  ipc::U16 next() { return tool_->receive().value_or(0xffff); }
  std::string failure() {
    EXPECT_EQ(next(), ipc::AskFailed::kId);
    const auto failed = tool_->open<ipc::AskFailed>();
    return failed ? (*failed)->what.str() : "malformed";
  }
  template <class Question>
  static InSecret<Question> with_key() {
    InSecret<Question> question;
    EXPECT_TRUE(question->access_key_id.assign("AKIAOLD") && question->secret_access_key.assign("the-old-secret"));
    return question;
  }

  event_base* base_ = event_base_new();
  FakeAws aws_;
  PromptHttp http_{base_};
  ResolvedProfile profile_;
  int raw_ = -1;
  std::optional<KeyChannel> tool_;
  ipc::UniqueFd theirs_;
};

TEST_F(AnswersTest, WhatIsNoQuestionEndsIt) {
  ASSERT_TRUE(tool_->send(ipc::AskDone{}));
  ASSERT_TRUE(tool_->send(*with_key<ipc::AskIdentity>()));
  answer_all();
  EXPECT_EQ(next(), 0);
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(AnswersTest, AMalformedQuestionEndsIt) {
  const std::string cut{static_cast<char>(ipc::AskIdentity::kId), '\0', '\1'};
  ASSERT_EQ(::send(raw_, cut.data(), cut.size(), 0), 3);
  ASSERT_TRUE(tool_->send(*with_key<ipc::AskIdentity>()));
  answer_all();
  EXPECT_EQ(next(), 0);
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(AnswersTest, WithoutTheProfilesKeyNothingIsAskedInItsName) {
  ipc::AskPut put;
  ASSERT_TRUE(put.name.assign("/p") && put.value.assign("v"));
  ASSERT_TRUE(tool_->send(put));
  answer_all();
  EXPECT_NE(failure(), "");
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(AnswersTest, AQuestionIsSignedWithTheKeyThatCameWithIt) {
  http_.body =
      "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><AccessKeyId>AKIANEW0123456789000</AccessKeyId>"
      "<SecretAccessKey>the-new-secret</SecretAccessKey></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>";
  ASSERT_TRUE(tool_->send(*with_key<ipc::AskCreateKey>()));
  answer_all();
  ASSERT_EQ(next(), ipc::KeyCreated::kId);
  const auto created = tool_->open<ipc::KeyCreated>();
  ASSERT_TRUE(created);
  EXPECT_EQ((*created)->access_key_id.str(), "AKIANEW0123456789000");
  EXPECT_EQ((*created)->secret_access_key.reveal(), "the-new-secret");
  ASSERT_EQ(http_.requests.size(), 1u);
  EXPECT_NE(header_of(http_.requests[0], "Authorization").find("Credential=AKIAOLD/"), std::string::npos);
}

TEST_F(AnswersTest, EachQuestionIsAnsweredInItsTurnAndARefusalEndsNothing) {
  http_.status = 403;
  http_.body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
  ASSERT_TRUE(tool_->send(*with_key<ipc::AskKeys>()));
  ASSERT_TRUE(tool_->send(*with_key<ipc::AskIdentity>()));
  answer_all();
  EXPECT_NE(failure().find("ListAccessKeys"), std::string::npos);
  EXPECT_NE(failure().find("GetCallerIdentity"), std::string::npos);
  EXPECT_EQ(next(), 0);
}

TEST_F(AnswersTest, AKeyThatIsGoneCountsAsDeleted) {
  http_.status = 404;
  http_.body = "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no such key</Message></Error></ErrorResponse>";
  auto question = with_key<ipc::AskDeleteKey>();
  ASSERT_TRUE(question->deleted.assign("AKIAGONE"));
  ASSERT_TRUE(tool_->send(*question));
  answer_all();
  EXPECT_EQ(next(), ipc::AskDone::kId);
}

}  // namespace
}  // namespace broker
