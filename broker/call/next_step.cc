#include "call/next_step.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string_view>

namespace broker {
namespace {

bool among(std::string_view code, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, code) != names.end();
}

struct Said {
  std::string_view words, next_step;
};

std::string first_of(std::span<const Said> rows, std::string_view message) {
  const auto row = std::ranges::find_if(rows, [&](const Said& said) { return message.contains(said.words); });
  return row == rows.end() ? "" : std::string(row->next_step);
}

constexpr char kSetClock[] =
    "set this machine's clock right: AWS takes no request whose time is more than five minutes off";

// One code stands for several mistakes; its message tells them apart.
std::string after_signature(std::string_view message) {
  constexpr Said kRows[] = {
      {"scoped to a valid region",
       "the region is none that this endpoint is in: check --region, AWS_REGION and the profile's region for a typing "
       "error, then the endpoint URL"},
      {"scoped to correct service", "the endpoint belongs to another service of AWS: check the endpoint URL"},
      {"ignature expired", kSetClock},
      {"not yet current", kSetClock},
  };
  const std::string said = first_of(kRows, message);
  if (!said.empty()) return said;
  return "check the aws_secret_access_key where this profile's key comes from: it is not that of the access key id; "
         "then this machine's clock, and whether a proxy changes requests";
}

std::string after_no_answer_of_aws(const AwsFailure& failure) {
  if (failure.status >= 300 && failure.status < 400) {
    return "something sends the request elsewhere, and AWS does not: look for a captive portal to log in to, and check "
           "the endpoint URL";
  }
  if (!failure.is_page) return "";
  return "what answered is no service of AWS: look for a proxy or a captive portal in between, and check the endpoint "
         "URL";
}

}  // namespace

std::string words_of(const AwsFailure& failure) {
  std::string words = failure.code.empty() ? "HTTP status " + std::to_string(failure.status) : failure.code;
  if (failure.code.empty() && failure.is_page) words += " with a page for people";
  return failure.message.empty() ? words : words + ": " + failure.message;
}

std::string next_step_after(const AwsFailure& failure) {
  const std::string_view code = failure.code;
  if (code.empty()) return after_no_answer_of_aws(failure);
  if (among(code, {"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature"}))
    return after_signature(failure.message);
  if (among(code, {"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"})) return kSetClock;
  if (among(code, {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"})) {
    return "check the aws_access_key_id where this profile's key comes from: the key is unknown, deleted, inactive or "
           "of another partition (China, GovCloud), or it is a temporary one without its aws_session_token";
  }
  if (among(code, {"ExpiredToken", "ExpiredTokenException"})) {
    return "the session token has expired: fetch a new one where this profile's key comes from (the credentials file, "
           "the environment, its credential_process)";
  }
  if (among(code, {"MissingAuthenticationToken", "MissingAuthenticationTokenException"}))
    return "the signature was lost on the way: look for a proxy that takes the Authorization header away";
  if (among(code, {"IncompleteSignature", "IncompleteSignatureException"})) {
    return "the key has a character in it that no key has, or a proxy changed the Authorization header: copy the "
           "access key id and the secret again";
  }
  if (among(code, {"OptInRequired", "SubscriptionRequiredException"}))
    return "activate the service in the account, or the region where it is one that must be opted in to";
  if (code == "RegionDisabledException") return "activate STS for this region in the account, or choose another region";
  if (among(code, {"InvalidAction", "UnknownOperationException"}))
    return "the endpoint is not that of this service: check the endpoint URL";
  return "";
}

std::string way_past_denial(const AwsFailure& failure) {
  constexpr Said kRows[] = {
      {"service control policy",
       "a service control policy of the organization forbids it: ask those who keep it; no policy of the account "
       "helps"},
      {"resource control policy",
       "a resource control policy of the organization forbids it: ask those who keep it; no policy of the account "
       "helps"},
      {"permissions boundary", "the permissions boundary of the caller must allow it, too"},
      {"VPC endpoint policy", "the policy of the VPC endpoint that the call goes through must allow it"},
      {"with an explicit deny in a session policy", "the caller's own session is narrowed by a session policy"},
      {"no session policy allows", "the caller's own session is narrowed by a session policy"},
  };
  return first_of(kRows, failure.message);
}

}  // namespace broker
