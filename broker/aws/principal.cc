#include "aws/principal.h"

#include <algorithm>
#include <array>

#include "aws/endpoint.h"
#include "aws/iam_syntax.h"
#include "text/ascii.h"
#include "text/plain_text.h"

namespace broker {
namespace {

constexpr std::size_t kMaxArnBytes = 2048;
constexpr std::string_view kRootUser = "root";
constexpr std::string_view kReservedRolePrefix = "AWSReservedSSO_";  // IAM lets no customer make a role of this name

bool is_name(std::string_view text, std::string_view extra) {
  return !text.empty() &&
         std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || extra.find(c) != extra.npos; });
}

// What IAM allows in user, role and session names.
bool is_iam_name(std::string_view text) { return text.size() <= 64 && is_name(text, "_+=,.@-"); }

// The first `N` colon-separated parts; the last takes the rest. False when there are fewer.
template <std::size_t N>
bool split_into(std::string_view text, std::array<std::string_view, N>& parts) {
  for (std::size_t i = 0; i + 1 < N; ++i) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    parts[i] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  parts[N - 1] = text;
  return true;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Fills type and user from what follows the account; false when it is none of the four kinds.
bool read_resource(std::string_view service, std::string_view resource, Principal& who) {
  if (service == "iam" && resource == "root") {
    who.type = who.user = kRootUser;
    return true;
  }
  if (service == "iam" && take_prefix(resource, "user/")) {
    who.type = "user";
    const std::size_t slash = resource.rfind('/');
    who.user = slash == std::string_view::npos ? resource : resource.substr(slash + 1);
    return is_iam_name(who.user);
  }
  if (service == "sts" && take_prefix(resource, "assumed-role/")) {
    who.type = "assumed-role";
    const std::size_t slash = resource.find('/');
    if (slash == std::string_view::npos) return false;
    const std::string_view role = resource.substr(0, slash), session = resource.substr(slash + 1);
    if (role.starts_with(kReservedRolePrefix)) who.user = session;
    return is_iam_name(role) && is_iam_name(session);
  }
  if (service == "sts" && take_prefix(resource, "federated-user/")) {
    who.type = "federated-user";
    return is_iam_name(resource);
  }
  return false;
}

}  // namespace

ipc::Result<Principal> parse_principal(std::string_view arn, std::string_view account) {
  const auto bad = [&] {
    return ipc::fail(ipc::Fault::kProtocol,
                     "the caller's ARN '" + printable(arn, 120) + "' is not one that can be judged",
                     "use the key of an IAM user, or check that the endpoint is AWS STS");
  };
  std::array<std::string_view, 6> parts;  // arn : partition : service : region : account : resource
  if (arn.size() > kMaxArnBytes || !split_into(arn, parts) || parts[0] != "arn" || !parts[3].empty()) return bad();
  if (!is_partition(parts[1])) return bad();
  if (!is_account_id(parts[4]) || parts[4] != account) return bad();
  Principal who{std::string(arn), std::string(account), {}, {}};
  if (!read_resource(parts[2], parts[5], who)) return bad();
  if (who.user == kRootUser && who.type != kRootUser) who.user.clear();  // IAM lets a user be called root; it is not
  return who;
}

std::string_view without_session_name(std::string_view arn) {
  return arn.find(":assumed-role/") == std::string_view::npos ? arn : arn.substr(0, arn.rfind('/'));
}

}  // namespace broker
