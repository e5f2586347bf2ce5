// The head of a decision log: which line was written last. Kept in a file of its own, so that lines that were cut off
// at the log's end show, which no chain and no signature can.
//
// The file has two slots of kHeadSlot bytes, and each holds a copy of a line, with its newline: it is signed as it was,
// and its hash says the rest. Lines take turns, so that a write that was torn leaves the other slot. The newest is the
// one with the higher number.
// What it cannot show: somebody who may write both files puts an older copy of both in their place, or removes both.
// Then a copy that he cannot reach speaks: the system's log, to which each line carries it (audit/log.h).
// Blocks: on a small local file.   Owns: the descriptor.
// Fails: kSystem where it cannot be read or written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/line.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

inline constexpr std::size_t kHeadSlot = kMaxAuditLine + 4096;
// Of the log's path, behind it: such a name is no rotated file's.
inline constexpr std::string_view kHeadSuffix = "-head";

struct LogHead {
  std::uint64_t sequence = 0;
  std::string hash, time;  // of that line
};

// What is in a head file. `line` points into `text`.
struct HeadRead {
  LogHead head;
  AuditLine line;
};
// Of each slot that holds one, newest first; none where no slot does.
std::vector<HeadRead> read_heads(std::string_view text);

// "lines number 8 to 12 are missing at the end: …" where the log ends with line `sequence`, whose hash is `hash`,
// before its head, or with another line of that number; empty where the log reaches the head.
std::string head_fault(const LogHead& head, std::uint64_t sequence, std::string_view hash);

class HeadFile {
 public:
  HeadFile() = default;  // keeps none
  // `label` is what to call it.
  HeadFile(ipc::UniqueFd fd, std::string label) : fd_(std::move(fd)), label_(std::move(label)) {}
  [[nodiscard]] bool kept() const { return static_cast<bool>(fd_); }
  [[nodiscard]] ipc::Result<std::optional<LogHead>> read() const;
  // `anew`: nothing in the file counts any more.
  // `line`: the log's last, without its newline.
  ipc::Status write(std::string_view line, std::uint64_t sequence, bool anew) const;

 private:
  ipc::UniqueFd fd_;
  std::string label_;
};

}  // namespace broker
