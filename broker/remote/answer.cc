#include "remote/answer.h"

#include <algorithm>
#include <array>

#include "call/json_failure.h"
#include "call/next_step.h"
#include "keys/keys_json.h"
#include "text/json_value.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

struct Row {
  std::string_view code;  // empty: of a status alone
  long status;
  Fault fault;
  NextTry next;
  std::string_view text, next_step;
  bool final = false;
};
#define TVM_ERROR(code, status, fault, next, text, next_step) \
  Row{code, status, Fault::k##fault, NextTry::k##next, text, next_step},
#define TVM_FINAL(code, status, text, next_step) \
  Row{code, status, Fault::kRefused, NextTry::kNone, text, next_step, true},
#define TVM_STATUS(status, fault, next, text, next_step) \
  Row{"", status, Fault::k##fault, NextTry::k##next, text, next_step},
constexpr Row kRows[] = {
#include "remote/errors.def"
};
#undef TVM_ERROR
#undef TVM_FINAL
#undef TVM_STATUS
constexpr const Row& kOther = kRows[std::size(kRows) - 1];
static_assert(kOther.code.empty() && kOther.status == 0);

constexpr Row kRedirect{"",
                        300,
                        Fault::kConfig,
                        NextTry::kNone,
                        "it sends us elsewhere, and redirects are not followed",
                        "give the URL itself at which the server answers"};

const Row& row_of(long status) {
  if (status >= 300 && status < 400) return kRedirect;
  const auto found = std::ranges::find_if(kRows, [&](const Row& r) { return r.code.empty() && r.status == status; });
  if (found != std::end(kRows)) return *found;
  if (status > 500 && status < 600) return row_of(500);
  return kOther;
}

const Row& row_of(const AwsFailure& failure) {
  const auto found =
      std::ranges::find_if(kRows, [&](const Row& r) { return !r.code.empty() && r.code == failure.code; });
  return found == std::end(kRows) ? row_of(failure.status) : *found;
}

std::unexpected<ipc::Error> unusable(std::string_view server, ipc::Error error) {
  error.what = "the answer of the remote server " + std::string(server) + " " + error.what;
  return std::unexpected(ipc::with_next_step(
      std::move(error), "check that the URL is that of a token vending machine; else tell those who keep it"));
}

}  // namespace

ipc::Result<IssuedCredentials> read_remote_keys(std::string_view body, std::string_view server,
                                                std::chrono::sys_seconds now) {
  ipc::Result<KeysJson> read = read_keys_json(body, "Token");
  if (!read) return unusable(server, std::move(read.error()));
  IssuedCredentials& keys = read->keys;
  if (ipc::Status whole = check_temporary(keys, now); !whole) return unusable(server, std::move(whole.error()));
  if (keys.expiration > now + kLongestRemote + kRemoteSkew) {
    return unusable(server, {Fault::kProtocol,
                             "has keys that end at " + std::string(rfc3339(keys.expiration).text()) +
                                 ", and AWS issues none for more than 12 hours",
                             {}});
  }
  return std::move(keys);
}

// A gateway in front of the server has no Code, and tells its own kind of refusal in a header, if at all.
AwsFailure read_remote_failure(const HttpAnswer& answer) {
  AwsFailure failure{answer.status, bare_code(answer.error_type), {}, {}, answer.retry_after};
  if (const auto root = read_object(answer.body.view())) {
    if (const std::string code = bare_code(text_of(*root, "Code")); !code.empty()) failure.code = code;
    std::string message = text_of(*root, "Message");
    if (message.empty()) message = text_of(*root, "message");
    failure.message = printable(message);
  }
  failure.next = row_of(failure).next;
  // Asked for more patience than one call has: FreshKeys pauses that long (RemoteFetch::quiet_for).
  if (failure.retry_after && *failure.retry_after > kMaxDelay) failure.next = NextTry::kNone;
  return failure;
}

bool ends_for_good(const AwsFailure& failure) { return row_of(failure).final; }

ipc::Error remote_error(const RemoteServer& server, const AwsFailure& failure) {
  const Row& row = row_of(failure);
  std::string what = "the remote server " + server.name + " answers ";
  what += failure.code.empty() ? "HTTP status " + std::to_string(failure.status)
                               : failure.code + " (HTTP status " + std::to_string(failure.status) + ")";
  (what += ": ") += row.text;
  if (!failure.message.empty()) (what += ": ") += failure.message;
  if (!failure.is_page) return {row.fault, std::move(what), std::string(row.next_step)};
  // A gateway's own errors of the 500s are pages at times; no other is.
  what += ", with a page for people";
  const std::string other = failure.status < 500 ? next_step_after(failure) : "";
  return {row.fault, std::move(what), other.empty() ? std::string(row.next_step) : other};
}

}  // namespace broker
