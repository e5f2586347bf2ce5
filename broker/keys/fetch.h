// One try to get keys from somewhere: a role chain, a profile's source, a remote server. A FreshKeys repeats it.
//
// Blocks: never.   Owns: whatever is under way; destroying a fetch cancels it.
// Fails: with the sentence of the source that was asked; quiet_for() and withdraws() say what follows from it.
// Contract: the callback comes once, from the event loop and never from inside StartFetch, and may destroy the fetch.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "aws/credentials.h"
#include "ipc/result.h"

namespace broker {

using OnKeys = std::function<void(ipc::Result<IssuedCredentials>)>;

class KeyFetch {
 public:
  KeyFetch(const KeyFetch&) = delete;
  KeyFetch& operator=(const KeyFetch&) = delete;
  virtual ~KeyFetch() = default;
  // How long the keys were meant to live, once they are there; 0: as long as they say.
  [[nodiscard]] virtual std::chrono::seconds granted() const { return std::chrono::seconds(0); }
  // After a failure: not to be repeated sooner, for a human said no.
  [[nodiscard]] virtual std::chrono::seconds quiet_for() const { return std::chrono::seconds(0); }
  // After a failure: the judge has said no, and what was fetched earlier is not handed out any more either.
  [[nodiscard]] virtual bool withdraws() const { return false; }

 protected:
  explicit KeyFetch(OnKeys done) : done_(std::move(done)) {}
  // The last thing that a fetch does: it may be gone when this returns.
  void finish(ipc::Result<IssuedCredentials> result) {
    const OnKeys done = std::move(done_);
    done(std::move(result));
  }

 private:
  OnKeys done_;
};

using StartFetch = std::function<std::unique_ptr<KeyFetch>(OnKeys)>;

}  // namespace broker
