#include "base_keys.h"

#include <utility>

namespace broker {
namespace {

// Keeps first, so that whoever is told finds the key.
IssuerEvents with_keeping(IssuerEvents events, std::function<void(const IssuedCredentials&)> keep) {
  events.issued = [keep = std::move(keep), tell = std::move(events.issued)](const IssuedCredentials& keys) {
    keep(keys);
    if (tell) tell(keys);
  };
  return events;
}

}  // namespace

RenewedKeys::RenewedKeys(AwsContext& context, StartFetch fetch, IssuerEvents events)
    : issuer_(context, std::move(fetch),
              with_keeping(std::move(events), [this](const IssuedCredentials& keys) { keep(keys); })) {}

void RenewedKeys::keep(const IssuedCredentials& keys) {
  BaseKey key{keys.access_key_id, keys.secret_access_key.clone(), keys.session_token.clone()};
  held_ = Held{std::make_shared<const BaseKey>(std::move(key)), keys.expiration};
}

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
