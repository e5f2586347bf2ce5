// The broker's own child that asks the host's user and group databases, because they may answer after seconds (LDAP),
// and are libraries of others' that read what comes over a network. Each question is a lookup, a child of the reader's:
// one that hangs or crashes delays no other and ends alone, kDeadline after it began at the latest. Neither holds a
// secret, nor a descriptor but its socket.
//
// Both run under a filter that refuses what no database needs, since their calls cannot be foreseen; read no file but
// the system's; write none; hold no capability, and nothing of the broker's environment.
//
// Runs in: broker, main thread (this class); account reader and account lookup (principals/account_reader_process.cc).
// Blocks: never, but for start(), which is bounded.   Owns: the socket; reader and lookups end when it closes.
// Fails: a reader that is gone stays gone: the broker holds secrets by then, and forks no more.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <utility>

#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "principals/account_words.h"

namespace broker {

class AccountReader {
 public:
  static constexpr std::size_t kMostLookups = 8;  // at a time; another one is answered that it cannot be
  static constexpr std::chrono::seconds kDeadline{5};

  // Forks. Call before any secret is read, before any thread, and before Landlock. Returns once the reader is locked
  // down; fails where it cannot be. Another deadline only in tests.
  static ipc::Result<AccountReader> start(std::chrono::milliseconds deadline = kDeadline);
  // Of a process that has begun; 0 in a test that plays it at the other end of `socket`.
  AccountReader(ipc::UniqueFd socket, pid_t pid) : fd_(std::move(socket)), pid_(pid) {}

  [[nodiscard]] int fd() const { return fd_.get(); }  // readable when an answer is there
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Answers come in any order. False where it cannot be asked: it is gone, or too far behind.
  bool ask(uid_t uid);
  enum class Reply { kHere, kNotYet, kGone };
  // kGone also for what no reader of ours writes: it was taken over, or is another program.
  Reply take(AccountAnswer& answer);

 private:
  ipc::UniqueFd fd_;
  pid_t pid_ = 0;
};

// The reader's whole life, on its end of the pair; never returns.
[[noreturn]] void run_account_reader(ipc::UniqueFd socket, std::chrono::milliseconds deadline);

}  // namespace broker
