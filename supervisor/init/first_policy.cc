#include "init/first_policy.h"

#include <algorithm>
#include <vector>

#include "ipc/text/json_string.h"
#include "settings/config_file.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

// Whether the reader of this file finds the policy where it lies.
bool names_policy(std::string_view text, std::string_view policy_path) {
  const auto read = parse_config(text, "the first config", Settable::User);
  if (!read || read->sections.empty()) return false;
  const std::vector<Setting>& settings = read->sections.front().settings;
  const auto at = std::ranges::find(settings, "policy-file", &Setting::option);
  return at != settings.end() && at->value == policy_path;
}

}  // namespace

// A string of JSON is a text of YAML in double quotes.
ipc::Result<std::string> first_policy(std::string_view profile, const ipc::Whoami& who, std::string_view path) {
  if (profile.find_first_of("*?") != profile.npos) {
    return ipc::fail(ipc::Fault::kConfig,
                     "the profile's name has * or ? in it, which are patterns in a policy: " + std::string(profile),
                     "give the profile another name in ~/.aws/config");
  }
  const std::string name = ipc::json_string(profile);
  std::string text =
      "# A first policy, by sentinel init. What no rule allows is refused. The language: man sentinel-policy; after a "
      "change:\n#   sentinel policy validate " +
      harmless(path) + " && sentinel policy lint " + harmless(path) + "\nversion: \"1\"\nrules:\n  - name: " + name +
      "\n    # Each request is judged, and no key lies in an environment. `allow` would also permit exec --no-server "
      "and\n"
      "    # sentinel credentials.\n    effect: require_server\n    conditions:\n      profiles: [" +
      name + "]\n";
  if (!who.user.empty()) text += "      users: [" + ipc::json_string(who.user.str()) + "]\n";
  return text + "      accounts: [" + ipc::json_string(who.account.str()) + "]\n";
}

ipc::Result<std::string> first_config(std::string_view profile, std::string_view policy_path) {
  std::string text =
      "# A first config, by sentinel init: what `sentinel exec` does where its command line says nothing else. All "
      "keys:\n"
      "# man sentinel-config\n"
      "[default]\nserver = true\nunix-socket = true\npolicy-file = " +
      std::string(policy_path) + "\n# the profile of `sentinel exec` without one:\n# profile = " + harmless(profile) +
      "\n";
  if (names_policy(text, policy_path)) return text;
  return ipc::fail(ipc::Fault::kConfig, "a config cannot hold the path " + std::string(policy_path),
                   "set XDG_CONFIG_HOME to a folder with a plain name");
}

}  // namespace supervisor
