#include "posture_json.h"

#include <json/json.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ascii.h"
#include "ipc/nearest_word.h"
#include "plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::string_view kKeys[] = {"disk_encrypted", "mdm_enrolled", "mdm_compliant", "firewall_enabled",
                                      "os_type",        "os_version",   "valid_until"};
constexpr std::size_t kMaxVersion = 64;
constexpr char kRepair[] = "mend it; until then nothing is known of this device";

std::unexpected<ipc::Error> unusable(const std::string& why) { return ipc::fail(Fault::kConfig, why, kRepair); }

ipc::Result<Json::Value> object_from(std::string_view text) try {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = 8;
  builder["allowComments"] = false;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value root;
  if (!reader->parse(text.data(), text.data() + text.size(), &root, nullptr) || !root.isObject())
    return unusable("it is not one JSON object with each key once");
  return root;
} catch (const std::exception&) {
  return unusable("it is not one JSON object with each key once");
}

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
std::optional<std::chrono::sys_seconds> instant_from(const std::string& text) {
  using namespace std::chrono;
  int year_ = 0, month_ = 0, day_ = 0, hour = 0, minute = 0, second = 0, used = 0;
  char zone[8] = {};
  const bool shaped = text.size() >= 20 && text.size() <= 25 && text.find_first_not_of("0123456789-:TZ+") == text.npos;
  if (!shaped ||
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year_, &month_, &day_, &hour, &minute, &second, &used) !=
          6 ||
      used != 19)
    return std::nullopt;
  const year_month_day date(year(year_), month(static_cast<unsigned>(month_)), day(static_cast<unsigned>(day_)));
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  const sys_seconds local = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  if (text.substr(19) == "Z") return local;
  int off_hours = 0, off_minutes = 0;
  used = 0;
  if (text.size() != 25 ||
      std::sscanf(text.c_str() + 19, "%1[+-]%2d:%2d%n", zone, &off_hours, &off_minutes, &used) != 3 || used != 6 ||
      off_hours < 0 || off_hours > 23 || off_minutes < 0 || off_minutes > 59)
    return std::nullopt;
  const minutes offset = hours(off_hours) + minutes(off_minutes);
  return zone[0] == '+' ? local - offset : local + offset;
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
  const ipc::Result<Json::Value> object = object_from(text);
  if (!object) return std::unexpected(object.error());
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
