#include "keys/renewed_keys.h"

#include <utility>

namespace broker {
namespace {

// Keeps first, so that each listener finds the key.
KeyEvents with_keeping(KeyEvents events, std::function<void()> keep) {
  events.issued = [keep = std::move(keep), tell = std::move(events.issued)](const IssuedCredentials& keys) {
    keep();
    if (tell) tell(keys);
  };
  return events;
}

}  // namespace

RenewedKeys::RenewedKeys(AwsContext& context, StartFetch fetch, KeyEvents events)
    : issuer_(context, std::move(fetch), with_keeping(std::move(events), [this] {
                const auto keys = issuer_.share();
                held_ = Held{keys, keys->expiration};
              })) {}

void RenewedKeys::get(OnKey done) {
  issuer_.get([this, done = std::move(done)](const ipc::Result<const IssuedCredentials*>& keys) {
    if (!keys) return done(std::unexpected(keys.error()));
    done(held_->key);
  });
}

// Where another call's refusal has had it replaced meanwhile, there is nothing to drop.
bool RenewedKeys::refuse(const SharedKey& key) {
  if (held_ && held_->key == key) issuer_.drop();
  return true;
}

}  // namespace broker
