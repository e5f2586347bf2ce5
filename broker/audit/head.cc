#include "audit/head.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "audit/signature.h"
#include "text/hex.h"
#include "text/json_line.h"

namespace broker {
namespace {

using ipc::Fault;

std::string_view without_filling(std::string_view slot) {
  while (slot.ends_with('\n') || slot.ends_with(' ')) slot.remove_suffix(1);
  return slot;
}

std::optional<HeadRead> read_slot(std::string_view slot) {
  auto line = read_audit_line(without_filling(slot));
  if (!line || line->text("event") != "head" || line->chained()) return std::nullopt;
  const AuditMember* const number = line->member("last_sequence");
  LogHead head{0, std::string(line->text("last_hash")), std::string(line->text("timestamp"))};
  if (!number || number->is_text || !is_sha256_hex(head.hash)) return std::nullopt;
  const char* const end = number->value.data() + number->value.size();
  const auto [stopped, error] = std::from_chars(number->value.data(), end, head.sequence);
  if (error != std::errc{} || stopped != end || head.sequence == 0) return std::nullopt;
  return HeadRead{std::move(head), std::move(*line)};
}

ipc::Result<std::string> slot_of(const LogHead& head, const LogKey* key) {
  JsonLine json;
  json.text("timestamp", head.time)
      .text("event", "head")
      .number("last_sequence", static_cast<std::int64_t>(head.sequence));
  json.text("last_hash", head.hash);
  std::string line = std::move(json).object();
  if (key) {
    auto signed_line = sign_entry(*key, line, head.time);
    if (!signed_line) return signed_line;
    line = std::move(*signed_line);
  }
  if (line.size() >= kHeadSlot) return ipc::fail(Fault::kSystem, "the head of the decision log does not fit its place");
  line.resize(kHeadSlot - 1, ' ');
  return line + '\n';
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
  const std::string named = "its head of " + head.time + " names line number " + std::to_string(head.sequence);
  if (sequence == head.sequence) return "the last line is another than was written: " + named + " with another SHA-256";
  return numbers(sequence + 1, head.sequence) + " at the end: " + named;
}

ipc::Result<std::optional<LogHead>> HeadFile::read() const {
  std::string text(2 * kHeadSlot, '\0');
  ssize_t got;
  do {
    got = ::pread(fd_.get(), text.data(), text.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return ipc::system_error("the head " + label_ + " of the decision log cannot be read");
  text.resize(static_cast<std::size_t>(got));
  auto heads = read_heads(text);
  if (heads.empty() && !text.empty() && text.front() != '{' && text.front() != '\0') {
    return ipc::fail(Fault::kConfig, "the file " + label_ + " remembers no end of a decision log",
                     "look at what is in it, and remove it");
  }
  if (heads.empty()) return std::optional<LogHead>();  // new, or its first write was torn
  return std::optional(std::move(heads.front().head));
}

ipc::Status HeadFile::write(const LogHead& head, const LogKey* key, bool anew) const {
  const auto slot = slot_of(head, key);
  if (!slot) return std::unexpected(slot.error());
  const std::string bytes = anew ? *slot + *slot : *slot;
  const off_t at = anew ? 0 : static_cast<off_t>(head.sequence % 2 * kHeadSlot);
  ssize_t done;
  do {
    done = ::pwrite(fd_.get(), bytes.data(), bytes.size(), at);
  } while (done < 0 && errno == EINTR);
  if (done == static_cast<ssize_t>(bytes.size())) return {};
  if (done >= 0) errno = ENOSPC;
  return ipc::system_error("the head " + label_ + " of the decision log cannot be written",
                           "free the disk or choose another --log-file");
}

}  // namespace broker
