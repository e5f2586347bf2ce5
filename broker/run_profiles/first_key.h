// The keys that profiles begin with, each fetched once for all profiles that begin with the same: one code, one
// sign-in, one session serve every role that is assumed from it.
//
// Blocks: never.   Owns: the keys. Nothing that a client gets: what is issued is kept by each profile for itself.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>

#include "aws/principal.h"
#include "call/context.h"
#include "call/signing_keys.h"
#include "profile/plan.h"

namespace broker {

struct FirstKey {
  AwsContext aws;
  std::shared_ptr<ResolvedProfile> profile;  // the first of those that begin with it
  Principal principal{};                     // whose it is, once AWS has said it: all later keys must be the same one's
  std::optional<std::chrono::sys_seconds> shared_mfa_since{};  // it is a session that another run made then
  std::unique_ptr<BaseKeys> keys{};                            // null: nothing is signed
};

// Whether two profiles begin with one key: the same source of it, the same device for its session, the same lifetime of
// that session, and what answers for it is the same too. Where in doubt they do not.
[[nodiscard]] bool begin_with_the_same(const ResolvedProfile& one, const ResolvedProfile& other);

class FirstKeys {
 public:
  // Of another profile that begins with the same, or null.
  [[nodiscard]] FirstKey* of(const ResolvedProfile& profile);
  // Whether one is the key of the caller's environment, which is there once.
  [[nodiscard]] bool has_environments() const;
  // It stays where it is for as long as this.
  FirstKey& add(AwsContext aws, std::shared_ptr<ResolvedProfile> profile);
  void drop_last() { keys_.pop_back(); }

 private:
  std::list<FirstKey> keys_;
};

}  // namespace broker
