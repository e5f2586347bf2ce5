#include "text/json_value.h"

#include <json/json.h>

#include <exception>
#include <memory>

namespace broker {

std::optional<Json::Value> read_object(std::string_view text, int depth) noexcept try {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = depth;
  builder["allowComments"] = false;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value root;
  if (!reader->parse(text.data(), text.data() + text.size(), &root, nullptr) || !root.isObject()) return std::nullopt;
  return root;
} catch (const std::exception&) {
  return std::nullopt;
}

const Json::Value* member(const Json::Value& object, std::string_view name) {
  return object.find(name.data(), name.data() + name.size());
}

std::string text_of(const Json::Value& object, std::string_view name) {
  const Json::Value* found = member(object, name);
  return found && found->isString() ? found->asString() : std::string();
}

std::string quoted(std::string_view text) { return Json::valueToQuotedString(std::string(text).c_str()); }

}  // namespace broker
