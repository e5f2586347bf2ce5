#include "sources/login/calls.h"

#include <utility>

#include "aws/key_syntax.h"
#include "call/json_failure.h"
#include "ipc/text/json_string.h"
#include "ipc/text/login_page.h"
#include "text/base64.h"
#include "text/json_line.h"
#include "text/json_members.h"
#include "text/json_value.h"
#include "text/percent.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::string_view kPath = "/v1/token";
constexpr std::string_view kClient = "arn:aws:signin:::devtools/same-device";  // whose browser comes back to this host
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

// Of an ARN; empty where it has none.
std::string account_of(std::string_view arn) {
  for (int i = 0; i < 4; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return "";
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

AwsRequest token_request(const LoginPlan& plan, JsonLine body, std::string proof) {
  AwsRequest request{"signin",
                     "CreateOAuth2Token",
                     plan.sign_in,
                     {{"Content-Type", "application/json"}, {"DPoP", std::move(proof)}},
                     std::move(body).object()};
  request.path = kPath;
  request.anonymous = true;
  request.max_tries = 1;  // a proof is good for one request
  return request;
}

// Who a token says it is of. Its signature is not looked at: it came from the service itself, over TLS.
ipc::Result<std::string> subject_of(std::string_view token) {
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  const bool three = first != std::string_view::npos && second != std::string_view::npos;
  const auto claims = three ? from_base64url(token.substr(first + 1, second - first - 1))
                            : ipc::Result<std::string>(ipc::fail(Fault::kProtocol, ""));
  const auto members = claims ? JsonMembers::read(*claims) : ipc::Result<JsonMembers>(std::unexpected(claims.error()));
  if (!members) return ipc::fail(Fault::kProtocol, "has an idToken that is none");
  return members->text("sub", 2048);
}

ipc::Result<NewLogin> new_login_in(std::string_view body, std::chrono::sys_seconds now) {
  NewLogin login;
  if (ipc::Status taken = take(body, now, login.token); !taken) return std::unexpected(taken.error());
  const auto members = JsonMembers::read(body);
  if (!members) return std::unexpected(members.error());
  const auto identity = members->text("idToken", 4096);
  if (!identity) return std::unexpected(identity.error());
  auto subject = subject_of(*identity);
  if (!subject) return std::unexpected(subject.error());
  login.session = std::move(*subject);
  login.token.account_id = account_of(login.session);
  login.token.client_id = kClient;
  // What the AWS CLI writes, too.
  std::string quoted_identity;
  ipc::append_json_string(quoted_identity, *identity);
  login.token.others = {{"tokenType", "\"aws_sigv4\""}, {"idToken", std::move(quoted_identity)}};
  return login;
}

ipc::Error of_answer(ipc::Error error) {
  error.what = "the answer to CreateOAuth2Token " + error.what;
  if (error.next_step.empty()) error.next_step = "check that the endpoint is AWS's sign-in service";
  return error;
}

}  // namespace

std::string login_token_url(const LoginPlan& plan) { return plan.sign_in.url + std::string(kPath); }

AwsRequest refresh_login(const LoginPlan& plan, const LoginToken& token, std::string proof) {
  JsonLine body;
  body.text("clientId", token.client_id).text("grantType", "refresh_token");
  body.text("refreshToken", token.refresh.reveal());
  return token_request(plan, std::move(body), std::move(proof));
}

ipc::Status read_refreshed_login(std::string_view body, std::chrono::sys_seconds now, LoginToken& token) {
  ipc::Status taken = take(body, now, token);
  if (taken) return taken;
  return std::unexpected(of_answer(taken.error()));
}

std::string login_authorize_url(const LoginPlan& plan, std::string_view state, std::string_view challenge) {
  return plan.sign_in.url + "/v1/authorize?response_type=code&client_id=" + uri_encode(kClient) +
         "&state=" + std::string(state) +
         "&code_challenge_method=SHA-256&scope=openid&code_challenge=" + std::string(challenge);
}

AwsRequest redeem_login_code(const LoginPlan& plan, const LoginCode& code, std::string proof) {
  JsonLine body;
  body.text("clientId", kClient).text("grantType", "authorization_code").text("code", code.code);
  body.text("codeVerifier", code.verifier).text("redirectUri", ipc::redirect_url(code.port));
  return token_request(plan, std::move(body), std::move(proof));
}

ipc::Result<NewLogin> read_new_login(std::string_view body, std::chrono::sys_seconds now) {
  auto login = new_login_in(body, now);
  if (!login) return std::unexpected(of_answer(login.error()));
  return login;
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
