#include "run_identity.h"

#include <string>
#include <string_view>
#include <utility>

#include "aws_queries.h"
#include "base_keys.h"

namespace broker {
namespace {

// The error with the profile's name before it, where it does not begin with that: an errand's does.
ipc::Error of_profile(ipc::Error error, std::string_view name) {
  const std::string start = "profile " + std::string(name) + ": ";
  if (!error.what.starts_with(start)) error.what = start + error.what;
  return error;
}

}  // namespace

void RunIdentity::find(Done done) {
  done_ = std::move(done);
  ask();
}

void RunIdentity::ask() {
  ++asked_;
  call_ = ask_identity(context_, profile_.sts, [this](const ipc::Result<Principal>& who) { on_principal(who); });
}

void RunIdentity::on_principal(const ipc::Result<Principal>& principal) {
  if (!principal) {
    ipc::Error error = ipc::with_next_step(principal.error(),
                                           "try again; if it stays so, look at what answers at " + profile_.sts.url);
    return finish(std::unexpected(of_profile(std::move(error), profile_.base_profile)));
  }
  const auto held = context_.keys->held();
  // A renewal that came meanwhile had no principal to be compared with (same_principal.h), and is what is used now.
  if (held && !call_->was_signed_with(held->key)) {
    if (asked_ < kMostAsked) return ask();
    return finish(ipc::fail(ipc::Fault::kUnavailable,
                            "the source gives other keys before AWS has said whose the last were", "try again"));
  }
  run_.user = principal->user;
  run_.account = principal->account;
  run_.arn = principal->arn;
  if (held) learn(run_.source, profile_, !held->key->session_token.empty(), *principal);
  finish({});
}

void RunIdentity::finish(const ipc::Status& outcome) {
  const Done done = std::move(done_);
  done(outcome);
}

}  // namespace broker
