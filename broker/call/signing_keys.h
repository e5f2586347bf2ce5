// The broker's own keys: what its calls to AWS are signed with, and what a role chain begins with. A long-term key is
// there at once; keys/renewed_keys.h fetches temporary ones.
//
// Blocks: never.   Owns: the key. Each call holds the key that it is signed with, so that a renewal takes nothing away
// from a call under way.
// Fails: with the source's sentence.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "aws/credentials.h"
#include "ipc/result.h"

namespace broker {

using SharedKey = std::shared_ptr<const BaseKey>;

class BaseKeys {
 public:
  using OnKey = std::function<void(ipc::Result<SharedKey>)>;
  virtual ~BaseKeys() = default;
  // Calls back synchronously if a key is held, otherwise from the event loop. Wrap `done` in a CallbackGuard if its
  // owner may be destroyed first.
  virtual void get(OnKey done) = 0;
  // AWS does not know this key, or says that it has ended. True: get() may answer with another one, fetched anew.
  virtual bool refuse(const SharedKey& /*key*/) { return false; }
  // The last key and its end; nothing before the first get() has answered.
  struct Held {
    SharedKey key;
    std::chrono::sys_seconds expiration;  // kNever for a long-term key
  };
  [[nodiscard]] virtual std::optional<Held> held() const = 0;
};

class FixedKey final : public BaseKeys {
 public:
  explicit FixedKey(SharedKey key) : key_(std::move(key)) {}
  explicit FixedKey(BaseKey key) : key_(std::make_shared<const BaseKey>(std::move(key))) {}
  void get(OnKey done) override { done(key_); }
  [[nodiscard]] std::optional<Held> held() const override { return Held{key_, kNever}; }

 private:
  SharedKey key_;
};

}  // namespace broker
