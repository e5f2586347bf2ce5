#include "tools/audit/reader.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "audit/line.h"
#include "host/own_file.h"
#include "ipc/unique_fd.h"

namespace broker {
namespace {

class LineCutter {
 public:
  explicit LineCutter(const TakeLine& take) : take_(take) {}

  void add(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t newline = bytes.find('\n');
      const std::string_view part = bytes.substr(0, newline);
      line_.append(part.substr(0, kMaxAuditLine + 1 - std::min(line_.size(), kMaxAuditLine + 1)));
      if (newline == bytes.npos) return;
      end(true);
      bytes.remove_prefix(newline + 1);
    }
  }
  void end(bool whole) {
    if (whole || !line_.empty()) take_(line_, whole);
    line_.clear();
  }

 private:
  const TakeLine& take_;
  std::string line_;
};

}  // namespace

ipc::Status read_audit_file(const std::string& path, const TakeLine& take) {
  const ipc::Result<ipc::UniqueFd> file = open_to_read(path, true);
  if (!file) return std::unexpected(ipc::with_next_step(file.error(), "name a decision log, or - for stdin"));
  LineCutter cutter(take);
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(file->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ipc::system_error("cannot read " + path);
    if (got == 0) break;
    cutter.add({buffer.data(), static_cast<std::size_t>(got)});
  }
  cutter.end(false);
  return {};
}

}  // namespace broker
