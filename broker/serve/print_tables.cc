#include "serve/print_tables.h"

#include "caller/checks.h"
#include "host/sandbox.h"
#include "ipc/messages.h"

namespace broker {
namespace {

const char* side(ipc::Side which) {
  switch (which) {
    case ipc::Side::Supervisor:
      return "supervisor";
    case ipc::Side::Broker:
      return "broker";
    case ipc::Side::Frontend:
      return "frontend";
    case ipc::Side::Tool:
      return "tool";
    case ipc::Side::KeyProcess:
      return "key process";
  }
  return "";
}

void print_protocol(std::FILE* out) {
  std::fputs("| id | message | from | to | descriptors | bytes at most | why |\n|---|---|---|---|---|---|---|\n", out);
  for (const ipc::MessageRow& row : ipc::kMessages) {
    std::fprintf(out, "| %u | %s | %s | %s | %d | %zu | %s |\n", row.id, row.name.data(), side(row.from), side(row.to),
                 row.descriptors, row.max_bytes, row.why.data());
  }
}

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
    print_protocol(out);
  else if (flag == "--print-sandbox")
    print_sandbox(out);
  else if (flag == "--print-checks")
    print_checks(out);
  else
    return false;
  return true;
}

}  // namespace broker
