#include "sources/login/calls.h"

#include <utility>

#include "aws/key_syntax.h"
#include "call/json_failure.h"
#include "text/json_line.h"
#include "text/json_members.h"
#include "text/json_value.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::string_view kPath = "/v1/token";
constexpr std::int64_t kLongestLife = 43200;  // seconds, as of any session; the service gives 900

ipc::Status take(std::string_view body, std::chrono::sys_seconds now, LoginToken& token) {
  const auto members = JsonMembers::read(body);
  if (!members) return std::unexpected(members.error());
  const auto kind = members->text("tokenType", 64);
  if (!kind) return std::unexpected(kind.error());
  if (*kind != "aws_sigv4") return ipc::fail(Fault::kProtocol, "has a tokenType that is not aws_sigv4");
  const auto object = members->object("accessToken");
  if (!object) return std::unexpected(object.error());
  const auto keys = JsonMembers::read(*object);
  if (!keys) return std::unexpected(keys.error());
  auto id = keys->text("accessKeyId", 128);
  if (!id) return std::unexpected(id.error());
  if (!is_access_key_id(*id)) return ipc::fail(Fault::kProtocol, "has an accessKeyId that is no key's");
  auto secret = keys->secret("secretAccessKey", kMaxKeySecret), session = keys->secret("sessionToken", kMaxKeyToken);
  if (!secret) return std::unexpected(secret.error());
  if (!session) return std::unexpected(session.error());
  const auto lives = members->number("expiresIn", 1, kLongestLife);
  if (!lives) return std::unexpected(lives.error());
  auto refresh = members->secret("refreshToken", kMaxLoginRefresh);
  if (!refresh) return std::unexpected(refresh.error());
  token.access_key_id = std::move(*id);
  token.secret_access_key = std::move(*secret);
  token.session_token = std::move(*session);
  token.ends = now + std::chrono::seconds(*lives);
  token.refresh = std::move(*refresh);
  return {};
}

}  // namespace

std::string login_token_url(const LoginPlan& plan) { return plan.sign_in.url + std::string(kPath); }

// Once: a proof is good for one request.
AwsRequest refresh_login(const LoginPlan& plan, const LoginToken& token, std::string proof) {
  JsonLine body;
  body.text("clientId", token.client_id).text("grantType", "refresh_token");
  body.text("refreshToken", token.refresh.reveal());
  AwsRequest request{"signin",
                     "CreateOAuth2Token",
                     plan.sign_in,
                     {{"Content-Type", "application/json"}, {"DPoP", std::move(proof)}},
                     std::move(body).object()};
  request.path = kPath;
  request.anonymous = true;
  request.max_tries = 1;
  return request;
}

ipc::Status read_refreshed_login(std::string_view body, std::chrono::sys_seconds now, LoginToken& token) {
  ipc::Status taken = take(body, now, token);
  if (taken) return taken;
  ipc::Error error = taken.error();
  error.what = "the answer to CreateOAuth2Token " + error.what;
  if (error.next_step.empty()) error.next_step = "check that the endpoint is AWS's sign-in service";
  return std::unexpected(std::move(error));
}

AwsFailure read_login_failure(const HttpAnswer& answer) {
  AwsFailure failure = read_json_failure(answer);
  const auto body = read_object(answer.body.view());
  const std::string word = body ? printable(text_of(*body, "error"), 64) : "";
  if (!word.empty()) failure.code = word;  // more exact than the exception's name
  failure.date = answer.date;
  return failure;
}

bool login_has_ended(const AwsFailure& failure) {
  return failure.code == "TOKEN_EXPIRED" || failure.code == "USER_CREDENTIALS_CHANGED";
}

}  // namespace broker
