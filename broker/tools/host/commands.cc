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
namespace {

// What stands where a secret was written is shown to nobody, and a secret may stand in any line then.
std::string_view shown(const std::string& text) {
  for (const std::string_view word : {"secret", "session_token", "security_token"}) {
    if (text.find(word) != std::string::npos) return {};
  }
  return text;
}

}  // namespace

int host_validate(const ToolArguments& arguments, ToolOutput& out) {
  const std::string file = arguments.files().empty() ? kHostConfig : arguments.files().front();
  const ipc::Result<CheckedHost> host = check_host(file);
  if (!host) return refused(out, host.error());
  out.answer().data().text("file", file);
  if (!host->good()) {
    tell_mistakes(host->mistakes, file, shown(host->text), out);
    tell_mistakes(host->policy.mistakes, host->policy.file, host->policy.text, out);
    const std::size_t more = host->mistakes.more() + host->policy.mistakes.more();
    out.answer().data().number("more", static_cast<std::int64_t>(more));  // than the findings tell
    return kToolRefused;
  }
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
