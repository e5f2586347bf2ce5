// Which check refused a request: the codes of caller/checks.def, for the decision log. Not for the client.
//
// Blocks: never.
#pragma once

#include <cstdint>
#include <string_view>

namespace broker {

enum class Check : std::uint8_t {
#define CHECK(code, name, text) code,
#include "caller/checks.def"
#undef CHECK
};

// The name that the decision log prints, such as "peer-outside-tree".
constexpr std::string_view check_name(Check check) {
  constexpr std::string_view kNames[] = {
#define CHECK(code, name, text) name,
#include "caller/checks.def"
#undef CHECK
  };
  return kNames[static_cast<std::size_t>(check)];
}

// What was found, as a sentence's tail.
constexpr std::string_view check_text(Check check) {
  constexpr std::string_view kTexts[] = {
#define CHECK(code, name, text) text,
#include "caller/checks.def"
#undef CHECK
  };
  return kTexts[static_cast<std::size_t>(check)];
}

// Whether it says nothing against the caller: the look came too late, was cut short, or met a change. Such a client is
// told to ask again (503), which SDKs do; after a 403 many give up.
constexpr bool may_pass_later(Check check) {
  switch (check) {
    case Check::kTreeUnstable:
    case Check::kSocketLookup:
    case Check::kHolderCutShort:
    case Check::kHolderChanged:
    case Check::kWitnessLate:
    case Check::kTooMany:
      return true;
    default:
      return false;
  }
}

}  // namespace broker
