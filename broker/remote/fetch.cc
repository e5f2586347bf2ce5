#include "remote/fetch.h"

#include <algorithm>
#include <utility>

#include "keys/same_principal.h"
#include "keys/token_text.h"
#include "remote/answer.h"
#include "services/queries.h"
#include "text/ascii.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::seconds;

std::unexpected<ipc::Error> bad_token(const std::string& path, ipc::Error error) {
  error.what = "the token file " + path + " " + error.what;
  return std::unexpected(ipc::with_next_step(std::move(error), "it must hold the token and nothing else"));
}

// A run that cannot sign has not been judged: a refusal on the way to the key is none of the server's.
ipc::Error before_asking(const std::string& what, ipc::Error error) {
  if (error.fault == Fault::kRefused) error.fault = Fault::kConfig;
  error.what = what + ": " + error.what;
  return error;
}

}  // namespace

RemoteFetch::RemoteFetch(RemoteParts parts, seconds duration, OnKeys done)
    : KeyFetch(std::move(done)), parts_(std::move(parts)), duration_(duration) {
  if (parts_.standing.revoked) {
    withdraws_ = true;
    fail_later(*parts_.standing.revoked);
  } else {
    parts_.signer ? ask_signer() : open_token();
  }
}

// ---- who asks ------------------------------------------------------------------------------------------------------

void RemoteFetch::ask_signer() {
  parts_.signer->get(presence_.guard([this](const ipc::Result<SharedKey>& key) {
    if (!key) return fail_later(before_asking("no key to sign with", key.error()));
    call(remote_request(parts_.server, duration_), *key);
  }));
}

// Anew at each fetch: the program that renews the token writes the file anew.
void RemoteFetch::open_token() {
  errand_ = parts_.errands->open(ipc::ErrandKind::OpenTokenFile, {parts_.server.profile, parts_.token_file, {}},
                                 [this](const ipc::Result<ipc::UniqueFd>& file) { on_token(file); });
}

void RemoteFetch::on_token(const ipc::Result<ipc::UniqueFd>& file) {
  if (!file) return finish(std::unexpected(before_asking("no token for the remote server", file.error())));
  const ipc::Result<ipc::SecretBuffer> token = read_bearer_token(*file, parts_.token_file);
  if (!token) return finish(std::unexpected(token.error()));
  AwsRequest request = remote_request(parts_.server, duration_);
  request.anonymous = true;
  request.headers.push_back({"Authorization", "Bearer " + std::string(token->reveal())});
  call(std::move(request), nullptr);
}

// ---- the call ------------------------------------------------------------------------------------------------------

void RemoteFetch::call(AwsRequest request, SharedKey key) {
  call_ = std::make_unique<AwsCall>(
      parts_.context, std::move(request), std::move(key), read_remote_failure,
      [this](std::expected<HttpAnswer, AwsCallError> outcome) { on_answer(std::move(outcome)); });
}

// What is told is the earlier of the server's end and the one that was asked for.
void RemoteFetch::on_answer(std::expected<HttpAnswer, AwsCallError> outcome) {
  if (!outcome) return finish(std::unexpected(explain(std::move(outcome.error()))));
  const std::chrono::sys_seconds now = parts_.context.aws_now();
  auto keys = read_remote_keys(outcome->body.view(), parts_.server.name, now);
  if (!keys) return finish(std::move(keys));
  keys->expiration = std::min(keys->expiration, now + duration_);
  keys_ = std::make_shared<IssuedCredentials>(std::move(*keys));
  call_ = ask_identity_once(parts_.context, parts_.sts, keys_,
                            [this](const ipc::Result<Principal>& owner) { on_owner(owner); });
}

// ---- whose they are ------------------------------------------------------------------------------------------------

void RemoteFetch::on_owner(const ipc::Result<Principal>& owner) {
  Principal& known = parts_.standing.owner;
  if (!owner) return go_on_without_owner(owner.error());
  if (known.arn.empty()) known = *owner;
  if (!is_same_principal(*owner, known)) {
    return finish(ipc::fail(Fault::kRefused,
                            "the remote server " + parts_.server.name + " gives the keys of " + owner->arn +
                                " now, and this run began with those of " + known.arn,
                            "ask those who keep the server; start again if that is what you want"));
  }
  keys_->principal = owner->arn;
  finish(std::move(*keys_));
}

void RemoteFetch::go_on_without_owner(const ipc::Error& why) {
  RemoteStanding& standing = parts_.standing;
  const std::string what = "whose keys the remote server " + parts_.server.name + " gives is not known: " + why.what;
  if (!standing.owner.arn.empty()) {
    return finish(ipc::fail(Fault::kUnavailable, what, "see to it that this host reaches " + parts_.sts.url));
  }
  if (!std::exchange(standing.said_unknown, true) && standing.warn) {
    standing.warn(what + "; the log does not name it, and keys of another account would not be noticed");
  }
  finish(std::move(*keys_));
}

ipc::Error RemoteFetch::explain(AwsCallError failure) {
  if (failure.failure.status == 0) {
    // The transport names the whole URL; what was sent in its query helps no reader.
    std::string& what = failure.error.what;
    const std::string query = "?" + remote_request(parts_.server, duration_).query;
    if (const std::size_t at = what.find(query); at != std::string::npos) what.erase(at, query.size());
    return std::move(failure.error);
  }
  if (failure.failure.retry_after) quiet_ = std::min<seconds>(*failure.failure.retry_after, kLongestQuiet);
  ipc::Error error = remote_error(parts_.server, failure.failure);
  withdraws_ = error.fault == Fault::kRefused;
  if (ends_for_good(failure.failure)) parts_.standing.revoked = error;
  return error;
}

// ---- the end -------------------------------------------------------------------------------------------------------

// The constructor itself calls nothing back.
void RemoteFetch::fail_later(ipc::Error error) {
  early_end_ = parts_.context.timers.after(std::chrono::milliseconds(0),
                                           [this, error = std::move(error)] { finish(std::unexpected(error)); });
}

// ---- the token -----------------------------------------------------------------------------------------------------

// RFC 6750: no blanks in it. Anything else that is visible may be what this server understands.
ipc::Result<ipc::SecretBuffer> read_bearer_token(const ipc::UniqueFd& file, const std::string& path) {
  auto token = read_token_file(file.get(), TokenForm::kHeader);
  if (token && !is_visible(token->reveal())) token = ipc::fail(Fault::kConfig, "has a blank in it");
  if (!token) return bad_token(path, std::move(token.error()));
  return token;
}

}  // namespace broker
