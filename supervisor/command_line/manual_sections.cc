#include "command_line/manual_sections.h"

#include "child/environment.h"
#include "ipc/settings.h"
#include "ipc/terminal/roff.h"

namespace supervisor {
namespace {

using ipc::roff, ipc::roff_item;

constexpr Example kExamples[] = {
#define EXAMPLE(title, ...) {title, {__VA_ARGS__}},
#include "command_line/examples.def"
};

struct NameRow {
  std::string_view name, meaning;
};
constexpr NameRow kOwnVariables[] = {
#define VARIABLE(name, meaning) {#name, meaning},
#include "command_line/own_variables.def"
};

struct ActionRow {
  std::string_view service, name, when, resource;
};
constexpr ActionRow kActions[] = {
#define ACTION(service, name, when, resource) {#service, #name, when, resource},
#define NEEDED(service, name, when, resource) {#service, #name, when, resource},
#include "ipc/commands/aws_actions.def"
};

std::string subsection(std::string_view title) { return ".SS " + roff(title) + "\n"; }

// Names of one fate, in a paragraph.
std::string names_of(std::string_view title, bool (*fits)(CommandVariable::Fate)) {
  std::string names;
  for (const CommandVariable& row : command_variables()) {
    if (fits(row.fate)) names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  return roff_item(title, names);
}

}  // namespace

std::span<const Example> examples() { return kExamples; }

std::string roff_examples() {
  std::string out = ".SH EXAMPLES\n";
  for (const Example& each : kExamples) {
    out += (out.ends_with("EXAMPLES\n") ? "" : ".PP\n") + roff(each.title) + ":\n.PP\n.EX\n";
    for (const std::string_view line : each.lines) {
      if (!line.empty()) out += roff(line) + "\n";
    }
    out += ".EE\n";
  }
  return out;
}

std::string roff_environment() {
  using Fate = CommandVariable::Fate;
  std::string out = ".SH ENVIRONMENT\n" + subsection("Read by sentinel");
  for (const NameRow& row : kOwnVariables) out += roff_item(row.name, row.meaning);
  out += subsection("Read for AWS");
  out += "The AWS SDKs' own variables. An empty one counts as absent, and options come before all of them.\n";
  for (const ipc::SettingRow& row : ipc::kSettings) out += roff_item(row.name, row.why);
  out += subsection("Of the command that runs");
  out += roff("What is not named here is handed on as it is.\n");
  out += names_of("set by the run, or removed where its mode has no use for it",
                  [](Fate fate) { return fate == Fate::kSet; });
  out += names_of("set with --server, else handed on", [](Fate fate) { return fate == Fate::kSetInServerMode; });
  out += names_of("127.0.0.1 is added with --server", [](Fate fate) { return fate == Fate::kAdded; });
  out += names_of("removed, since SDKs would take keys from there", [](Fate fate) { return fate == Fate::kRemoved; });
  return out;
}

std::string roff_permissions() {
  std::string out =
      ".SH IAM PERMISSIONS\n" + roff(
                                    "What Sentinel asks of AWS, when, and what the permission must be on. A run needs "
                                    "the rows of what it uses, and "
                                    "no other; a resource policy or a service control policy may deny more.\n");
  for (const ActionRow& row : kActions) {
    out += roff_item(std::string(row.service) + ":" + std::string(row.name),
                     std::string(row.when) + ".\nOn: " + std::string(row.resource));
  }
  return out;
}

}  // namespace supervisor
