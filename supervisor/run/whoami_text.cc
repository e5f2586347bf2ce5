#include "run/whoami_text.h"

#include <array>
#include <string_view>
#include <utility>

#include "ipc/json/json_answer.h"
#include "ipc/terminal/ink.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

struct Fact {
  std::string_view label, key;  // of the lines, of the JSON
  std::string value;
  ipc::Ink ink = ipc::Ink::kNone;
};

ipc::Ink ink_of_effect(std::string_view effect) {
  if (effect == "allow") return ipc::Ink::kGood;
  return effect == "deny" ? ipc::Ink::kBad : ipc::Ink::kWarn;
}

std::string policy_of(const ipc::Begin& task) {
  return task.policy_file.empty() ? task.policy_parameter.str() : task.policy_file.str();
}

// In the order in which they are shown; what is empty is left out of the lines.
std::array<Fact, 11> facts_of(const ipc::Whoami& who, const ipc::Begin& task) {
  return {{{"profile", "profile", task.profile.str()},
           {"identity", "arn", who.arn.str(), ipc::Ink::kStrong},
           {"account", "account", who.account.str()},
           {"user", "user", who.user.str()},
           {"source", "source", who.source.str()},
           {"region", "region", who.region.str()},
           {"clock", "clock", who.clock.str()},
           {"policy", "policy", policy_of(task)},
           {"effect", "effect", who.effect.str(), ink_of_effect(who.effect.str())},
           {"rule", "rule", who.rule.str()},
           {"signed", "signed", who.signature.str()}}};
}

}  // namespace

std::string identity_text(const ipc::Whoami& who, const ExecRequest& request, bool colour) {
  std::string out;
  const auto facts = facts_of(who, request.task);
  if (!request.json) {
    for (const Fact& fact : facts) {
      if (fact.value.empty()) continue;
      std::string label = std::string(fact.label) + ":";
      label.resize(10, ' ');
      out += label + (colour ? ipc::inked(fact.ink, harmless(fact.value)) : harmless(fact.value)) + "\n";
    }
    return out;
  }
  ipc::JsonAnswer answer;
  for (const Fact& fact : facts) answer.data().text_or_null(fact.key, fact.value);
  return std::move(answer).finish(true);
}

}  // namespace supervisor
