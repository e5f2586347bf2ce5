// Reads one JSON object that holds no secret, strictly: bounded in depth, no duplicate keys, no comments, nothing
// behind the object. Secrets are read by text/json_members.h, which leaves no copies.
//
// Blocks: never.   Fails: nothing where the text is not one such object; no exception of jsoncpp gets out.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

namespace broker {

// `depth`: of objects and lists within one another.
std::optional<Json::Value> read_object(std::string_view text, int depth = 32) noexcept;
// Null where there is none.
const Json::Value* member(const Json::Value& object, std::string_view name);
// Empty where there is none, and where it is no string.
std::string text_of(const Json::Value& object, std::string_view name);
// As a JSON string; ends at a NUL, which nothing that is asked of AWS has.
std::string quoted(std::string_view text);

}  // namespace broker
