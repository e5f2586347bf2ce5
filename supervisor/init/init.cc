#include "init/init.h"

#include <utility>

#include "init/first_policy.h"
#include "init/iam_policies.h"
#include "init/new_file.h"
#include "settings/config_file.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

constexpr std::string_view kPolicyName = "policy.yaml", kConfigName = "config";

std::string fact(std::string_view label, std::string_view value) {
  std::string line(label);
  line.resize(10, ' ');
  return value.empty() ? "" : line + harmless(value) + "\n";
}

std::string placed_line(Placed placed, const std::string& path) {
  if (placed == Placed::Written) return "wrote " + harmless(path) + "\n";
  return "is there, and stays as it is: " + harmless(path) + "\n";
}

ipc::Result<std::string> config_folder(const FirstFiles& files) {
  const std::string config = user_config_path(files.home, files.config_home);
  if (!config.empty()) return config.substr(0, config.rfind('/'));
  return ipc::fail(ipc::Fault::kConfig,
                   "there is no place for a config: HOME is no absolute path, and the password database has no home "
                   "folder for you",
                   "set HOME");
}

std::string statements(const ipc::Whoami& who, std::span<const ipc::WhoamiRole> roles) {
  std::string out, caller = who.arn.str();
  for (const ipc::WhoamiRole& role : roles) {
    out += "\nThe trust policy of " + harmless(role.role_arn.str()) + ":\n" + trust_policy(role) + "\nA policy of " +
           harmless(holder_of_permissions(caller)) + ", so that it may assume that role:\n" + caller_policy(role);
    caller = role.role_arn.str();
  }
  if (roles.empty()) out = "\nThe profile has no role: IAM needs nothing more for it.\n";
  return out + "\nOnce the policy lies in Parameter Store, for " + harmless(holder_of_permissions(who.arn.str())) +
         " too:\n" + parameter_policy(who);
}

constexpr std::string_view kStrongerWays =
    "\nPrograms that run as you can change a policy of yours: sign it (sentinel policy sign, --policy-key), let root "
    "own "
    "it (/etc/sentinel/policies), or keep it in Parameter Store (sentinel policy push, --policy-parameter).\n";

}  // namespace

ipc::Result<std::string> begin_here(const FirstFiles& files, const ipc::Whoami& who,
                                    std::span<const ipc::WhoamiRole> roles) {
  const auto folder = config_folder(files);
  if (!folder) return std::unexpected(folder.error());
  const std::string policy_path = *folder + "/" + std::string(kPolicyName);
  const auto policy = first_policy(files.profile, who, policy_path);
  const auto config = first_config(files.profile, policy_path);
  if (!policy) return std::unexpected(policy.error());
  if (!config) return std::unexpected(config.error());
  std::string out = fact("profile:", files.profile) + fact("identity:", who.arn.str()) +
                    fact("account:", who.account.str()) + fact("user:", who.user.str()) + "\n";
  for (const auto& [name, text] : {std::pair(kPolicyName, &*policy), std::pair(kConfigName, &*config)}) {
    const auto placed = place_new_file(*folder, std::string(name), *text);
    if (!placed) return std::unexpected(placed.error());
    out += placed_line(*placed, *folder + "/" + std::string(name));
  }
  return out + statements(who, roles) + std::string(kStrongerWays) + "\nNext: sentinel exec " +
         harmless(files.profile) + " -- aws sts get-caller-identity\n";
}

}  // namespace supervisor
