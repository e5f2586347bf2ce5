// Which profiles a run is to serve: what names them, and what can serve one alone.
#include <string>
#include <vector>

#include "argument/field_text.h"
#include "command_line/request.h"
#include "ipc/client/served_profiles.h"

namespace supervisor {
namespace {

using ipc::Fault;

// Of a profile's name or a pattern: it goes into an environment variable, a config file and the decision log.
template <std::size_t N>
ipc::Status take_profile_name(std::string_view option, const std::string& value, ipc::Text<N>& field) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) continue;
    return ipc::fail(Fault::kUsage, "--" + std::string(option) + " has a control character in it",
                     "give the profile's name as in ~/.aws/config");
  }
  return take_text(option, value, field);
}

ipc::Status want_profiles(std::string_view option, const std::vector<std::string>& names, bool pattern,
                          std::vector<ipc::WantedProfile>& wanted) {
  for (const std::string& name : names) {
    ipc::WantedProfile one;
    one.pattern = pattern;
    if (ipc::Status taken = take_profile_name(option, name, one.name); !taken) return taken;
    wanted.push_back(std::move(one));
  }
  return {};
}

// What can serve one profile alone is named: nothing of the others is ignored.
ipc::Status check_several_profiles(const CommandLine& line) {
  const std::string several = "several profiles are asked for, and ";
  if (!line.flag("unix-socket")) {
    return ipc::fail(Fault::kUsage, several + "only over the Unix socket can a program say which one it means",
                     "add --server --unix-socket, or give one --profile");
  }
  for (const std::string_view one : {"allow-tcp-fallback", "env-keys"}) {
    if (!line.flag(one)) continue;
    return ipc::fail(Fault::kUsage, several + "--" + std::string(one) + " is for one",
                     "leave --" + std::string(one) + " out, or give one --profile");
  }
  if (!line.has("remote-server")) return {};
  return ipc::fail(Fault::kUsage, several + "a remote server issues for one", "give one --profile");
}

ipc::Status check_order_and_number(const ExecRequest& request) {
  const std::size_t all = request.wanted.size() + !request.task.profile.empty();
  if (all > ipc::kMostProfiles) {
    return ipc::fail(
        Fault::kUsage,
        std::to_string(all) + " profiles are asked for, and a run serves at most " + std::to_string(ipc::kMostProfiles),
        "give fewer");
  }
  for (const ipc::WantedProfile& one : request.wanted) {
    if (one.pattern || one.name.str() != "default") continue;
    return ipc::fail(Fault::kUsage,
                     "--profile default is not the first: a program that names no profile takes the section [default], "
                     "which is the first one's",
                     "give --profile default before the others");
  }
  return {};
}

}  // namespace

ipc::Status take_profiles(const CommandLine& line, ExecRequest& request) {
  std::vector<std::string> names = line.values("profile"), patterns = line.values("profiles");
  if (line.flag("all-profiles")) patterns.emplace_back("*");
  if (!names.empty()) {
    if (ipc::Status taken = take_profile_name("profile", names.front(), request.task.profile); !taken) return taken;
    names.erase(names.begin());
  }
  if (names.empty() && patterns.empty()) return {};
  if (ipc::Status served = check_several_profiles(line); !served) return served;
  if (ipc::Status taken = want_profiles("profile", names, false, request.wanted); !taken) return taken;
  if (ipc::Status taken = want_profiles("profiles", patterns, true, request.wanted); !taken) return taken;
  return check_order_and_number(request);
}

}  // namespace supervisor
