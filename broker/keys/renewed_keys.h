// Temporary keys of the broker's own: fetched when they are first wanted, and renewed ahead of their end.
//
// Blocks: never.   Owns: the keys, and the fetch under way.
// Fails: with the source's sentence.
#pragma once

#include <optional>

#include "call/signing_keys.h"
#include "keys/fetch.h"
#include "keys/fresh_keys.h"

namespace broker {

class RenewedKeys final : public BaseKeys {
 public:
  // `context` outlives it. `events` are told beside the keeping.
  RenewedKeys(AwsContext& context, StartFetch fetch, KeyEvents events = {});
  void get(OnKey done) override;
  bool refuse(const SharedKey& key) override;
  [[nodiscard]] std::optional<Held> held() const override { return held_; }

 private:
  std::optional<Held> held_;
  FreshKeys issuer_;
};

}  // namespace broker
