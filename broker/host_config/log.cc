// Where the decisions of a host go.
#include "host_config/parts.h"
#include "ipc/task_limits.h"
#include "ipc/text/byte_size.h"

namespace broker {
namespace {

bool read_max_size(YamlReader& in, const YamlNode& node, HostLog& log) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const std::optional<std::uint64_t> bytes = ipc::parse_byte_size(text);
  if (!bytes) return in.refuse(node, in_quotes(text) + " is not a size", "write it as 64MiB, 10MB or 1000000");
  if (*bytes < ipc::kSmallestLog || *bytes > ipc::kLargestLog) {
    return in.refuse(node, in_quotes(text) + " is out of bounds", "give 1MiB to 16GiB");
  }
  log.max_bytes = *bytes;
  return true;
}

constexpr HostField<HostLog> kLog[] = {
    {"file", false, [](YamlReader& in, const YamlNode& n, HostLog& l) { return read_path(in, n, l.file); },
     "absolute path", "the file that each decision is appended to, as JSON Lines"},
    {"syslog", false, [](YamlReader& in, const YamlNode& n, HostLog& l) { return in.yes_or_no(n, l.system_log); },
     "true or false", "that decisions go to the system's log, too, or to that alone"},
    {"sync", false, [](YamlReader& in, const YamlNode& n, HostLog& l) { return in.yes_or_no(n, l.sync); },
     "true or false", "that a request is answered only when its decision has reached the disk"},
    {"max_size", false, read_max_size, "size",
     "a new file is begun when this one is as large as 64MiB, 10MB or 1000000 bytes, from 1MiB to 16GiB; never where "
     "it "
     "is left out"},
};

bool check_together(YamlReader& in, const YamlNode& node, const HostLog& log) {
  if (log.file.text.empty() && !log.system_log) {
    return in.refuse(node, "no decision would be kept, and without a record nobody gets keys",
                     "write a file, or syslog: true");
  }
  if (!log.file.text.empty() || (!log.sync && log.max_bytes == 0)) return true;
  return in.refuse(node, "sync and max_size are of a file, and there is none", "add file, or take them out");
}

}  // namespace

void list_host_log_keys(SchemaWalk& walk, const std::string& path) { walk.table<kLog>(path); }

bool read_host_log(YamlReader& in, const YamlNode& node, HostConfig& config) {
  in.set_context("log: ");
  const MappingKeys keys = in.mapping(node, kLog, config.log);
  const bool good = keys.all_good() && check_together(in, node, config.log);
  in.set_context("");
  return good;
}

}  // namespace broker
