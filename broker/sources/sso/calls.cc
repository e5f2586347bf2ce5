#include "sources/sso/calls.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aws/key_syntax.h"
#include "call/json_failure.h"
#include "ipc/text/json_string.h"
#include "ipc/text/login_page.h"
#include "text/ascii.h"
#include "text/json_line.h"
#include "text/json_members.h"
#include "text/json_value.h"
#include "text/percent.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;
using std::chrono::seconds;

constexpr std::size_t kMaxUserCode = 32;
constexpr std::int64_t kLongestLife = 366 * 86400;     // of a token, in seconds; AWS's live 8 hours to 90 days
constexpr std::int64_t kFirstMoment = 946'684'800;     // 2000-01-01, in seconds
constexpr std::int64_t kLastMoment = 253'402'300'799;  // 9999-12-31, the last that has a text
constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

std::vector<std::string> scopes_of(const SsoPlan& plan, SsoWay way) {
  const bool none = plan.scopes.empty() && way == SsoWay::kBrowser;
  return none ? std::vector<std::string>{std::string(kDefaultSsoScope)} : plan.scopes;
}

AwsRequest oidc(const SsoPlan& plan, std::string_view action, std::string_view path, JsonLine body) {
  AwsRequest request{
      "sso-oidc", std::string(action), plan.oidc, {{"Content-Type", "application/json"}}, std::move(body).object()};
  request.path = path;
  request.anonymous = true;
  return request;
}

// The sentence of an answer that cannot be used.
std::unexpected<ipc::Error> unfit(std::string_view action, ipc::Error error) {
  error.what = "the answer to " + std::string(action) + " " + error.what;
  if (error.next_step.empty()) error.next_step = "check that the endpoint is AWS IAM Identity Center";
  return std::unexpected(std::move(error));
}

// One refusal in the words of RFC 6749 and 8628, and as AWS's services call it.
struct RefusalRow {
  OidcRefusal refusal;
  std::string_view word, code;
};
constexpr RefusalRow kRefusals[] = {
    {OidcRefusal::kPending, "authorization_pending", "AuthorizationPendingException"},
    {OidcRefusal::kSlowDown, "slow_down", "SlowDownException"},
    {OidcRefusal::kLoginExpired, "expired_token", "ExpiredTokenException"},
    {OidcRefusal::kDenied, "access_denied", "AccessDeniedException"},
    {OidcRefusal::kUnknownClient, "invalid_client", "InvalidClientException"},
    {OidcRefusal::kUnknownClient, "unauthorized_client", "UnauthorizedClientException"},
};

// Keys that are read while the object's text is there.
ipc::Result<IssuedCredentials> read_keys(std::string_view json) {
  const auto members = JsonMembers::read(json);
  if (!members) return std::unexpected(members.error());
  IssuedCredentials keys;
  auto id = members->text("accessKeyId", 128);
  if (!id) return std::unexpected(id.error());
  if (!is_access_key_id(*id)) return ipc::fail(Fault::kProtocol, "has an accessKeyId that is no key's");
  auto secret = members->secret("secretAccessKey", kMaxKeySecret);
  if (!secret) return std::unexpected(secret.error());
  auto token = members->secret("sessionToken", kMaxKeyToken);
  if (!token) return std::unexpected(token.error());
  const auto ends = members->number("expiration", kFirstMoment * 1000, kLastMoment * 1000);
  if (!ends) return std::unexpected(ends.error());
  keys.access_key_id = std::move(*id);
  keys.secret_access_key = std::move(*secret);
  keys.session_token = std::move(*token);
  keys.expiration = std::chrono::sys_seconds(seconds(*ends / 1000));
  return keys;
}

ipc::Result<SsoClient> client_in(const JsonMembers& members) {
  auto id = members.text("clientId", kMaxClientId);
  if (!id) return std::unexpected(id.error());
  auto secret = members.secret("clientSecret", kMaxSsoSecret);
  if (!secret) return std::unexpected(secret.error());
  const auto ends = members.number("clientSecretExpiresAt", kFirstMoment, kLastMoment);
  if (!ends) return std::unexpected(ends.error());
  return SsoClient{std::move(*id), std::move(*secret), std::chrono::sys_seconds(seconds(*ends))};
}

