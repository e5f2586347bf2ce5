#include "terminal/question.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "ipc/channel.h"

namespace supervisor {
namespace {

// What the keeper makes of a packet of the asking side.
std::optional<ipc::Result<Typed>> heard(const std::string& packet) {
  const auto ends = ipc::Channel::socket_pair();
  EXPECT_EQ(::send(ends->second.get(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
  return next_answer(ends->first.get());
}

TEST(TerminalQuestion, AnAnswerThatIsTooLongIsRefusedAndNeverCut) {
  for (const std::size_t size : {1025, 1026, 5000}) {
    const auto answer = heard("A" + std::string(size, 'x'));
    ASSERT_TRUE(answer);
    ASSERT_FALSE(*answer) << size;
    EXPECT_EQ(answer->error().fault, ipc::Fault::kRefused);
    EXPECT_EQ(answer->error().what, "what was typed is longer than 1024 bytes, and such an answer is not taken");
  }
  const auto longest = heard("A" + std::string(1024, 'x'));
  ASSERT_TRUE(longest && *longest);
  EXPECT_EQ((*longest)->reveal(), std::string(1024, 'x'));
}

TEST(TerminalQuestion, ARefusalHasItsSentenceAndItsNextStep) {
  const auto answer = heard(std::string("Nnobody answered\0try again", 26));
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().what, "nobody answered");
  EXPECT_EQ(answer->error().next_step, "try again");
}

TEST(TerminalQuestion, ASocketThatEndsIsNoAnswer) {
  auto ends = ipc::Channel::socket_pair();
  EXPECT_FALSE(next_answer(ends->first.get())) << "nothing yet";
  ends->second.reset();
  const auto answer = next_answer(ends->first.get());
  ASSERT_TRUE(answer);
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().fault, ipc::Fault::kSystem);
}

}  // namespace
}  // namespace supervisor
