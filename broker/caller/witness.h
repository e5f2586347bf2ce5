// The broker's own child that looks into other processes' /proc, because Landlock forbids it to the broker itself.
// Holds no secret and no descriptor but its socket and /proc.
//
// Runs in: broker, main thread (this class); witness (its loop, in caller/witness_process.cc).
// Blocks: never, but for await(), which is bounded.   Owns: the socket; the witness ends when it closes.
// Fails: a witness that is gone stays gone; every later question answers kGone, and TCP callers are refused.
#pragma once

#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "caller/witness_words.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

class Witness {
 public:
  using Ticket = std::uint32_t;
  enum class Reply { kHere, kNotYet, kGone };

  // Forks. Call before any secret is read, before any thread, and before Landlock. Returns once the witness is locked
  // down; fails where it cannot be.
  static ipc::Result<Witness> start();

  [[nodiscard]] int fd() const { return fd_.get(); }  // readable when an answer is there
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Its /proc/PID/status, for the supervisor; once.
  ipc::UniqueFd take_status() { return std::move(status_); }
  // Looks, when nothing is asked: takes away answers that are no longer wanted, and sees the socket's end. To be
  // called whenever fd() was readable and all tickets were looked at; else an event loop would spin on it.
  [[nodiscard]] bool gone();

  // Sends a question. 0 where it cannot be sent: the witness is gone, or too far behind.
  Ticket ask_holder(std::uint64_t inode, pid_t root, std::span<const pid_t> left_out);
  Ticket ask_executable(pid_t pid);

  // Takes the answer if it is there. kHere and kGone end the ticket. Answers come in the order of the questions; while
  // an older one is wanted nothing is received, so that fd() stays readable until the asker has looked.
  Reply take(Ticket ticket, WitnessAnswer& answer);
  // The same, waiting up to `budget` for it; not at all while an older answer is wanted.
  Reply await(Ticket ticket, std::chrono::microseconds budget, WitnessAnswer& answer);
  // The answer is no longer wanted. Every ticket ends here or with kHere or kGone: one forgotten blocks the others.
  void abandon(Ticket ticket);

 private:
  Witness(ipc::UniqueFd fd, ipc::UniqueFd status, pid_t pid)
      : fd_(std::move(fd)), status_(std::move(status)), pid_(pid) {}
  Ticket ask(WitnessQuestion& question);
  Reply receive(WitnessAnswer& answer);

  ipc::UniqueFd fd_, status_;
  pid_t pid_ = 0;
  bool gone_ = false;
  Ticket last_ticket_ = 0;
  std::vector<Ticket> wanted_;  // oldest first
};

// What the broker logs of a witness's answer: at most its stated bytes, as text.
std::string_view executable_of(const WitnessAnswer& answer);
std::string_view comm_of(const WitnessAnswer& answer);

// The witness's whole life, on its end of the pair; never returns.
[[noreturn]] void run_witness(ipc::UniqueFd socket);

}  // namespace broker
