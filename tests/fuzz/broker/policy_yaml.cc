// Any bytes: the loader answers a policy or a sentence with a line, and what it accepts can be judged.
#include "policy_yaml.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy_eval.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = broker::load_policy(text, "fuzz");
  if (!policy) {
    if (!policy.error().what.starts_with("fuzz:")) std::abort();
    return 0;
  }
  if (policy->rules.empty()) std::abort();
  const broker::Conditions& first = policy->rules[0].conditions;
  const std::string user = first.users.empty() ? "u" : first.users[0].text;
  const std::string profile = first.profiles.empty() ? "p" : first.profiles[0].text;
  for (const auto mode : {broker::Mode::kServer, broker::Mode::kCli, broker::Mode::kCredentialProcess}) {
    const broker::Verdict verdict = broker::evaluate(*policy, {user, profile, mode, std::chrono::sys_seconds{}});
    if (verdict.allowed != (verdict.effect == "allow")) std::abort();
    if (verdict.allowed && verdict.rule_index < 0) std::abort();
  }
  return 0;
}
