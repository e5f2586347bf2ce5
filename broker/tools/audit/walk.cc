#include "tools/audit/walk.h"

namespace broker {

std::string place_of(const AuditFinding& finding) {
  return finding.line == 0 ? finding.file : finding.file + ":" + std::to_string(finding.line);
}

std::string number_of(std::uint64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

ipc::Status walk_files(const std::vector<std::string>& files, AuditVerifier& verifier, const TakeLine& take) {
  for (const std::string& file : files) {
    verifier.begin_file(file == "-" ? "stdin" : file);
    const ipc::Status read = read_audit_file(file, [&](std::string_view text, bool whole) {
      verifier.line(text, whole);
      if (take) take(text, whole);
    });
    if (!read) return read;
  }
  verifier.finish();
  return {};
}

}  // namespace broker
