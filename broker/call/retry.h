// Decides what to do about an AWS answer: take it, ask again (when), ask again with a corrected clock, or give up.
// Pure: it neither sends nor waits.
//
// Blocks: never.   Units: milliseconds of delay; wall time in UTC seconds.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

enum class NextTry { kNone, kAfterDelay, kWithCorrectedClock };

// What an AWS service says of a failed call.
struct AwsFailure {
  long status = 0;
  std::string code;     // such as AccessDenied, without namespace prefix or suffix; empty when the body has none
  std::string message;  // for people: printable, one line, bounded; empty where AWS repeats the request in it
  std::optional<NextTry> next{};                      // where the reader of the answer knows it better than next_try()
  std::optional<std::chrono::seconds> retry_after{};  // where the reader passes it on
  std::optional<std::chrono::sys_seconds> date{};     // the server's clock, likewise
  bool is_page = false;  // the body is HTML and no service's: of a proxy, a portal, another program
};

// Where the failure does not say it itself: throttling, 5xx and request timeouts may pass; a denial never does.
NextTry next_try(const AwsFailure& failure);
// Of a request that got no answer.
NextTry next_try(const ipc::Error& failure);

// Random in [0, 1); injected.
using Jitter = std::function<double()>;
double random_jitter();

inline constexpr int kMaxTries = 4;
inline constexpr std::chrono::milliseconds kFirstDelay{200};
inline constexpr std::chrono::milliseconds kMaxDelay{5'000};

// Before try number `tries_made` + 1: anything up to 200 ms · 2^(tries_made-1), at most 5 s ("full jitter"); never
// less than what the server asked for, which is believed up to the same limit.
std::chrono::milliseconds retry_delay(int tries_made, std::optional<std::chrono::seconds> asked, double jitter);

// How far the server's clock is from ours, if that explains a refused signature: more than four minutes (AWS takes
// five). Nothing when the clocks agree.
std::optional<std::chrono::seconds> clock_correction(std::optional<std::chrono::sys_seconds> server,
                                                     std::chrono::sys_seconds ours);

}  // namespace broker
