// validate and schema: whether a host.yaml is good, and what may stand in one.
#include "tools/commands.h"

#include "host/root_file.h"
#include "host_config/load.h"
#include "tools/host/checked.h"
#include "tools/host/manual.h"
#include "tools/host/report.h"
#include "tools/mistakes/tell.h"
#include "yaml/schema_pages.h"

namespace broker {
int host_validate(const ToolArguments& arguments, ToolOutput& out) {
  const std::string file = arguments.files().empty() ? kHostConfig : arguments.files().front();
  const ipc::Result<CheckedHost> host = check_host(file);
  if (!host) return refused(out, host.error());
  out.answer().data().text("file", file);
  if (!host->good()) return tell_what_is_wrong(*host, out);
  if (out.json()) {
    add_host(*host, out.answer().data());
  } else {
    print_host(*host, out);
  }
  return kToolGood;
}

int host_schema(const ToolArguments& arguments, ToolOutput& out) {
  if (arguments.flag("json") && arguments.flag("man")) {
    out.error(arguments.misuse("--json and --man are two forms of the same").error());
    return kToolMisused;
  }
  if (out.json()) {
    add_keys(out.answer().data(), host_keys());
  } else {
    out.raw(arguments.flag("man") ? host_manual() : keys_markdown(host_keys()));
  }
  return kToolGood;
}

}  // namespace broker
