#include "audit/line.h"

#include <algorithm>
#include <charconv>

#include "text/hex.h"
#include "text/json_scan.h"

namespace broker {
namespace {

using ipc::Fault;

bool read_members(std::string_view object, std::vector<AuditMember>& members) {
  return walk_json_object(object, [&members](std::string key, std::string_view value) {
    if (std::ranges::any_of(members, [&key](const AuditMember& known) { return known.key == key; })) return false;
    const bool is_text = value.front() == '"';
    std::optional<std::string> text = is_text ? decode_json_string(value) : std::string(value);
    if (!text) return false;
    members.push_back({std::move(key), std::move(*text), is_text});
    return true;
  });
}

std::optional<std::uint64_t> whole_number(const AuditMember& member) {
  std::uint64_t number = 0;
  const char* const end = member.value.data() + member.value.size();
  const auto [stopped, error] = std::from_chars(member.value.data(), end, number);
  if (member.is_text || error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

// {"entry":{…},"signature":"…","key_id":"…","timestamp":"…"}: these four, each once.
ipc::Result<AuditLine> read_signed(std::string_view line) {
  AuditLine read;
  AuditSignature signature;
  int seen = 0;
  const bool whole = walk_json_object(line, [&](const std::string& key, std::string_view value) {
    ++seen;
    if (key == "entry" && read.entry.empty()) {
      read.entry = value;
      return true;
    }
    std::string* const to = key == "signature"   ? &signature.signature
                            : key == "key_id"    ? &signature.key_id
                            : key == "timestamp" ? &signature.timestamp
                                                 : nullptr;
    const auto text = to ? decode_json_string(value) : std::nullopt;
    if (!text || !to->empty()) return false;
    *to = *text;
    return true;
  });
  if (!whole || seen != 4 || read.entry.empty())
    return ipc::fail(Fault::kConfig, "is not a signed line as we write it");
  read.signature = std::move(signature);
  return read;
}

ipc::Status read_place(AuditLine& line) {
  const AuditMember* const sequence = line.member("sequence");
  const AuditMember* const previous = line.member("previous");
  const AuditMember* const torn = line.member("torn");
  if (!sequence && !previous && !torn) return {};
  if (sequence) line.sequence = whole_number(*sequence);
  line.previous = line.text("previous");
  line.torn = line.text("torn");
  if (!line.sequence || *line.sequence == 0 || !is_sha256_hex(line.previous) || (torn && !is_sha256_hex(line.torn))) {
    return ipc::fail(Fault::kConfig, "does not say where it stands in the chain");
  }
  return {};
}

}  // namespace

const AuditMember* AuditLine::member(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &AuditMember::key);
  return found == members.end() ? nullptr : &*found;
}

std::string_view AuditLine::text(std::string_view key) const {
  const AuditMember* const found = member(key);
  return found && found->is_text ? std::string_view(found->value) : std::string_view();
}

ipc::Result<AuditLine> read_audit_line(std::string_view line) {
  if (line.size() > kMaxAuditLine) return ipc::fail(Fault::kConfig, "is longer than 64 KiB");
  AuditLine read;
  read.entry = line;
  if (!read_members(line, read.members)) return ipc::fail(Fault::kConfig, "is not a JSON object with each member once");
  if (read.member("entry") || read.member("signature")) {
    auto signed_line = read_signed(line);
    if (!signed_line) return signed_line;
    read = std::move(*signed_line);
    if (!read_members(read.entry, read.members)) return ipc::fail(Fault::kConfig, "signs what is not a JSON object");
  }
  if (read.text("timestamp").empty() || (read.text("effect").empty() && read.text("event").empty())) {
    return ipc::fail(Fault::kConfig, "is not a line of a decision log");
  }
  if (ipc::Status place = read_place(read); !place) return std::unexpected(place.error());
  return read;
}

std::string compact_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    if (c == '"') in_string = !in_string;
    if (c == '\\' && i + 1 < json.size()) {
      out += c;
      out += json[++i];
    } else if (c == '<' || c == '>' || c == '&') {
      out += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026";
    } else if (json.substr(i, 2) == "\xE2\x80" && i + 2 < json.size() &&
               (json[i + 2] == '\xA8' || json[i + 2] == '\xA9')) {
      out += json[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace broker
