// Whatever stands in a log: a line is read or refused, what is read is what was written, and what is shown of it can
// neither break a line nor steer a terminal. The verifier takes any bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "must.h"
#include "text/hex.h"
#include "tools/audit/show.h"
#include "tools/audit/verify.h"

namespace {

void look_at(std::string_view line) {
  const auto read = broker::read_audit_line(line);
  if (!read) return must(!read.error().what.empty());
  must(line.find(read->entry) != std::string_view::npos);
  must(!read->chained() || (*read->sequence > 0 && broker::is_sha256_hex(read->previous)));
  const std::string compact = broker::compact_json(read->entry);
  must(broker::compact_json(compact) == compact);
  const auto again = broker::read_audit_line(compact);
  must(read->signature.has_value() || again.has_value());
  for (const char c : broker::shown(*read, broker::ToolOutput(stdout, stderr, false))) {
    must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  broker::AuditVerifier verifier(
      nullptr, [](const broker::AuditFinding& finding) { must(!finding.what.empty()); },
      [](const broker::AuditFinding&) {});
  verifier.begin_file("fuzz");
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    look_at(line);
    verifier.line(line.substr(0, broker::kMaxAuditLine + 1), newline != rest.npos);
    rest.remove_prefix(newline == rest.npos ? rest.size() : newline + 1);
  }
  verifier.finish();
  must(verifier.totals().chained + verifier.totals().unchained <= verifier.totals().lines);
  return 0;
}
