// sentinel-doctor: says which guarantees hold on this host, and which ways around are open. `sentinel doctor` starts it
// with the options that the supervisor's table knows, in one form (run/tool.h). It has no key and asks for none.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>

#include "doctor/promises.h"
#include "doctor/report.h"
#include "doctor/table.h"
#include "ipc/process/lockdown.h"
#include "ipc/terminal/ink.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

struct Wishes {
  bool all = false, offline = false, json = false;
  std::string_view colour = "auto";
};

// "doctor --all=true --offline=true --json=false --color=auto --": nothing else, so that no word is silently without
// effect.
bool read_wishes(int argc, char** argv, Wishes& wishes) {
  if (argc < 2 || std::string_view(argv[1]) != "doctor") return false;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--all=true" || word == "--all=false") {
      wishes.all = word.ends_with("true");
    } else if (word == "--offline=true" || word == "--offline=false") {
      wishes.offline = word.ends_with("true");
    } else if (word == "--json=true" || word == "--json=false") {
      wishes.json = word.ends_with("true");
    } else if (word == "--color=auto" || word == "--color=always" || word == "--color=never") {
      wishes.colour = word.substr(word.find('=') + 1);
    } else {
      return word == "--" && i + 1 == argc;
    }
  }
  return true;
}

bool wants_colour(std::string_view word) {
  return word == "auto" ? ipc::shows_colour(STDOUT_FILENO) : word == "always";
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

// What README.md and the manual page repeat; a test compares.
bool print_promises(int argc, char** argv) {
  if (argc != 2) return false;
  const std::string_view flag = argv[1];
  if (flag == "--print-guarantees") return print(promises_markdown());
  return flag == "--print-man" && print(promises_manual());
}

int run(int argc, char** argv) {
  if (print_promises(argc, argv)) return kExitGood;
  Wishes wishes;
  if (!read_wishes(argc, argv, wishes)) {
    report({ipc::Fault::kUsage, "sentinel-doctor is given something that it does not know",
            "use `sentinel doctor --help`", 0});
    return kExitToolUsage;
  }
  const Host host = real_host(wishes.offline);
  if (ipc::Status hidden = ipc::become_unreadable(); !hidden) {  // files with keys pass through it
    wishes.json ? report_as_json(hidden.error()) : report(hidden.error());
    return kExitWrong;
  }
  const std::vector<Finding> findings = examine(host);
  const bool told = print(wishes.json ? report_json(host, findings)
                                      : report_text(host, findings, {wants_colour(wishes.colour), wishes.all}));
  if (!told) report(ipc::system_error("cannot write the answer to stdout").error());
  return told && !anything_to_be_fixed(findings) ? kExitGood : kExitWrong;
}

}  // namespace
}  // namespace supervisor

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen by print()
  return supervisor::run(argc, argv);
}
