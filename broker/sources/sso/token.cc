#include "sources/sso/token.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "ipc/text/json_string.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/json_members.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

constexpr std::size_t kMaxRegion = 64, kMaxTime = 64;
constexpr std::string_view kTokenMembers[] = {"startUrl", "region",       "accessToken",           "expiresAt",
                                              "clientId", "clientSecret", "registrationExpiresAt", "refreshToken"};

ipc::Result<std::chrono::sys_seconds> moment(const JsonMembers& members, std::string_view name) {
  const auto text = members.text(name, kMaxTime);
  if (!text) return std::unexpected(text.error());
  if (const auto time = read_lenient_time(*text)) return *time;
  return ipc::fail(ipc::Fault::kProtocol,
                   "has a value for " + std::string(name) + " that is no moment such as 2026-01-31T12:00:00Z");
}

// Puts a member that need not be there where it belongs; false where it is there and wrong.
template <class Read, class Out>
bool optional(const JsonMembers& members, std::string_view name, Read read, Out& out, ipc::Status& status) {
  if (!members.has(name)) return true;
  auto value = read(members, name);
  if (!value) {
    status = std::unexpected(std::move(value.error()));
    return false;
  }
  out = std::move(*value);
  return true;
}

auto text_up_to(std::size_t most) {
  return [most](const JsonMembers& members, std::string_view name) { return members.text(name, most); };
}

auto secret_up_to(std::size_t most) {
  return [most](const JsonMembers& members, std::string_view name) { return members.secret(name, most); };
}

// With all three parts it can be used, else there is none.
ipc::Status read_client(const JsonMembers& members, std::string_view ends, SsoClient& client) {
  ipc::Status status;
  const bool sound = optional(members, "clientId", text_up_to(kMaxClientId), client.id, status) &&
                     optional(members, "clientSecret", secret_up_to(kMaxSsoSecret), client.secret, status) &&
                     optional(members, ends, moment, client.ends, status);
  if (sound && (client.secret.empty() || client.ends == std::chrono::sys_seconds())) client.id.clear();
  return status;
}

std::string text_of(std::chrono::sys_seconds time) { return std::string(rfc3339(time).text()); }

void add_client(JsonLine& line, const SsoClient& client, std::string_view ends) {
  line.text("clientId", client.id).text("clientSecret", client.secret.reveal()).text(ends, text_of(client.ends));
}

// A name as it stands between its quotes.
std::string key(std::string_view name) {
  std::string quoted;
  ipc::append_json_string(quoted, name);
  return quoted.substr(1, quoted.size() - 2);
}

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, 20> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr) != 1) return {};
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// As Python's json.dumps() writes an ASCII text, which names of sections and URLs are. Another text makes another name:
// its registration is then not shared.
std::string python_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string python_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + python_text(text);
  return "[" + out + "]";
}

// The AWS CLI writes the grants of a registration for the browser's way alone.
bool names_code_grant(const JsonMembers& members) {
  const auto grants = std::ranges::find_if(members.all(), [](const auto& one) { return one.first == "grantTypes"; });
  return grants != members.all().end() && grants->second.find("\"authorization_code\"") != std::string_view::npos;
}

std::string_view trimmed_url(std::string_view url) {
  while (url.ends_with('/') || url.ends_with('#')) url.remove_suffix(1);
  return url;
}

}  // namespace

ipc::Result<SsoToken> read_sso_token(std::string_view json) {
  const auto members = JsonMembers::read(json);
  if (!members) return std::unexpected(members.error());
  SsoToken token;
  auto access = members->secret("accessToken", kMaxSsoSecret);
  if (!access) return std::unexpected(access.error());
  token.access = std::move(*access);
  const auto ends = moment(*members, "expiresAt");
  if (!ends) return std::unexpected(ends.error());
  token.ends = *ends;
  ipc::Status status;
  const bool sound = optional(*members, "startUrl", text_up_to(kMaxUrl), token.start_url, status) &&
                     optional(*members, "region", text_up_to(kMaxRegion), token.region, status) &&
                     optional(*members, "refreshToken", secret_up_to(kMaxSsoSecret), token.refresh, status);
  if (sound) status = read_client(*members, "registrationExpiresAt", token.client);
  if (!status) return std::unexpected(status.error());
  for (const auto& [name, value] : members->all()) {
    if (std::ranges::find(kTokenMembers, name) == std::end(kTokenMembers)) token.others.emplace_back(key(name), value);
  }
  return token;
}

std::string sso_token_text(const SsoToken& token) {
  JsonLine line;
  line.text_if("startUrl", token.start_url).text_if("region", token.region);
  line.text("accessToken", token.access.reveal()).text("expiresAt", text_of(token.ends));
  if (!token.client.id.empty()) add_client(line, token.client, "registrationExpiresAt");
  line.text_if("refreshToken", token.refresh.reveal());
  for (const auto& [name, json] : token.others) line.raw(name, json);
  return std::move(line).object();
}

ipc::Result<SsoClient> read_sso_client(std::string_view json) {
  const auto members = JsonMembers::read(json);
  if (!members) return std::unexpected(members.error());
  SsoClient client;
  if (const ipc::Status read = read_client(*members, "expiresAt", client); !read) return std::unexpected(read.error());
  if (client.id.empty()) return ipc::fail(ipc::Fault::kProtocol, "has no whole registration");
  if (names_code_grant(*members)) client.way = SsoWay::kBrowser;
  return client;
}

std::string sso_client_text(const SsoClient& client, const std::vector<std::string>& scopes) {
  JsonLine line;
  add_client(line, client, "expiresAt");
  const bool browser = client.way == SsoWay::kBrowser;
  if (!scopes.empty()) line.raw("scopes", python_list(scopes));
  if (browser && scopes.empty()) line.raw("scopes", python_list({std::string(kDefaultSsoScope)}));
  if (browser) line.raw("grantTypes", python_list({"authorization_code", "refresh_token"}));
  return std::move(line).object();
}

std::string sso_token_name(const SsoPlan& plan) {
  return sha1_hex(plan.session.empty() ? plan.start_url : plan.session);
}

std::string sso_client_name(const SsoPlan& plan) {
  return sha1_hex(R"({"region": )" + python_text(plan.region) + R"(, "scopes": )" +
                  (plan.scopes.empty() ? "null" : python_list(plan.scopes)) + R"(, "session_name": )" +
                  (plan.session.empty() ? "null" : python_text(plan.session)) + R"(, "startUrl": )" +
                  python_text(plan.start_url) + R"(, "tool": "botocore"})");
}

bool same_start_url(std::string_view a, std::string_view b) { return trimmed_url(a) == trimmed_url(b); }

}  // namespace broker
