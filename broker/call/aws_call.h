// One AWS API call: signs, sends, and repeats within bounds what may pass. It knows signatures, retries and clocks, and
// neither STS nor SSM: those build the request and read the answer (services/sts.h, services/ssm.h).
//
// Blocks: never.   Owns: the exchange under way; destroying an AwsCall cancels it.
// Units: each try has its own deadline; all tries together end within kCallBudget.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "call/context.h"
#include "call/http.h"
#include "call/retry.h"
#include "host/callback_guard.h"
#include "host/clock.h"
#include "host/timers.h"

namespace broker {

// A request before it is signed.
struct AwsRequest {
  std::string service;  // sts, ssm
  std::string action;   // for error sentences
  AwsEndpoint endpoint;
  std::vector<HttpHeader> headers;  // Content-Type and X-Amz-Target
  std::string body;
  std::string method = "POST", path = "/";
  std::string query = {};   // as on the wire, without '?'
  bool anonymous = false;   // not signed: the server knows the caller by something else, or not at all
  bool link_local = false;  // never through a proxy, and its clock is not taken over
  std::chrono::milliseconds try_deadline = std::chrono::seconds(10);
  int max_tries = kMaxTries;
};

// Reads code and message out of an answer that is no success.
using FailureReader = AwsFailure (*)(const HttpAnswer& answer);

// A refusal by AWS, beside the sentence for the user.
struct AwsCallError {
  ipc::Error error;
  AwsFailure failure;  // code empty when no answer came
};

class AwsCall {
 public:
  using OnDone = std::function<void(std::expected<HttpAnswer, AwsCallError>)>;  // an answer is always a 200

  static constexpr std::chrono::seconds kCallBudget{25};
  static constexpr std::chrono::seconds kClockMatters{10};
  static constexpr std::chrono::seconds kSlow{2};  // from the first try on; told once in a call

  // Signed with `key`, or where there is none with the context's keys; where AWS does not take those, once more with
  // keys fetched anew. The callback comes once, from the event loop, and may destroy the call.
  AwsCall(AwsContext& context, AwsRequest request, std::shared_ptr<const BaseKey> key, FailureReader read_failure,
          OnDone done);
  AwsCall(AwsContext& context, AwsRequest request, FailureReader read_failure, OnDone done)
      : AwsCall(context, std::move(request), nullptr, read_failure, std::move(done)) {}

  // Whether it is the context's key that signed the last try; to be asked when the call is over, too.
  [[nodiscard]] bool was_signed_with(const std::shared_ptr<const BaseKey>& key) const {
    return key && last_key_.lock() == key;
  }

 private:
  void begin_try();
  void send(const BaseKey* key);
  void on_answer(ipc::Result<HttpAnswer> answer);
  void on_failure(NextTry next, std::optional<std::chrono::seconds> asked, AwsCallError error);
  void finish(std::expected<HttpAnswer, AwsCallError> outcome);
  void finish_later(ipc::Error error);
  [[nodiscard]] bool correct_clock(const HttpAnswer& answer);
  [[nodiscard]] bool key_replaced(const AwsFailure& failure);
  void learn_clock(const HttpAnswer& answer);

  AwsContext& context_;
  AwsRequest request_;
  std::shared_ptr<const BaseKey> key_;
  CallbackGuard presence_;  // for a key that comes when the call is gone
  FailureReader read_failure_;
  OnDone done_;
  Clock::SinceBoot started_;
  int tries_ = 0;
  bool clock_corrected_ = false;
  bool key_refused_ = false;                    // and fetched anew, once
  std::shared_ptr<const BaseKey> signed_with_;  // of the context's keys; null: by another key, or not at all
  std::weak_ptr<const BaseKey> last_key_;       // likewise, and keeps none alive
  std::chrono::sys_seconds signed_at_{};
  std::chrono::seconds signed_offset_{0};  // the clock's correction then: another call may correct it meanwhile
  std::unique_ptr<HttpExchange> exchange_;
  std::unique_ptr<Timer> pause_, slow_;
};

}  // namespace broker
