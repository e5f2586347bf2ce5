#include "services/console.h"

#include <algorithm>
#include <iterator>

#include "ipc/text/login_page.h"
#include "text/ascii.h"
#include "text/json_line.h"
#include "text/json_members.h"
#include "text/percent.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

struct Console {
  std::string_view partition, sign_in, console, domain;
};

#define CONSOLE(partition, sign_in, console, domain) Console{partition, sign_in, console, domain},
constexpr Console kConsoles[] = {
#include "services/console_hosts.def"
};
#undef CONSOLE

ipc::Result<Console> console_of(const std::string& partition) {
  const auto row = std::ranges::find(kConsoles, partition, &Console::partition);
  if (row != std::end(kConsoles)) return *row;
  return ipc::fail(Fault::kConfig, "the console of partition " + partition + " is not known here",
                   "sign in on its own page");
}

bool is_service_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

bool is_at(std::string_view url, std::string_view domain) {
  constexpr std::string_view kHttps = "https://";
  if (!url.starts_with(kHttps) || !ipc::is_login_page(url)) return false;
  url.remove_prefix(kHttps.size());
  const std::string host = lowered(url.substr(0, url.find_first_of("/?#")));
  return host == domain || host.ends_with("." + std::string(domain));
}

}  // namespace

ipc::Result<AwsEndpoint> federation_endpoint(const ConsolePlace& place) {
  const ipc::Result<Console> console = console_of(place.partition);
  if (!console) return std::unexpected(console.error());
  const std::string host(console->sign_in);
  return AwsEndpoint{"https://" + host, host, true, place.region};
}

ipc::Result<std::string> console_destination(const ConsolePlace& place, std::string_view asked) {
  const ipc::Result<Console> console = console_of(place.partition);
  if (!console) return std::unexpected(console.error());
  const std::string home = "/home" + (place.region.empty() ? "" : "?region=" + place.region);
  if (asked.empty() || is_service_word(asked)) {
    return "https://" + std::string(console->console) + "/" + std::string(asked.empty() ? "console" : asked) + home;
  }
  if (is_at(asked, console->domain)) return std::string(asked);
  return ipc::fail(
      Fault::kUsage, "--destination is no page of the console of partition " + place.partition,
      "give the word of a service, as s3, or a URL that begins with https://" + std::string(console->console) + "/");
}

AwsRequest get_sign_in_token(const AwsEndpoint& endpoint, const BaseKey& session) {
  JsonLine keys;
  keys.text("sessionId", session.access_key_id).text("sessionKey", session.secret_access_key.reveal());
  keys.text("sessionToken", session.session_token.reveal());
  AwsRequest request{"signin",
                     "getSigninToken",
                     endpoint,
                     {{"Content-Type", "application/x-www-form-urlencoded"}},
                     "Action=getSigninToken&Session=" + uri_encode(std::move(keys).object())};
  request.path = "/federation";
  request.anonymous = true;
  return request;
}

ipc::Result<SecretBuffer> read_sign_in_token(std::string_view body) {
  const auto members = JsonMembers::read(body);
  auto token = members ? members->secret("SigninToken", kMaxSignInToken)
                       : ipc::Result<SecretBuffer>(std::unexpected(members.error()));
  if (token) return token;
  return ipc::fail(Fault::kProtocol, "the answer to getSigninToken " + token.error().what,
                   "check that the endpoint is AWS's sign-in");
}

AwsFailure read_sign_in_failure(const HttpAnswer& answer) {
  AwsFailure failure{answer.status, {}, {}};
  failure.retry_after = answer.retry_after;
  return failure;
}

ipc::Result<SecretBuffer> console_page(const AwsEndpoint& endpoint, std::string_view destination,
                                       std::string_view token) {
  const std::string text = endpoint.url + "/federation?Action=login&Destination=" + uri_encode(destination) +
                           "&SigninToken=" + uri_encode(token);
  if (text.size() <= kMaxConsolePage) return SecretBuffer::copy_of(text);
  return ipc::fail(Fault::kProtocol, "the page of the console has a longer address than browsers take",
                   "give a shorter --destination");
}

}  // namespace broker
