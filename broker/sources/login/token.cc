#include "sources/login/token.h"

#include <algorithm>

#include "aws/key_syntax.h"
#include "ipc/text/json_string.h"
#include "sources/login/dpop.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/json_members.h"
#include "text/json_scan.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kMaxAccount = 64, kMaxEnd = 64, kMaxClient = 256;
constexpr std::string_view kMembers[] = {"accessToken", "clientId", "refreshToken", "dpopKey"};

ipc::Status read_keys(std::string_view json, LoginToken& token) {
  const auto members = JsonMembers::read(json);
  if (!members) return std::unexpected(members.error());
  auto id = members->text("accessKeyId", 128);
  if (!id) return std::unexpected(id.error());
  if (!is_access_key_id(*id)) return ipc::fail(Fault::kProtocol, "has an accessKeyId that is no key's");
  auto secret = members->secret("secretAccessKey", kMaxKeySecret),
       session = members->secret("sessionToken", kMaxKeyToken);
  if (!secret) return std::unexpected(secret.error());
  if (!session) return std::unexpected(session.error());
  const auto ends = members->text("expiresAt", kMaxEnd);
  if (!ends) return std::unexpected(ends.error());
  const auto time = read_lenient_time(*ends);
  if (!time)
    return ipc::fail(Fault::kProtocol, "has a value for expiresAt that is no moment such as 2026-01-31T12:00:00Z");
  if (members->has("accountId")) {
    auto account = members->text("accountId", kMaxAccount);
    if (!account) return std::unexpected(account.error());
    token.account_id = std::move(*account);
  }
  token.access_key_id = std::move(*id);
  token.secret_access_key = std::move(*secret);
  token.session_token = std::move(*session);
  token.ends = *time;
  return {};
}

// Of several lines, which no other secret has.
ipc::Status read_key(const JsonMembers& members, LoginToken& token) {
  const auto found = std::ranges::find(members.all(), "dpopKey", [](const auto& member) { return member.first; });
  if (found == members.all().end()) return ipc::fail(Fault::kProtocol, "has no dpopKey");
  const SecretJsonText text(found->second);
  if (!text || text.reveal().empty() || text.reveal().size() > DpopKey::kMaxPem)
    return ipc::fail(Fault::kProtocol, "has a value for dpopKey that is no key");
  auto key = ipc::SecretBuffer::copy_if_room(text.reveal());
  if (!key) return std::unexpected(key.error());
  token.dpop_key = std::move(*key);
  return {};
}

// A name as it stands between its quotes.
std::string bare_name(std::string_view name) {
  std::string text;
  ipc::append_json_string(text, name);
  return text.substr(1, text.size() - 2);
}

}  // namespace

ipc::Result<LoginToken> read_login_token(std::string_view json) {
  const auto members = JsonMembers::read(json);
  if (!members) return std::unexpected(members.error());
  LoginToken token;
  const auto keys = members->object("accessToken");
  if (!keys) return std::unexpected(keys.error());
  if (const ipc::Status read = read_keys(*keys, token); !read) return std::unexpected(read.error());
  auto client = members->text("clientId", kMaxClient);
  if (!client) return std::unexpected(client.error());
  token.client_id = std::move(*client);
  auto refresh = members->secret("refreshToken", kMaxLoginRefresh);
  if (!refresh) return std::unexpected(refresh.error());
  token.refresh = std::move(*refresh);
  if (const ipc::Status read = read_key(*members, token); !read) return std::unexpected(read.error());
  for (const auto& [name, value] : members->all()) {
    if (std::ranges::find(kMembers, name) == std::end(kMembers)) token.others.emplace_back(bare_name(name), value);
  }
  return token;
}

std::string login_token_text(const LoginToken& token) {
  JsonText text;
  text.open_object().open_object("accessToken");
  text.text("accessKeyId", token.access_key_id).text("secretAccessKey", token.secret_access_key.reveal());
  text.text("sessionToken", token.session_token.reveal());
  if (!token.account_id.empty()) text.text("accountId", token.account_id);
  text.text("expiresAt", rfc3339(token.ends).text()).close_object();
  text.text("clientId", token.client_id).text("refreshToken", token.refresh.reveal());
  text.text("dpopKey", token.dpop_key.reveal());
  for (const auto& [name, json] : token.others) text.raw(name, json);
  return std::move(text.close_object()).take();
}

std::string login_token_name(std::string_view session) { return sha256_hex(session); }

}  // namespace broker
