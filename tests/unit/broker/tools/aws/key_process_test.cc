// A tool's end of the key process, against a peer that says what the test wants: what comes from there is believed only
// where the table of messages allows it.
#include "tools/aws/key_process.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker {
namespace {

using ipc::Fault;
using ipc::Side;

class KeyProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    raw_ = ends[0];
    far_.emplace(ipc::UniqueFd(ends[0]), Side::KeyProcess, Side::Tool);
    far_->gate().enter_serving();
    KeyChannel near(ipc::UniqueFd(ends[1]), Side::Tool, Side::KeyProcess);
    near.gate().enter_serving();
    process_.emplace(std::move(near), -1);
  }
  void send_raw(const std::string& bytes) {
    ASSERT_EQ(::send(raw_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  // What the next question fails with.
  std::string refusal() {
    const auto put = process_->put("/p", "x");
    return put ? "" : put.error().what;
  }
  // What was asked.
  template <class Question>
  InSecret<Question> asked() {
    const auto id = far_->receive();
    EXPECT_TRUE(id && *id == Question::kId);
    auto question = far_->open<Question>();
    EXPECT_TRUE(question);
    return std::move(*question);
  }
  static BaseKey key() { return {"AKIAOLD", ipc::SecretBuffer::copy_of("the-old-secret"), {}}; }

  int raw_ = -1;
  std::optional<KeyChannel> far_;
  std::optional<KeyProcess> process_;
};

TEST_F(KeyProcessTest, APeerThatIsGoneIsSaidToHaveEnded) {
  far_.reset();
  EXPECT_EQ(refusal(), "the process that asks AWS ended without an answer");
}

TEST_F(KeyProcessTest, AnUnknownMessageIsRefused) {
  send_raw(std::string("\xff\x7f", 2));
  EXPECT_EQ(refusal(), "unknown message 32767");
}

TEST_F(KeyProcessTest, AMessageOfARunIsRefused) {
  ASSERT_TRUE(far_->send(ipc::Done{}));
  EXPECT_EQ(refusal(), "Done does not travel this way");
}

TEST_F(KeyProcessTest, AQuestionThatComesBackIsRefused) {
  ASSERT_TRUE(far_->send(ipc::AskPut{}));
  EXPECT_EQ(refusal(), "AskPut does not travel this way");
}

TEST_F(KeyProcessTest, ReadyASecondTimeIsRefused) {
  ASSERT_TRUE(far_->send(ipc::KeysReady{}));
  EXPECT_EQ(refusal(), "KeysReady out of phase");
}

TEST_F(KeyProcessTest, AnAnswerToAnotherQuestionIsRefused) {
  ASSERT_TRUE(far_->send(ipc::AskDone{}));
  EXPECT_EQ(refusal(), "an answer to another question came");
}

TEST_F(KeyProcessTest, AMalformedAnswerIsRefused) {
  ASSERT_TRUE(far_->send(ipc::ParameterPut{7}));
  EXPECT_EQ(refusal(), "");
  const std::string id{static_cast<char>(ipc::ParameterPut::kId), '\0'};
  send_raw(id + "1234567");
  EXPECT_EQ(refusal(), "ParameterPut is malformed");
  send_raw(id + "123456789");
  EXPECT_EQ(refusal(), "ParameterPut is malformed");
  send_raw("x");
  EXPECT_EQ(refusal(), "packet is too short");
  send_raw(id + std::string(ipc::kMaxPacketBytes, 'x'));
  EXPECT_EQ(refusal(), "packet is too large");
}

TEST_F(KeyProcessTest, AnUnknownFaultIsRefused) {
  for (const int unknown : {0, static_cast<int>(last_of(Fault{})) + 1}) {
    ASSERT_TRUE(far_->send(ipc::AskFailed{static_cast<Fault>(unknown), ipc::Text<4096>("what"), {}}));
    EXPECT_EQ(refusal(), "AskFailed is malformed") << unknown;
  }
}

TEST_F(KeyProcessTest, WhatFailedThereIsSaidAsThere) {
  ASSERT_TRUE(far_->send(ipc::AskFailed{Fault::kUnavailable, ipc::Text<4096>("SSM sleeps"), ipc::Text<2048>("wait")}));
  const auto answer = process_->parameter("/p");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().fault, Fault::kUnavailable);
  EXPECT_EQ(answer.error().what, "SSM sleeps");
  EXPECT_EQ(answer.error().next_step, "wait");
}

TEST_F(KeyProcessTest, WhatNoMessageCarriesWholeIsRefusedAndNotAsked) {
  EXPECT_EQ(
      process_->put("/p", std::string(32769, 'x')).error().what,
      "what the SSM parameter /p would hold has a NUL byte in it, or more than 32768 bytes, which is more than AWS "
      "takes");
  EXPECT_FALSE(process_->put("/p", std::string("a\0b", 3)));
  EXPECT_FALSE(process_->parameter(std::string(2049, 'n')));
  EXPECT_FALSE(process_->kms_sign("k", std::string(4097, 'm')));
  BaseKey longer = key();
  longer.secret_access_key = ipc::SecretBuffer::copy_of(std::string(257, 's'));
  EXPECT_FALSE(process_->arn(longer));
  char byte = 0;
  EXPECT_EQ(::recv(raw_, &byte, 1, MSG_DONTWAIT), -1) << "something was sent";
}

TEST_F(KeyProcessTest, AParameterThatIsNotThereIsNone) {
  ipc::ParametersFound found;
  found.second_version = 3;
  ASSERT_TRUE(found.second.assign("signature"));
  ASSERT_TRUE(far_->send(found));
  const auto pair = process_->parameters("/p", "/s");
  ASSERT_TRUE(pair);
  EXPECT_FALSE(pair->first);
  EXPECT_EQ(pair->second->value, "signature");
  EXPECT_EQ(pair->second->version, 3);
  const auto question = asked<ipc::AskParameters>();
  EXPECT_EQ(question->first.str(), "/p");
  EXPECT_EQ(question->second.str(), "/s");

  ASSERT_TRUE(far_->send(ipc::ParametersFound{}));
  EXPECT_FALSE(process_->parameter("/p"));
}

TEST_F(KeyProcessTest, ASignatureTravelsWhole) {
  const std::string bytes("\0\x01\xff signature", 13);
  ipc::KmsSigned signed_;
  ASSERT_TRUE(signed_.signature.assign("AAH/IHNpZ25hdHVyZQ=="));
  ASSERT_TRUE(far_->send(signed_));
  const auto signature = process_->kms_sign("k", "m");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->signature, bytes);
  (void)asked<ipc::AskKmsSign>();
  ipc::KmsKeyFound found;
  ASSERT_TRUE(found.key.assign("AAH/IHNpZ25hdHVyZQ==") && found.kms_key.assign("arn:k"));
  ASSERT_TRUE(far_->send(found));
  const auto kms_key = process_->kms_public_key("k");
  ASSERT_TRUE(kms_key);
  EXPECT_EQ(kms_key->der, bytes);
  EXPECT_EQ(kms_key->arn, "arn:k");
  EXPECT_EQ(asked<ipc::AskKmsKey>()->kms_key.str(), "k");
}

