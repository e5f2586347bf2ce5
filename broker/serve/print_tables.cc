#include "serve/print_tables.h"

#include "caller/checks.h"
#include "host/sandbox.h"
#include "ipc/print_protocol.h"

namespace broker {
namespace {

void print_sandbox(std::FILE* out) {
  for (const ipc::SyscallRule& rule : syscall_rules()) {
    const char* action = rule.action == SCMP_ACT_ALLOW          ? "allow"
                         : rule.action == SCMP_ACT_KILL_PROCESS ? "kill"
                                                                : "refuse";
    std::fprintf(out, "%-7s %-24s %s%s\n", action, rule.name, rule.test.count > 0 ? "(some arguments) " : "",
                 rule.reason);
  }
  std::fputs("refuse  everything else          EPERM\n", out);
}

void print_checks(std::FILE* out) {
#define CHECK(code, name, text) std::fprintf(out, "%-20s %s\n", name, text);
#include "caller/checks.def"
#undef CHECK
}

}  // namespace

bool print_tables(std::string_view flag, std::FILE* out) {
  if (flag == "--print-protocol")
    ipc::print_protocol(out);
  else if (flag == "--print-sandbox")
    print_sandbox(out);
  else if (flag == "--print-checks")
    print_checks(out);
  else
    return false;
  return true;
}

}  // namespace broker