ipc::Result<FreshToken> token_in(const JsonMembers& members) {
  FreshToken token;
  auto access = members.secret("accessToken", kMaxSsoSecret);
  if (!access) return std::unexpected(access.error());
  const auto lives = members.number("expiresIn", 1, kLongestLife);
  if (!lives) return std::unexpected(lives.error());
  token.access = std::move(*access);
  token.lives = seconds(*lives);
  if (!members.has("refreshToken")) return token;
  auto refresh = members.secret("refreshToken", kMaxSsoSecret);
  if (!refresh) return std::unexpected(refresh.error());
  token.refresh = std::move(*refresh);
  return token;
}

// What the user sees and a browser is given.
ipc::Status check_for_the_user(const DeviceLogin& login) {
  if (!ipc::is_login_page(login.url)) return ipc::fail(Fault::kProtocol, "has a login page that is no https URL");
  const bool plain = std::ranges::all_of(login.code, [](char c) { return is_alphanumeric(c) || c == '-'; });
  return plain ? ipc::Status{} : ipc::fail(Fault::kProtocol, "has a userCode that nobody could type");
}

ipc::Result<DeviceLogin> login_in(const JsonMembers& members) {
  DeviceLogin login;
  auto device = members.secret("deviceCode", kMaxSsoSecret);
  if (!device) return std::unexpected(device.error());
  login.device = std::move(*device);
  auto url = members.text(members.has("verificationUriComplete") ? "verificationUriComplete" : "verificationUri",
                          ipc::kMaxLoginPage);
  if (!url) return std::unexpected(url.error());
  login.url = std::move(*url);
  auto code = members.text("userCode", kMaxUserCode);
  if (!code) return std::unexpected(code.error());
  login.code = std::move(*code);
  const auto lives = members.number("expiresIn", 1, kLongestLife);
  if (!lives) return std::unexpected(lives.error());
  login.lives = seconds(*lives);
  // One that no program could keep to is not believed, and not worth a refusal.
  const auto interval = members.number("interval", 1, kMostPollInterval.count());
  login.interval = interval ? seconds(*interval) : kUsualPollInterval;
  if (const ipc::Status fit = check_for_the_user(login); !fit) return std::unexpected(fit.error());
  return login;
}

template <class Out>
ipc::Result<Out> read_answer(std::string_view action, std::string_view body,
                             ipc::Result<Out> (*read)(const JsonMembers&)) {
  const auto members = JsonMembers::read(body);
  if (!members) return unfit(action, members.error());
  auto out = read(*members);
  if (!out) return unfit(action, out.error());
  return out;
}

}  // namespace

// The name is the one that the AWS CLI gives: the registration is kept where the CLI looks for its own.
AwsRequest register_sso_client(const SsoPlan& plan, SsoWay way) {
  JsonLine body;
  body.text("clientName", "botocore-client-" + (plan.session.empty() ? "sentinel" : plan.session));
  body.text("clientType", "public");
  if (way == SsoWay::kBrowser) {
    body.raw("grantTypes", R"(["authorization_code","refresh_token"])");
    body.raw("redirectUris", "[\"" + ipc::redirect_url() + "\"]");
    body.text("issuerUrl", plan.start_url);
  }
  std::string scopes;
  for (const std::string& scope : scopes_of(plan, way)) {
    if (!scopes.empty()) scopes += ',';
    ipc::append_json_string(scopes, scope);
  }
  if (!scopes.empty()) body.raw("scopes", "[" + scopes + "]");
  return oidc(plan, "RegisterClient", "/client/register", std::move(body));
}

AwsRequest start_device_login(const SsoPlan& plan, const SsoClient& client) {
  JsonLine body;
  body.text("clientId", client.id).text("clientSecret", client.secret.reveal()).text("startUrl", plan.start_url);
  return oidc(plan, "StartDeviceAuthorization", "/device_authorization", std::move(body));
}

