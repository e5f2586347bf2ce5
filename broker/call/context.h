// What every call to AWS needs of its process: the transport, the clocks, and the keys to sign with. One per process.
//
// Owns: nothing but the correction of the clock.   Units: whole seconds.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "call/http.h"
#include "call/retry.h"
#include "host/clock.h"
#include "host/timers.h"

namespace broker {

class BaseKeys;

// All outlive the calls.
struct AwsContext {
  HttpTransport& http;
  Timers& timers;
  const Clock& clock;
  Jitter jitter = random_jitter;
  std::chrono::seconds clock_offset{0};   // learned from the Date of AWS's answers: AWS's clock minus ours
  BaseKeys* keys = nullptr;               // what calls are signed with that bring no key of their own
  std::function<void()> clock_learned{};  // the correction has changed; may be empty
  // A call has taken kSlow and goes on: whom it waits for, in words. May be empty.
  std::function<void(const std::string& whom)> slow{};

  [[nodiscard]] std::chrono::sys_seconds aws_now() const {
    return std::chrono::floor<std::chrono::seconds>(clock.wall()) + clock_offset;
  }
};

}  // namespace broker