TEST_F(KeyProcessTest, AKeyIsHandedOverWithItsQuestionAndANewOneComesBack) {
  ipc::KeyCreated made;
  ASSERT_TRUE(made.access_key_id.assign("AKIANEW") && made.secret_access_key.assign("the-new-secret"));
  ASSERT_TRUE(far_->send(made));
  const auto created = process_->create_access_key(key());
  ASSERT_TRUE(created);
  EXPECT_EQ(created->access_key_id, "AKIANEW");
  EXPECT_EQ(created->secret_access_key.reveal(), "the-new-secret");
  const auto question = asked<ipc::AskCreateKey>();
  EXPECT_EQ(question->access_key_id.str(), "AKIAOLD");
  EXPECT_EQ(question->secret_access_key.reveal(), "the-old-secret");

  ASSERT_TRUE(far_->send(ipc::AskDone{}));
  EXPECT_TRUE(process_->delete_access_key(key(), "AKIANEW"));
  EXPECT_EQ(asked<ipc::AskDeleteKey>()->deleted.str(), "AKIANEW");
}

TEST_F(KeyProcessTest, TheKeysOfAUserAreAList) {
  ipc::KeysFound none, two;
  ASSERT_TRUE(two.access_key_ids.assign("AKIAOLD AKIANEW"));
  ASSERT_TRUE(far_->send(none) && far_->send(two));
  EXPECT_EQ(process_->access_keys(key()).value(), std::vector<std::string>());
  EXPECT_EQ(process_->access_keys(key()).value(), (std::vector<std::string>{"AKIAOLD", "AKIANEW"}));
}

}  // namespace
}  // namespace broker
