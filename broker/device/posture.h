// Keeps what is known of this device now: asks the reader at the start and then every kAgain; its last answer counts
// until it is kMaxAge old, or past its own valid_until. No request ever waits for it.
//
// Blocks: never.   Owns: the reader's socket and the timers.
// Fails: never; whatever is wrong is said in one warning, and nothing is known of the device.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "device/reader.h"
#include "host/clock.h"
#include "host/timers.h"

struct event;
struct event_base;

namespace broker {

class PostureSource {
 public:
  static constexpr std::chrono::seconds kAgain{30};
  static constexpr std::chrono::seconds kMaxAge{120};
  static constexpr std::chrono::seconds kFirstAnswer{6};  // the reader gives a program five

  struct Parts {
    event_base* base;
    Timers& timers;
    const Clock& clock;
    std::function<void(const std::string&)> warn;
  };

  PostureSource(PostureReader reader, Parts parts) : reader_(std::move(reader)), parts_(std::move(parts)) {}
  PostureSource(const PostureSource&) = delete;
  PostureSource& operator=(const PostureSource&) = delete;
  ~PostureSource();

  // `ready` is called once: when the first answer is there, when none came in time, or at once where there is nothing
  // to read.
  void start(std::function<void()> ready);
  [[nodiscard]] std::optional<Posture> current(Clock::SinceBoot now) const;

 private:
  void ask();
  void on_readable() noexcept;
  void accept(const ipc::Result<std::string>& answer);
  void forget(const std::string& why);
  void be_ready();

  PostureReader reader_;
  Parts parts_;
  event* readable_ = nullptr;
  std::unique_ptr<Timer> again_, first_answer_;
  std::function<void()> ready_;
  std::optional<StatedPosture> stated_;
  Clock::SinceBoot answered_{};
  std::string warned_;  // the last warning: the same is not said twice in a row
  bool asked_ = false;
};

}  // namespace broker
