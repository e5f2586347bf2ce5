// What one run is to one of its profiles: filled during start-up, constant afterwards. Data, no behaviour.
//
// Owns: nothing of the token.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "aws/principal.h"
#include "decide/lifetime.h"
#include "ipc/process/user_namespace.h"
#include "ipc/secret.h"
#include "policy/policy.h"

namespace broker {

struct Run {
  std::string profile, policy_name;
  bool policy_is_parameter = false, policy_is_gone = false;  // where `policy explain` finds it (policy/explain_line.h)
  std::string login{};       // of who runs us, by the password database as the supervisor says it: for sentences alone
  bool tell_reasons = true;  // to a client that passed every check (--quiet-reasons)
  std::string endpoints{};   // where what judges is asked, where a variable says so; empty: AWS's own
  Principal principal{};     // whose key it began with; all empty until AWS has said it
  std::chrono::seconds duration{0};  // asked for by a flag; 0: the mode's default
  Mode mode = Mode::kServer;
  std::optional<std::vector<std::string>> groups{};  // Unix groups of the user who runs us; none: unknown
  std::optional<Via> transport{};                    // none outside server mode
  KeySource source{};
  std::string_view credential_source{};                // its word in the log (profile/sources.def)
  std::optional<ipc::UserNamespace> user_namespace{};  // none: unknown, or the machine's own
  bool for_console = false;                            // what is issued signs in to the AWS console
  bool took_kept_keys = false;                         // its credentials are those that an earlier run got (--cache)
  const ipc::SecretBuffer* token = nullptr;            // of the run: one for all its profiles; null: no client has one
};

}  // namespace broker
