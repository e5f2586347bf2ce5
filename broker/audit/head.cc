#include "audit/head.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "host/bounded_read.h"
#include "text/hex.h"

namespace broker {
namespace {

using ipc::Fault;

// Behind the newline may be the rest of an older, longer line.
std::optional<HeadRead> read_slot(std::string_view slot) {
  const std::size_t end = slot.find('\n');
  if (end == slot.npos) return std::nullopt;
  auto line = read_audit_line(slot.substr(0, end));
  if (!line || !line->chained()) return std::nullopt;
  LogHead head{*line->sequence, sha256_hex(slot.substr(0, end)), std::string(line->text("timestamp"))};
  return HeadRead{std::move(head), std::move(*line)};
}

std::string numbers(std::uint64_t first, std::uint64_t last) {
  if (first == last) return "line number " + std::to_string(first) + " is missing";
  return std::to_string(last - first + 1) + " lines, number " + std::to_string(first) + " to " + std::to_string(last) +
         ", are missing";
}

}  // namespace

std::vector<HeadRead> read_heads(std::string_view text) {
  std::vector<HeadRead> heads;
  for (std::size_t at = 0; at < 2 * kHeadSlot && at < text.size(); at += kHeadSlot) {
    if (std::optional<HeadRead> read = read_slot(text.substr(at, kHeadSlot))) heads.push_back(std::move(*read));
  }
  std::ranges::sort(heads, std::greater(), [](const HeadRead& read) { return read.head.sequence; });
  return heads;
}

std::string head_fault(const LogHead& head, std::uint64_t sequence, std::string_view hash) {
  if (sequence > head.sequence || (sequence == head.sequence && hash == head.hash)) return {};
  const std::string named = "the log's head of " + head.time + " names line number " + std::to_string(head.sequence);
  if (sequence == head.sequence) return "the last line is another than was written: " + named + " with another SHA-256";
  return numbers(sequence + 1, head.sequence) + " at the end: " + named;
}

ipc::Result<std::optional<LogHead>> HeadFile::read() const {
  const std::optional<std::string> text = read_from_start(fd_.get(), 2 * kHeadSlot);
  if (!text) return ipc::system_error("the head " + label_ + " of the decision log cannot be read");
  auto heads = read_heads(*text);
  if (heads.empty() && !text->empty() && text->front() != '{' && text->front() != '\0') {
    return ipc::fail(Fault::kConfig, "the file " + label_ + " remembers no end of a decision log",
                     "look at what is in it, and remove it");
  }
  if (heads.empty()) return std::optional<LogHead>();  // new, or its first write was torn
  return std::optional(std::move(heads.front().head));
}

ipc::Status HeadFile::write(std::string_view line, std::uint64_t sequence, bool anew) const {
  const std::string bytes = std::string(line) + '\n';
  for (const std::uint64_t slot : {sequence % 2, (sequence + 1) % 2}) {
    ssize_t done;
    do {
      done = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(slot * kHeadSlot));
    } while (done < 0 && errno == EINTR);
    if (done >= 0 && done != static_cast<ssize_t>(bytes.size())) errno = ENOSPC;
    if (done != static_cast<ssize_t>(bytes.size())) {
      return ipc::system_error("the head " + label_ + " of the decision log cannot be written",
                               "free the disk or choose another --log-file");
    }
    if (!anew) break;
  }
  return {};
}

}  // namespace broker
