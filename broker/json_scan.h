// A strict walk over one JSON value that keeps the bytes: where each member of an object begins and ends.
//
// Signatures are over bytes, and jsoncpp gives back none of those that it has read.
// Runs in: broker and sentinel-audit.   Blocks: never.   Source: RFC 8259.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace broker {

inline constexpr int kMaxJsonDepth = 16;

// The text of a JSON string, quotes included; nothing where it is malformed, not UTF-8 or half a surrogate pair.
std::optional<std::string> decode_json_string(std::string_view literal);

// Calls `member(key, value)` for each member of the object that `json` is, in order; `value` is its bytes. False, at
// once, for anything that is not one valid JSON object, and for a member whose call returns false.
using JsonMember = std::function<bool(std::string key, std::string_view value)>;
bool walk_json_object(std::string_view json, const JsonMember& member);

}  // namespace broker
