// What the supervisor does for the broker with the user's own rights and terminal: asks for a code, runs a program,
// opens a file, shows a login page (ipc/errands.def).
//
// Blocks: never.   Units: bytes, seconds.
// Owns: our end of a program's output, a socket; the answers until they are given.
// Trust: the supervisor runs as the user. What it answers is the user's word, no more: a code, a token, a file's text.
// Fails: with the supervisor's sentence; kProtocol for a packet that answers nothing that was asked, which ends the
// run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "host/timers.h"
#include "ipc/channel.h"
#include "ipc/errands.h"
#include "ipc/secret.h"

struct event_base;

namespace broker {

struct ErrandText {
  std::string profile, subject, detail;
};

// An errand under way. Destroying it ends the wait; a late answer is then dropped.
class Errand {
 public:
  virtual ~Errand() = default;
};

// The one thing the rest of the broker sees of it; tests answer in its place.
class ErrandDoer {
 public:
  virtual ~ErrandDoer() = default;
  using OnSecret = std::function<void(ipc::Result<ipc::SecretBuffer>)>;
  using OnFile = std::function<void(ipc::Result<ipc::UniqueFd>)>;
  using OnDone = std::function<void(ipc::Status)>;
  // The callbacks come once, later, from the event loop, and may destroy the errand.
  // Which of the three a kind is asked by is its result in ipc/errands.def: Answer, Output and Redirect, File, Done.
  // A typed answer, or what comes from a socket: the latter is refused above kMaxOutput, and where it ends badly.
  [[nodiscard]] virtual std::unique_ptr<Errand> ask(ipc::ErrandKind kind, ErrandText text, OnSecret done) = 0;
  [[nodiscard]] virtual std::unique_ptr<Errand> open(ipc::ErrandKind kind, ErrandText text, OnFile done) = 0;
  [[nodiscard]] virtual std::unique_ptr<Errand> show(ipc::ErrandKind kind, ErrandText text, OnDone done) = 0;
  // A human is waited for in another run. Said again while it lasts, at least every ten seconds.
  virtual void say_waiting(const std::string& /*why*/) {}
};

class Errands final : public ErrandDoer {
 public:
  static constexpr std::size_t kMaxOutput = 16 * 1024;      // the longest keys that are known take a quarter of it
  static constexpr std::chrono::seconds kProgramLimit{90};  // the supervisor ends a program earlier
  static constexpr std::chrono::seconds kHumanLimit{15 * 60};
  static constexpr std::size_t kMost = 16;  // at once
  // Of programs' outputs. The others wait in their sockets until one of these is whole: each takes room of the arena.
  static constexpr std::size_t kMostRead = 4;

  using Send = std::function<ipc::Status(const ipc::Errand&)>;
  using SendWaiting = std::function<ipc::Status(const ipc::Waiting&)>;
  // `base` and `timers` outlive it; `send` and `send_waiting` put a packet on the supervisor's channel.
  Errands(event_base* base, Timers& timers, Send send, SendWaiting send_waiting = {});
  ~Errands() override;

  std::unique_ptr<Errand> ask(ipc::ErrandKind kind, ErrandText text, OnSecret done) override;
  std::unique_ptr<Errand> open(ipc::ErrandKind kind, ErrandText text, OnFile done) override;
  std::unique_ptr<Errand> show(ipc::ErrandKind kind, ErrandText text, OnDone done) override;
  void say_waiting(const std::string& why) override;

  // ErrandAnswer, ErrandOpened, ErrandEnded.
  [[nodiscard]] static bool is_answer(ipc::U16 id);
  ipc::Status take(ipc::Packet& packet);

 private:
  struct Job;
  class Handle;
  std::unique_ptr<Errand> begin(const ErrandText& text, std::shared_ptr<Job> job);
  ipc::Status take_answer(const ipc::Packet& packet);
  ipc::Status take_opened(ipc::Packet& packet);
  ipc::Status take_ended(const ipc::Packet& packet);
  std::shared_ptr<Job> find(std::uint32_t id);
  void forget(std::uint32_t id);
  void fail(const std::shared_ptr<Job>& job, ipc::Error error);
  void settle_output(const std::shared_ptr<Job>& job);
  [[nodiscard]] bool may_read(const std::shared_ptr<Job>& job);
  void settle_soon(const std::shared_ptr<Job>& job);
  void wake();
  static void on_output(int stream, short what, void* job) noexcept;

  event_base* base_;
  Timers& timers_;
  Send send_;
  SendWaiting send_waiting_;
  std::uint32_t last_id_ = 0;
  std::map<std::uint32_t, std::shared_ptr<Job>> jobs_;
};

}  // namespace broker
