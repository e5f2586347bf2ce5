// One line of a decision log as a reader sees it: what it says, where it stands in the chain, who signed it.
//
// Runs in: broker (the last line of the file that it goes on writing) and sentinel-audit.   Blocks: never.
// What is read may have been written by anybody: the reader is strict (RFC 8259, no member twice, no value deeper than
// kMaxDepth) and takes nothing for granted. The keys are those of audit/log.h, the signed form is audit/signature.h's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace broker {

// Without the newline. Nothing longer is written, and nothing longer is read as one line.
inline constexpr std::size_t kMaxAuditLine = 64 * 1024;

struct AuditMember {
  std::string key;
  std::string value;  // text decoded; anything else as it is written
  bool is_text = false;
};

struct AuditSignature {
  std::string signature, key_id, timestamp;  // as written; nothing is checked yet
};

// `entry` points into the line.
struct AuditLine {
  std::string_view entry;
  std::vector<AuditMember> members;  // of the entry
  std::optional<AuditSignature> signature;
  std::optional<std::uint64_t> sequence;  // with `previous`, or neither
  std::string previous, torn;             // lower-case hex, 64 digits; torn is empty on an ordinary line

  // Empty where there is no such text.
  [[nodiscard]] std::string_view text(std::string_view key) const;
  [[nodiscard]] const AuditMember* member(std::string_view key) const;
  [[nodiscard]] bool chained() const { return sequence.has_value(); }
  // The last line of a file that another one follows.
  [[nodiscard]] bool rotated() const { return text("event") == "rotated"; }
};

// Fails: kConfig with what is wrong, as in "is not a JSON object".
ipc::Result<AuditLine> read_audit_line(std::string_view line);

// The bytes of a valid JSON value as Go's encoder would copy them: no white space between tokens; < > & U+2028 and
// U+2029 escaped. Signatures are over this form.
std::string compact_json(std::string_view json);

}  // namespace broker
