#include "keys/keys_json.h"

#include <array>
#include <optional>

#include "aws/credentials.h"
#include "aws/key_syntax.h"
#include "text/ascii.h"
#include "text/json_scan.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

std::unexpected<ipc::Error> bad(std::string what) { return ipc::fail(Fault::kProtocol, std::move(what), {}); }

// Collects the members that count; `wrong` says why it stopped, where it has a sentence.
class Members {
 public:
  explicit Members(std::string_view token) : names_{"AccessKeyId", "SecretAccessKey", token, "Expiration", "Version"} {}

  bool take(std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (name != names_[i]) continue;
      if (std::exchange(seen_[i], true)) return stop("has " + std::string(name) + " twice");
      return value == "null" || take_known(i, value);
    }
    // For people only; the two forms of services that differ in nothing else.
    if (name == "Code" || name == "code") out.code = decode_json_string(value).value_or("");
    if (name == "Message" || name == "message") out.message = decode_json_string(value).value_or("");
    return true;
  }

  KeysJson out;
  ipc::Error wrong{Fault::kProtocol, {}, {}};

 private:
  bool stop(std::string why) {
    wrong.what = std::move(why);
    return false;
  }

  bool take_known(std::size_t which, std::string_view value) {
    const std::string name(names_[which]);
    if (name == "Version") {
      out.version_1 = value == "1";
      return true;
    }
    const SecretJsonText decoded(value);
    if (!decoded) return stop("has a value for " + name + " that is no text");
    return set(which, name, decoded.reveal());
  }

  // Empty is absent, as programs print a token that there is not; but no end is not said by an empty one: keys that
  // never end are too much to guess.
  bool set(std::size_t which, const std::string& name, std::string_view text) {
    if (text.empty() && name != "Expiration") return true;
    if (which == 0) {
      out.keys.access_key_id = text;
      return is_access_key_id(text) || stop("has an AccessKeyId that is no key's");
    }
    if (which == 3) {
      const auto end = read_lenient_time(text);
      if (end) out.keys.expiration = *end;
      // Such a text means another moment on another machine; botocore fails on it, too.
      if (!end && read_lenient_time(std::string(text) + "Z"))
        return stop("has an Expiration without an offset: a Z behind it says UTC");
      return end || stop("has an Expiration that is no moment such as 2026-01-31T12:00:00Z");
    }
    const std::size_t most = which == 1 ? kMaxKeySecret : kMaxKeyToken;
    if (text.size() > most) return stop("has a value for " + name + " that is too long");
    if (!is_visible(text)) return stop("has a value for " + name + " with characters that no key has");
    auto copy = ipc::SecretBuffer::copy_if_room(text);
    if (!copy) {
      wrong = std::move(copy.error());
      return false;
    }
    (which == 1 ? out.keys.secret_access_key : out.keys.session_token) = std::move(*copy);
    return true;
  }

  std::array<std::string_view, 5> names_;
  std::array<bool, 5> seen_{};
};

// What programs print in the place of an object, or around it; empty where none of it explains why.
std::string_view what_stands_there(std::string_view text) {
  const std::string_view body = trimmed(text);
  if (body.empty()) return ": there is nothing";
  if (body.starts_with("\xef\xbb\xbf")) return ": it begins with a byte order mark";
  if (body.starts_with("\xff\xfe") || body.starts_with("\xfe\xff")) return ": it is UTF-16, and UTF-8 is read";
  if (body.starts_with('<')) return ": it is a page of HTML or XML";
  const std::size_t open = body.find('{');
  if (open == std::string_view::npos) return "";
  if (open != 0 && body.front() != '[') return ": other text stands before it";
  return "";
}

}  // namespace

ipc::Result<KeysJson> read_keys_json(std::string_view json, std::string_view token) {
  Members members(token);
  members.out.keys.expiration = kNever;
  const bool whole = walk_json_object(
      json, [&members](const std::string& name, std::string_view value) { return members.take(name, value); });
  if (!members.wrong.what.empty()) return std::unexpected(std::move(members.wrong));
  if (!whole) return bad("is not one JSON object" + std::string(what_stands_there(json)));
  const IssuedCredentials& keys = members.out.keys;
  const bool some = !keys.access_key_id.empty() || !keys.secret_access_key.empty() || !keys.session_token.empty();
  if (some && keys.access_key_id.empty()) return bad("has no AccessKeyId");
  if (some && keys.secret_access_key.empty()) return bad("has no SecretAccessKey");
  return std::move(members.out);
}

ipc::Status check_not_ended(const IssuedCredentials& keys, std::chrono::sys_seconds now) {
  if (keys.expiration - now >= kTooLittleLife) return {};
  const std::string when(rfc3339(keys.expiration).text());
  if (keys.expiration <= now) return ipc::fail(Fault::kProtocol, "has keys that ended at " + when, {});
  return ipc::fail(Fault::kProtocol, "has keys that end in a moment, at " + when, {});
}

ipc::Status check_temporary(const IssuedCredentials& keys, std::chrono::sys_seconds now) {
  if (keys.access_key_id.empty()) return bad("has no AccessKeyId");
  if (keys.session_token.empty()) return bad("has no Token");
  if (keys.expiration == kNever) return bad("has no Expiration");
  return check_not_ended(keys, now);
}

}  // namespace broker
