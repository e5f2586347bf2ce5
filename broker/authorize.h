// The only yes: caller, token and policy in, a Permit or a refusal out.
//
// Runs in: broker, main thread.   Blocks: never. Pure: knows no clock, descriptor or environment.
// Order of the checks: caller, token, policy (DESIGN.md 3). The first that fails names the refusal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "caller.h"
#include "ipc/secret.h"
#include "permit.h"
#include "policy.h"

namespace broker {

// Why not. `check` goes to the decision log; `sentence` and `next_step` are for the user's terminal; the client gets
// none of it.
struct Refusal {
  std::string check, sentence, next_step;
};

class Authorizer {
 public:
  // `verdict`: what policy answers, or why there is none; not used for a caller that fails an earlier check.
  static std::variant<Permit, Refusal> authorize(const CallerFacts& caller, const ipc::SecretBuffer& token,
                                                 std::string_view presented, const ipc::Result<Verdict>& verdict);
};

Refusal refused_by_check(Check check);
Refusal refused_by_policy(const Verdict& verdict);
Refusal refused_lifetime(const Verdict& verdict);  // where capped_lifetime() has nothing

// The token check alone: kPassed, kTokenMissing or kTokenWrong. Constant time for a given length.
Check check_token(const ipc::SecretBuffer& token, std::string_view presented);

// The rule's cap applied to the lifetime asked for; nothing where it falls below what STS can issue.
std::optional<std::chrono::seconds> capped_lifetime(std::chrono::seconds asked, const Verdict& verdict);

}  // namespace broker
