// One place to which decision lines go: a file that several brokers may share, a terminal or pipe, or the system's log.
//
// A file has one chain, however many brokers write to it and however often: under flock(2), on a private file beside
// it, a broker reads the end that it has not written itself, writes one line with one write, and unlocks. A stream and
// the system's log have a chain per run. Beside a file its head is kept (audit/head.h); where the file ends before its
// head, somebody cut it, and the next line says so.
// Blocks: on local files; at most kLockWait while others write.   Owns: the descriptor.
// Fails: kSystem with the sink's name; kUnavailable while a full file waits for the one that follows it.
// A file that became shorter, or lost its name, takes no more lines: what it held is gone, and no reader would look
// there.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "audit/chain.h"
#include "audit/head.h"
#include "host/clock.h"
#include "ipc/messages.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

class LogKey;

// What goes to the sinks. `body` is an object without its last brace.
struct AuditText {
  std::string_view body;
  std::chrono::sys_seconds time{};
  bool issued = false;
};

class AuditSink {
 public:
  static constexpr std::chrono::milliseconds kLockWait{250}, kLockWaitAfterTimeout{5}, kShortWaitsLast{2000};

  // `key` signs, and may be null. It and the clock outlive the sink.
  struct Terms {
    std::string label;
    ipc::LogKind kind = ipc::LogKind::File;
    bool sync = false;
    const LogKey* key = nullptr;
    const Clock* clock = nullptr;
    ipc::UniqueFd lock{};  // in the place of the file, which each of its readers could lock
    ipc::UniqueFd head{};  // of a file: where its head is kept, or nowhere
  };
  static ipc::Result<AuditSink> open(ipc::UniqueFd fd, Terms terms);

  ipc::Status write(const AuditText& text);
  // The file, or socket, that goes on where this one ended.
  ipc::Status follow(ipc::UniqueFd fd);
  ipc::Status commit();
  // A file longer than this is closed by a last line; 0: never.
  void close_at(std::uint64_t max_bytes) { max_bytes_ = max_bytes; }
  // Closes it now, where it is longer than that.
  void end_if_full(std::uint64_t max_bytes, std::chrono::sys_seconds now);

  [[nodiscard]] ipc::LogKind kind() const { return terms_.kind; }
  [[nodiscard]] const std::string& label() const { return terms_.label; }
  // Takes no line until follow() was called.
  [[nodiscard]] bool ended() const { return ended_; }
  // What was last written; nothing where no line was, or the chain is one of this run alone.
  [[nodiscard]] std::optional<LogHead> head() const;
  // That the file had been cut, in one sentence, once; else empty.
  [[nodiscard]] std::string take_warning() { return std::exchange(warning_, {}); }
  [[nodiscard]] bool syncs() const { return terms_.sync && file_; }

 private:
  AuditSink() = default;
  [[nodiscard]] int lock_fd() const { return terms_.lock ? terms_.lock.get() : fd_.get(); }
  ipc::Status look_at_file();
  ipc::Status compare_with_head();
  ipc::Status say_cut(const AuditText& text);
  ipc::Status write_to_file(const AuditText& text);
  ipc::Status write_to_stream(const AuditText& text);
  ipc::Status write_to_syslog(const AuditText& text);
  ipc::Status append(const AuditText& text);
  ipc::Status close_full_file(const AuditText& text);
  ipc::Result<std::string> next_line(const AuditText& text) const;
  void written(std::string_view line);
  ipc::Status write_whole(std::string_view line) const;

  ipc::UniqueFd fd_;
  Terms terms_;
  std::uint64_t max_bytes_ = 0;
  bool file_ = false;  // a regular file, whose chain goes on across runs
  bool had_a_name_ = false;
  bool ended_ = false;
  Clock::SinceBoot hurried_until_{};  // somebody kept the lock for the whole patience
  off_t left_at_ = 0;                 // size of the file after our last line
  off_t size_ = -1;                   // size for which end_ is true; -1: unknown
  ChainEnd end_;
  HeadFile head_;
  bool compared_ = false;  // once in a run: afterwards the lines that we wrote are remembered
  std::string cut_, warning_;
};

}  // namespace broker
