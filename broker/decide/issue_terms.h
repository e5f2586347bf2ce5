// What may be issued, as a permit says it: the only thing that keys are fetched and kept under. Keys that were issued
// under other terms are other keys: longer or wider ones never answer for these. Data, no behaviour.
//
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "decide/lifetime.h"
#include "policy/policy.h"

namespace broker {

struct IssueTerms {
  std::string user;               // Principal::user; may be empty
  std::string marker = "direct";  // or an approval's (aws/source_identity.h); empty: no source identity is set
  Lifetime lifetime{};            // before the end of an override, which is counted anew at each issue
  std::optional<std::chrono::sys_seconds> no_later_than{};  // the end of the override that permits this
  std::shared_ptr<const Narrowing> narrowing{};             // null: none
  SourceIdentity source_identity = SourceIdentity::kRequired;

  // Narrowings are compared by what they say: a policy that was read again is no reason for new keys.
  bool operator==(const IssueTerms& other) const {
    const bool same_narrowing =
        narrowing && other.narrowing ? *narrowing == *other.narrowing : !narrowing == !other.narrowing;
    return user == other.user && marker == other.marker && lifetime == other.lifetime &&
           no_later_than == other.no_later_than && same_narrowing && source_identity == other.source_identity;
  }
};

}  // namespace broker
