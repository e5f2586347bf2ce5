#include "errands/pinentry.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

// Speaks up to the question; returns what came of the lines behind it.
ipc::Status after_the_question(PinentryTalk& talk, std::initializer_list<std::string_view> lines) {
  for (const char* line : {"OK Pleased to meet you", "OK", "OK", "OK"}) {
    if (const auto reply = talk.hear(line); !reply) return std::unexpected(reply.error());
  }
  for (const std::string_view line : lines) {
    if (const auto reply = talk.hear(line); !reply) return std::unexpected(reply.error());
  }
  return {};
}

std::string refusal(std::initializer_list<std::string_view> lines) {
  PinentryTalk talk("?");
  const ipc::Status heard = after_the_question(talk, lines);
  EXPECT_FALSE(heard && talk.done());
  return heard ? "" : heard.error().what;
}

TEST(Pinentry, AClosedWindowIsARefusalAndNoFailureOfTheProgram) {
  PinentryTalk talk("?");
  const ipc::Status heard = after_the_question(talk, {"ERR 83886179 Operation cancelled <Pinentry>"});
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().fault, ipc::Fault::kRefused);
  EXPECT_EQ(refusal({"ERR 83886278 fully cancelled"}), "the question was closed without an answer");
  EXPECT_EQ(refusal({"ERR 83886340 Invalid IPC response"}), "pinentry cannot ask: error 83886340");
  EXPECT_EQ(refusal({"ERR 83918950 Inappropriate ioctl for device"}), "pinentry cannot ask: error 83918950");
}

TEST(Pinentry, WhatIsNotOfTheProtocolEndsIt) {
  EXPECT_EQ(refusal({"hello"}), "pinentry says what no pinentry says");
  EXPECT_EQ(refusal({""}), "pinentry says what no pinentry says");
  EXPECT_EQ(refusal({"OK"}), "nothing was typed");
  EXPECT_EQ(refusal({"D %4"}), "pinentry gives an answer that is badly quoted");
  EXPECT_EQ(refusal({"D %zz"}), "pinentry gives an answer that is badly quoted");
  PinentryTalk early("?");
  EXPECT_FALSE(early.hear("D 123456"));
}

TEST(Pinentry, AnAnswerThatIsTooLongIsRefusedAndNeverCut) {
  const std::string line = "D " + std::string(998, 'x');
  PinentryTalk talk("?");
  const ipc::Status heard = after_the_question(talk, {line, "D " + std::string(26, 'y') + "%25"});
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().fault, ipc::Fault::kRefused) << "no other program is asked instead";
  EXPECT_EQ(heard.error().what, "the answer of pinentry is longer than 1024 bytes, and such an answer is not taken");
  EXPECT_TRUE(talk.take().reveal().size() < 1024);
  EXPECT_NE(refusal({"D " + std::string(1025, 'x')}), "");
}

TEST(Pinentry, TheQuestionCannotEndItsLine) {
  PinentryTalk talk("50% of\nGETPIN \x1b[0m");
  EXPECT_EQ(talk.hear("OK"), "SETTITLE Sentinel\n");
  EXPECT_EQ(talk.hear("OK"), "SETDESC 50%25 of GETPIN  [0m\n");
}

TEST(Pinentry, CommentsAndStatusLinesAreNoAnswers) {
  PinentryTalk talk("?");
  EXPECT_EQ(talk.hear("# a comment"), "");
  ASSERT_TRUE(after_the_question(talk, {"S PIN_REPEATED", "D 12%334%256", "OK"}));
  EXPECT_TRUE(talk.done());
  EXPECT_EQ(talk.take().reveal(), "1234%6");
}

TEST(Pinentry, ALongAnswerComesInSeveralLines) {
  PinentryTalk talk("?");
  const std::string first(998, 'x'), second(26, 'y');
  ASSERT_TRUE(after_the_question(talk, {"D " + first, "D " + second, "OK"}));
  EXPECT_EQ(talk.take().reveal(), first + second);
}

}  // namespace
}  // namespace supervisor
