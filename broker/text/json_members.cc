#include "text/json_members.h"

#include <algorithm>
#include <charconv>

#include "text/ascii.h"
#include "text/json_scan.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kMostMembers = 64;

std::unexpected<ipc::Error> bad(std::string what) { return ipc::fail(Fault::kProtocol, std::move(what)); }

ipc::Status check(const SecretJsonText& decoded, std::string_view name, std::size_t most) {
  const std::string member(name);
  if (!decoded) return bad("has a value for " + member + " that is no text");
  if (decoded.reveal().size() > most) return bad("has a value for " + member + " that is too long");
  if (is_visible(decoded.reveal())) return {};
  return bad("has a value for " + member + " that is empty, or has spaces, line ends or other bytes");
}

}  // namespace

ipc::Result<JsonMembers> JsonMembers::read(std::string_view json) {
  JsonMembers members;
  std::string wrong;
  const bool whole = walk_json_object(json, [&](std::string name, std::string_view value) {
    const bool twice = std::ranges::any_of(members.members_, [&](const auto& seen) { return seen.first == name; });
    if (twice || members.members_.size() == kMostMembers) {
      wrong = twice ? "has a member twice" : "has too many members";
      return false;
    }
    members.members_.emplace_back(std::move(name), value);
    return true;
  });
  if (!wrong.empty()) return bad(std::move(wrong));
  if (!whole) return bad("is not one JSON object");
  return members;
}

std::string_view JsonMembers::value(std::string_view name) const {
  const auto found = std::ranges::find_if(members_, [&](const auto& member) { return member.first == name; });
  return found == members_.end() || found->second == "null" ? std::string_view() : found->second;
}

ipc::Result<std::string> JsonMembers::text(std::string_view name, std::size_t most) const {
  if (!has(name)) return bad("has no " + std::string(name));
  const SecretJsonText decoded(value(name));
  if (const ipc::Status sound = check(decoded, name, most); !sound) return std::unexpected(sound.error());
  return decoded.reveal();
}

ipc::Result<ipc::SecretBuffer> JsonMembers::secret(std::string_view name, std::size_t most) const {
  if (!has(name)) return bad("has no " + std::string(name));
  const SecretJsonText decoded(value(name));
  if (const ipc::Status sound = check(decoded, name, most); !sound) return std::unexpected(sound.error());
  return ipc::SecretBuffer::copy_if_room(decoded.reveal());
}

ipc::Result<std::int64_t> JsonMembers::number(std::string_view name, std::int64_t least, std::int64_t most) const {
  if (!has(name)) return bad("has no " + std::string(name));
  const std::string_view digits = value(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || number < least || number > most) {
    return bad("has a value for " + std::string(name) + " that is no whole number from " + std::to_string(least) +
               " to " + std::to_string(most));
  }
  return number;
}

ipc::Result<std::string_view> JsonMembers::object(std::string_view name) const {
  if (!has(name)) return bad("has no " + std::string(name));
  if (!value(name).starts_with('{')) return bad("has a value for " + std::string(name) + " that is no object");
  return value(name);
}

}  // namespace broker