AwsRequest create_device_token(const SsoPlan& plan, const SsoClient& client, std::string_view device) {
  JsonLine body;
  body.text("clientId", client.id).text("clientSecret", client.secret.reveal());
  body.text("grantType", kDeviceGrant).text("deviceCode", device);
  return oidc(plan, "CreateToken", "/token", std::move(body));
}

// A code is good once, as a refresh token.
AwsRequest create_code_token(const SsoPlan& plan, const SsoClient& client, const SsoCode& code) {
  JsonLine body;
  body.text("clientId", client.id).text("clientSecret", client.secret.reveal());
  body.text("grantType", "authorization_code").text("code", code.code).text("codeVerifier", code.verifier);
  body.text("redirectUri", ipc::redirect_url(code.port));
  AwsRequest request = oidc(plan, "CreateToken", "/token", std::move(body));
  request.max_tries = 2;
  return request;
}

std::string sso_authorize_url(const SsoPlan& plan, const SsoClient& client, std::string_view state,
                              std::string_view challenge) {
  std::string scopes;
  for (const std::string& scope : scopes_of(plan, SsoWay::kBrowser)) scopes += (scopes.empty() ? "" : " ") + scope;
  return plan.oidc.url + "/authorize?response_type=code&client_id=" + uri_encode(client.id) +
         "&state=" + std::string(state) + "&code_challenge_method=S256&scopes=" + uri_encode(scopes) +
         "&code_challenge=" + std::string(challenge);
}

AwsRequest renew_sso_token(const SsoPlan& plan, const SsoClient& client, std::string_view refresh) {
  JsonLine body;
  body.text("clientId", client.id).text("clientSecret", client.secret.reveal());
  body.text("grantType", "refresh_token").text("refreshToken", refresh);
  AwsRequest request = oidc(plan, "CreateToken", "/token", std::move(body));
  request.max_tries = 2;  // a refresh token is good once: who knows whether the first try came through
  return request;
}

AwsRequest get_role_credentials(const SsoPlan& plan, std::string_view access) {
  AwsRequest request{"sso", "GetRoleCredentials", plan.portal, {{"x-amz-sso_bearer_token", std::string(access)}}, {},
                     "GET"};
  request.path = "/federation/credentials";
  request.query = "account_id=" + uri_encode(plan.account_id) + "&role_name=" + uri_encode(plan.role_name);
  request.anonymous = true;
  return request;
}

ipc::Result<SsoClient> read_registration(std::string_view body) {
  return read_answer("RegisterClient", body, client_in);
}

ipc::Result<DeviceLogin> read_device_login(std::string_view body) {
  return read_answer("StartDeviceAuthorization", body, login_in);
}

ipc::Result<FreshToken> read_fresh_token(std::string_view body) { return read_answer("CreateToken", body, token_in); }

ipc::Result<IssuedCredentials> read_role_credentials(std::string_view body) {
  const auto members = JsonMembers::read(body);
  if (!members) return unfit("GetRoleCredentials", members.error());
  const auto inner = members->object("roleCredentials");
  if (!inner) return unfit("GetRoleCredentials", inner.error());
  auto keys = read_keys(*inner);
  if (!keys) return unfit("GetRoleCredentials", keys.error());
  return keys;
}

AwsFailure read_oidc_failure(const HttpAnswer& answer) {
  AwsFailure failure = read_json_failure(answer);
  const auto body = read_object(answer.body.view());
  if (!body) return failure;
  const std::string word = text_of(*body, "error");
  const auto row = std::ranges::find(kRefusals, word, &RefusalRow::word);
  if (row != std::end(kRefusals)) {
    failure.code = row->code;
  } else if (failure.code.empty()) {
    failure.code = printable(word, 64);
  }
  if (failure.message.empty()) failure.message = printable(text_of(*body, "error_description"));
  return failure;
}

OidcRefusal oidc_refusal(const AwsFailure& failure) {
  const auto row = std::ranges::find(kRefusals, failure.code, &RefusalRow::code);
  return row == std::end(kRefusals) ? OidcRefusal::kOther : row->refusal;
}

}  // namespace broker
