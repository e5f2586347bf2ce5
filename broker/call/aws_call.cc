#include "call/aws_call.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "aws/sigv4.h"
#include "call/next_step.h"
#include "call/signing_keys.h"
#include "text/ascii.h"

namespace broker {
namespace {

using ipc::Fault;

// The sentence for a refusal; the caller, which knows the action's purpose, adds what to do about it.
ipc::Error sentence(const AwsRequest& request, const AwsFailure& failure, NextTry next) {
  return {next == NextTry::kAfterDelay ? Fault::kUnavailable : Fault::kRefused,
          request.action + " at " + request.endpoint.host + " failed: " + words_of(failure),
          {}};
}

// "STS in eu-west-1 (sts.eu-west-1.amazonaws.com)"
std::string whom(const AwsRequest& request) {
  const AwsEndpoint& endpoint = request.endpoint;
  if (request.anonymous || request.service.empty()) return endpoint.host;
  return uppered(request.service) + (endpoint.signing_region.empty() ? "" : " in " + endpoint.signing_region) + " (" +
         endpoint.host + ")";
}

bool one_of(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

AwsCall::AwsCall(AwsContext& context, AwsRequest request, std::shared_ptr<const BaseKey> key,
                 FailureReader read_failure, OnDone done)
    : context_(context),
      request_(std::move(request)),
      key_(std::move(key)),
      read_failure_(read_failure),
      done_(std::move(done)),
      started_(context.clock.since_boot()) {
  begin_try();
}

// Each try asks for the key anew: it may have been renewed since the last.
void AwsCall::begin_try() {
  pause_.reset();
  if (request_.anonymous) return send(nullptr);
  if (key_) return send(key_.get());
  if (!context_.keys) return finish_later({Fault::kSystem, request_.action + " has no key to be signed with", {}});
  context_.keys->get(presence_.guard([this](const ipc::Result<std::shared_ptr<const BaseKey>>& key) {
    if (key) {
      signed_with_ = *key;
      last_key_ = *key;
      return send(key->get());
    }
    finish_later(key.error());  // the source has said what it could; the caller may still be on the stack
  }));
}

void AwsCall::send(const BaseKey* key) {
  if (tries_++ == 0) {
    started_ = context_.clock.since_boot();  // a key that took its time has a budget of its own
    if (context_.slow) slow_ = context_.timers.after(kSlow, [this] { context_.slow(whom(request_)); });
  }
  signed_at_ = context_.aws_now();
  signed_offset_ = context_.clock_offset;
  std::vector<HttpHeader> headers = request_.headers;
  headers.push_back({"Host", request_.endpoint.host});
  if (key) {
    const SigningInput input{request_.method, request_.path, request_.query, headers, request_.body};
    const SigningKey signing{key->access_key_id, key->secret_access_key.reveal(), key->session_token.reveal()};
    auto signature = sign_v4(input, signing, {request_.endpoint.signing_region, request_.service, signed_at_});
    if (!signature) return finish_later(std::move(signature.error()));
    for (HttpHeader& header : *signature) headers.push_back(std::move(header));
  }
  std::string url = request_.endpoint.url + request_.path;
  if (!request_.query.empty()) url += "?" + request_.query;
  exchange_ = context_.http.send(
      {std::move(url), std::move(headers), request_.body, request_.try_deadline, request_.method, request_.link_local},
      [this](ipc::Result<HttpAnswer> answer) { on_answer(std::move(answer)); });
}

// The exchange has copies of the request, with the session token that it was signed with, and goes at once: the owner
// of the call may keep it for long.
void AwsCall::on_answer(ipc::Result<HttpAnswer> answer) {
  exchange_.reset();
  if (!answer) {
    const NextTry next = next_try(answer.error());
    answer.error().what = request_.action + ": " + answer.error().what;
    return on_failure(next, std::nullopt, {std::move(answer.error()), {}});
  }
  if (answer->status == 200) {
    learn_clock(*answer);
    return finish(std::move(*answer));
  }
  AwsFailure failure = read_failure_(*answer);
  failure.is_page = failure.code.empty() && trimmed(answer->body.view()).starts_with('<');
  if (key_replaced(failure)) return begin_try();
  NextTry next = next_try(failure);
  ipc::Error error = sentence(request_, failure, next);
  if (next == NextTry::kWithCorrectedClock && !correct_clock(*answer)) next = NextTry::kNone;
  on_failure(next, answer->retry_after, {std::move(error), std::move(failure)});
}

// One try with AWS's time: a clock that is wrong by minutes is the user's most common "bad signature".
bool AwsCall::correct_clock(const HttpAnswer& answer) {
  const auto off = clock_correction(answer.date, signed_at_);
  if (!off || clock_corrected_) return false;
  clock_corrected_ = true;
  context_.clock_offset = signed_offset_ + *off;
  if (context_.clock_learned) context_.clock_learned();
  return true;
}

// A temporary key may end earlier than its source said, as when its session was revoked; the source has then a new one.
bool AwsCall::key_replaced(const AwsFailure& failure) {
  const bool by_key = one_of(
      {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}, failure.code);
  if (!by_key || !signed_with_ || key_refused_) return false;
  key_refused_ = true;
  return context_.keys->refuse(signed_with_);
}

// AWS ends a hard expiry by its own clock: a few seconds of difference are nothing, a minute is half of such a life.
void AwsCall::learn_clock(const HttpAnswer& answer) {
  if (!answer.date || request_.link_local) return;
  const auto off = *answer.date - context_.aws_now();
  if (std::chrono::abs(off) < kClockMatters) return;
  context_.clock_offset += off;
  if (context_.clock_learned) context_.clock_learned();
}

void AwsCall::on_failure(NextTry next, std::optional<std::chrono::seconds> asked, AwsCallError error) {
  if (next == NextTry::kWithCorrectedClock) return begin_try();
  const auto delay = retry_delay(tries_, asked, context_.jitter());
  const bool in_time = context_.clock.since_boot() - started_ + delay < kCallBudget;
  if (next == NextTry::kNone || tries_ >= request_.max_tries || !in_time)
    return finish(std::unexpected(std::move(error)));
  pause_ = context_.timers.after(delay, [this] { begin_try(); });
  if (!pause_) finish(std::unexpected(std::move(error)));
}

void AwsCall::finish(std::expected<HttpAnswer, AwsCallError> outcome) {
  slow_.reset();
  request_ = {};  // a header or the body may hold a token
  key_.reset();
  signed_with_.reset();
  const OnDone done = std::move(done_);
  done(std::move(outcome));  // last: it may have destroyed this call
}

void AwsCall::finish_later(ipc::Error error) {
  pause_ = context_.timers.after(std::chrono::milliseconds(0), [this, error = std::move(error)] {
    finish(std::unexpected(AwsCallError{error, {}}));
  });
}

}  // namespace broker
