// Programs' outputs: as long as they may be and as many at once as there may be, they are all read, few at a time.
#include "keys/errands.h"

#include <event2/event.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <vector>

#include "aws_fakes.h"
#include "full_arena.h"
#include "ipc/messages.h"
#include "ipc/process/one_way_socket.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

// A program that the supervisor would have started.
struct Program {
  std::uint32_t id = 0;
  ipc::UniqueFd output{};
  std::optional<ipc::Result<std::size_t>> came{};  // how much of its output, or why none
  std::unique_ptr<Errand> errand{};

  void says(std::size_t bytes) {
    const std::string text(bytes, 'x');
    ASSERT_EQ(::write(output.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
};

class ErrandsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }

  template <class Message>
  ipc::Status take(const Message& message, ipc::UniqueFd descriptor = {}) {
    std::array<char, 8192> bytes{};
    const std::size_t size = ipc::encode(message, bytes);
    ipc::Packet packet{Message::kId, std::string_view(bytes.data(), size).substr(sizeof(ipc::U16)),
                       std::move(descriptor)};
    return errands_.take(packet);
  }
  Program& start() {
    Program& program = *programs_.emplace_back(std::make_unique<Program>());
    program.errand = errands_.ask(ipc::ErrandKind::RunTokenProcess, {"ledger", "/opt/token", {}},
                                  [&program](const ipc::Result<ipc::SecretBuffer>& output) {
                                    if (output) {
                                      program.came = output->size();
                                    } else {
                                      program.came = std::unexpected(output.error());
                                    }
                                  });
    program.id = sent_.back();
    auto ends = ipc::OneWaySocket::open();
    EXPECT_TRUE(ends && ::fcntl(ends->reading.get(), F_SETFL, O_NONBLOCK) == 0);
    program.output = std::move(ends->writing);
    ipc::ErrandOpened opened;
    opened.id = program.id;
    EXPECT_TRUE(take(opened, std::move(ends->reading)));
    return program;
  }
  void end(Program& program) {
    program.output.reset();
    ended(program);
  }
  void ended(const Program& program) {
    ipc::ErrandEnded message;
    message.id = program.id;
    message.good = true;
    EXPECT_TRUE(take(message));
  }
  void turn() {
    for (int i = 0; i < 40; ++i) event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  }
  [[nodiscard]] std::size_t answered() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(programs_, [](const auto& p) { return p->came.has_value(); }));
  }

  std::unique_ptr<event_base, decltype(&event_base_free)> base_{event_base_new(), &event_base_free};
  testing::FakeClock clock_;
  testing::FakeTimers timers_{clock_};
  std::vector<std::uint32_t> sent_;
  Errands errands_{base_.get(), timers_, [this](const ipc::Errand& errand) {
                     sent_.push_back(errand.id);
                     return ipc::Status{};
                   }};
  std::vector<std::unique_ptr<Program>> programs_;
};

TEST_F(ErrandsTest, WhereThereIsNoRoomForAnOutputThatErrandFailsAndTheNextDoesNot) {
  std::optional<testing::FullArena> full(std::in_place);
  Program& first = start();
  first.says(5);
  turn();
  ASSERT_TRUE(first.came);
  ASSERT_FALSE(*first.came);
  EXPECT_EQ(first.came->error().fault, ipc::Fault::kUnavailable);
  EXPECT_EQ(first.came->error().what, "its output finds no room in the memory for secrets");
  full.reset();
  Program& second = start();
  second.says(5);
  end(second);
  turn();
  ASSERT_TRUE(second.came && *second.came);
  EXPECT_EQ(**second.came, 5u);
}

TEST_F(ErrandsTest, AnOutputThatIsTooLongFailsAndMakesRoomForTheNext) {
  const testing::FullArena full(Errands::kMaxOutput + 1);
  Program& first = start();
  first.says(Errands::kMaxOutput + 1);
  turn();
  ASSERT_TRUE(first.came);
  EXPECT_FALSE(*first.came);
  Program& second = start();
  second.says(Errands::kMaxOutput);
  end(second);
  turn();
  ASSERT_TRUE(second.came && *second.came);
}

TEST_F(ErrandsTest, AllAtOnceWithTheLongestOutputsFindRoomAndAreReadWhole) {
  const testing::FullArena full(Errands::kMostRead * (Errands::kMaxOutput + ipc::SecretArena::kPiece));
  for (std::size_t i = 0; i < Errands::kMost; ++i) start().says(Errands::kMaxOutput);
  turn();
  EXPECT_EQ(answered(), 0u);
  for (const auto& program : programs_) end(*program);
  turn();
  EXPECT_EQ(answered(), Errands::kMost);
  for (const auto& program : programs_) EXPECT_EQ(**program->came, Errands::kMaxOutput);
}

TEST_F(ErrandsTest, ProgramsThatSayNothingKeepNobodyWaiting) {
  for (std::size_t i = 0; i < Errands::kMostRead; ++i) start();
  Program& speaks = start();
  speaks.says(7);
  end(speaks);
  turn();
  ASSERT_TRUE(speaks.came && *speaks.came);
  EXPECT_EQ(answered(), 1u);
}

// What it left running holds its output open, so only time tells that it is whole: not the time that it waited.
TEST_F(ErrandsTest, AnOutputThatWaitedIsNotTakenForNone) {
  for (std::size_t i = 0; i < Errands::kMostRead; ++i) start().says(1);
  turn();
  Program& waits = start();
  waits.says(7);
  ended(waits);
  turn();
  timers_.pass(30s);
  EXPECT_FALSE(waits.came);
  end(*programs_.front());
  turn();
  EXPECT_TRUE(programs_.front()->came);
  EXPECT_FALSE(waits.came) << "it is being read";
  timers_.pass(2s);
  ASSERT_TRUE(waits.came && *waits.came);
  EXPECT_EQ(**waits.came, 7u);
}

TEST_F(ErrandsTest, AnErrandThatNobodyWaitsForAnyMoreMakesRoomForTheNext) {
  for (std::size_t i = 0; i < Errands::kMostRead; ++i) start().says(1);
  turn();
  Program& waits = start();
  waits.says(7);
  end(waits);
  turn();
  EXPECT_FALSE(waits.came);
  programs_.front()->errand.reset();
  turn();
  ASSERT_TRUE(waits.came && *waits.came);
}

}  // namespace
}  // namespace broker
