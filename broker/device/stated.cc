#include "device/stated.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "text/ascii.h"
#include "text/json_value.h"
#include "ipc/text/nearest_word.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::string_view kKeys[] = {"disk_encrypted", "mdm_enrolled", "mdm_compliant", "firewall_enabled",
                                      "os_type",        "os_version",   "valid_until"};
constexpr std::size_t kMaxVersion = 64;
constexpr char kRepair[] = "mend it; until then nothing is known of this device";
constexpr int kMaxDepth = 8;

std::unexpected<ipc::Error> unusable(const std::string& why) { return ipc::fail(Fault::kConfig, why, kRepair); }

ipc::Status take_bool(const Json::Value& object, const char* key, std::optional<bool>& fact) {
  if (!object.isMember(key)) return {};
  if (!object[key].isBool()) return unusable(std::string(key) + " is neither true nor false");
  fact = object[key].asBool();
  return {};
}

ipc::Result<std::string> text_at(const Json::Value& object, const char* key) {
  if (!object.isMember(key)) return std::string();
  if (!object[key].isString() || object[key].asString().empty()) return unusable(std::string(key) + " is not a text");
  return object[key].asString();
}

ipc::Status take_os_type(const Json::Value& object, Posture& facts) {
  const ipc::Result<std::string> text = text_at(object, "os_type");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return {};
  const std::string folded = lowered(*text);
  const auto found = std::ranges::find(kOsTypeWords, folded);
  if (found == std::end(kOsTypeWords))
    return unusable("os_type is " + in_quotes(*text) + ipc::suggestion(folded, kOsTypeWords));
  facts.os_type = static_cast<OsType>(found - std::begin(kOsTypeWords));
  return {};
}

ipc::Status take_os_version(const Json::Value& object, Posture& facts) {
  const ipc::Result<std::string> text = text_at(object, "os_version");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return {};
  const auto is_of_a_version = [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || std::strchr(".-+_~ ", c));
  };
  const bool has_digit = text->find_first_of("0123456789") != std::string::npos;
  if (text->size() > kMaxVersion || !has_digit || !std::ranges::all_of(*text, is_of_a_version))
    return unusable("os_version is " + in_quotes(*text) + ", which is no version");
  facts.os_version = *text;
  return {};
}

// YYYY-MM-DDTHH:MM:SSZ, or with an offset as +02:00. A fraction would be a guess of somebody's clock: it is refused.
std::optional<std::chrono::sys_seconds> instant_from(std::string_view text) {
  const auto read = read_rfc3339(text);
  const bool shaped = read && read->between == 'T' && read->has_seconds && !read->has_fraction && read->east &&
                      text.back() != 'z' && read->second < 60;
  return shaped ? std::optional(read->utc()) : std::nullopt;
}

ipc::Status take_valid_until(const Json::Value& object, StatedPosture& stated) {
  const ipc::Result<std::string> text = text_at(object, "valid_until");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return {};
  stated.valid_until = instant_from(*text);
  if (!stated.valid_until) return unusable("valid_until is " + in_quotes(*text) + ", and not as 2026-01-31T12:00:00Z");
  return {};
}

}  // namespace

ipc::Result<StatedPosture> posture_from_json(std::string_view text) {
  if (text.size() > kMaxPostureBytes) return unusable("it is longer than 16 KiB");
  if (text_fault(text)) return unusable("it is not plain UTF-8 text");
  const std::optional<Json::Value> object = read_object(text, kMaxDepth);
  if (!object) return unusable("it is not one JSON object with each key once");
  for (const std::string& key : object->getMemberNames()) {
    if (std::ranges::find(kKeys, key) == std::end(kKeys))
      return unusable("unknown key " + in_quotes(key) + ipc::suggestion(key, kKeys));
  }
  StatedPosture stated;
  Posture& facts = stated.facts;
  for (const ipc::Status& taken :
       {take_bool(*object, "disk_encrypted", facts.encrypted), take_bool(*object, "mdm_enrolled", facts.mdm_enrolled),
        take_bool(*object, "mdm_compliant", facts.mdm_compliant),
        take_bool(*object, "firewall_enabled", facts.firewall), take_os_type(*object, facts),
        take_os_version(*object, facts), take_valid_until(*object, stated)}) {
    if (!taken) return std::unexpected(taken.error());
  }
  return stated;
}

}  // namespace broker
