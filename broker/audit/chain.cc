#include "audit/chain.h"

#include <unistd.h>

#include <algorithm>

#include "audit/line.h"
#include "text/hex.h"

namespace broker {
namespace {

using ipc::Fault;

// The last whole line, what was torn off after it, and the newlines of both.
constexpr off_t kTail = 2 * static_cast<off_t>(kMaxAuditLine) + 2;

ipc::Result<std::string> read_tail(int fd, off_t size, const std::string& label) {
  const off_t from = std::max<off_t>(0, size - kTail);
  std::string tail(static_cast<std::size_t>(size - from), '\0');
  for (std::size_t have = 0; have < tail.size();) {
    const ssize_t got = ::pread(fd, tail.data() + have, tail.size() - have, from + static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ipc::system_error("the decision log " + label + " cannot be read");
    if (got == 0) return ipc::fail(Fault::kSystem, "the decision log " + label + " became shorter while it was read");
    have += static_cast<std::size_t>(got);
  }
  return tail;
}

// Did a broker begin to write this? After a power cut a file system may leave zeros in place of what was written last.
bool is_torn_line(std::string_view text) {
  while (text.ends_with('\0')) text.remove_suffix(1);
  constexpr std::string_view kPlain = "{\"timestamp\":\"", kSigned = "{\"entry\":{";
  const auto begins_as = [text](std::string_view start) {
    const std::size_t both = std::min(text.size(), start.size());
    return text.substr(0, both) == start.substr(0, both);
  };
  return text.size() <= kMaxAuditLine && (begins_as(kPlain) || begins_as(kSigned));
}

std::unexpected<ipc::Error> not_ours(const std::string& label, const std::string& why) {
  return ipc::fail(Fault::kConfig, "the decision log " + label + " cannot be continued: its last line " + why,
                   "look at it with `sentinel audit verify " + label + "`, or name another file with --log-file");
}

ipc::Result<ChainEnd> end_of(std::string_view last, bool alone, const std::string& label) {
  ChainEnd end;
  const auto line = read_audit_line(last);
  if (!line) return not_ours(label, line.error().what);
  end.hash = sha256_hex(last);
  end.sequence = line->sequence.value_or(0);  // of the time before lines were chained: the chain starts behind it
  // The first line of a file is the copy of its predecessor's last: there it is the link, not the end.
  end.alone = alone;
  end.rotated = line->rotated() && !alone;
  return end;
}

}  // namespace

std::string chained_entry(std::string_view body, const ChainEnd& end) {
  std::string entry;
  entry.reserve(body.size() + 256);
  entry.append(body).append(",\"sequence\":").append(std::to_string(end.sequence + 1));
  entry.append(",\"previous\":\"").append(end.hash).append("\"");
  if (!end.torn.empty()) entry.append(",\"torn\":\"").append(end.torn).append("\"");
  return entry.append("}");
}

ipc::Result<ChainEnd> find_chain_end(int fd, off_t size, const std::string& label) {
  if (size == 0) return ChainEnd{};
  const auto tail = read_tail(fd, size, label);
  if (!tail) return std::unexpected(tail.error());
  std::string_view text = *tail;
  const std::size_t last_newline = text.rfind('\n');
  const std::string_view torn = last_newline == text.npos ? text : text.substr(last_newline + 1);
  if (!torn.empty() && !is_torn_line(torn)) return not_ours(label, "is not a line of a decision log");
  text.remove_suffix(torn.size());
  if (text.empty()) {
    ChainEnd start;
    start.torn = sha256_hex(torn);
    return start;
  }
  text.remove_suffix(1);
  const std::size_t before = text.rfind('\n');
  const std::string_view last = before == text.npos ? text : text.substr(before + 1);
  const bool alone = before == text.npos && static_cast<off_t>(tail->size()) == size;
  auto end = end_of(last, alone && torn.empty(), label);
  if (end && !torn.empty()) {
    end->torn = sha256_hex(torn);
    end->rotated = false;
  }
  return end;
}

}  // namespace broker
