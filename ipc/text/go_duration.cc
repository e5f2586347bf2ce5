#include "ipc/text/go_duration.h"

#include <cstdint>
#include <limits>

namespace ipc {
namespace {

struct Unit {
  std::string_view word;
  std::uint64_t nanoseconds;
};

// Longer words first where one begins another: "ms" before "m". Micro has two signs in Unicode.
constexpr Unit kUnits[] = {
    {"ns", 1},         {"us", 1'000},        {"\xC2\xB5s", 1'000},  {"\xCE\xBCs", 1'000},
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000},
};

constexpr std::uint64_t kLongest = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxText = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text.substr(0, 32)) out += (c >= ' ' && c <= '~') ? c : '?';
  if (text.size() > 32) out += "...";
  return out + "\"";
}

std::unexpected<Error> malformed(std::string_view text, const std::string& why) {
  return fail(Fault::kUsage, quoted(text) + " is not a duration: " + why, "write for example 90s, 15m or 1h30m");
}

// A decimal number taken from the front of `rest`: whole + fraction / scale.
struct Decimal {
  std::uint64_t whole = 0, fraction = 0, scale = 1;
  bool any_digit = false, too_long = false;
};

Decimal take_decimal(std::string_view& rest) {
  Decimal number;
  for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1)) {
    number.any_digit = true;
    number.too_long |= number.whole > kLongest / 10;
    number.whole = number.too_long ? 0 : number.whole * 10 + static_cast<std::uint64_t>(rest[0] - '0');
  }
  if (rest.empty() || rest[0] != '.') return number;
  rest.remove_prefix(1);
  for (; !rest.empty() && is_digit(rest[0]); rest.remove_prefix(1)) {
    number.any_digit = true;
    if (number.scale > kLongest / 100) continue;  // finer than any unit can show
    number.fraction = number.fraction * 10 + static_cast<std::uint64_t>(rest[0] - '0');
    number.scale *= 10;
  }
  return number;
}

const Unit* take_unit(std::string_view& rest) {
  for (const Unit& unit : kUnits) {
    if (!rest.starts_with(unit.word)) continue;
    rest.remove_prefix(unit.word.size());
    return &unit;
  }
  return nullptr;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  if (text.size() > kMaxText) return malformed(text, "it is too long");
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return malformed(text, "it has no number");
  if (rest == "0") return std::chrono::nanoseconds(0);

  unsigned __int128 total = 0;
  while (!rest.empty()) {
    const Decimal number = take_decimal(rest);
    if (!number.any_digit) return malformed(text, "a number is missing");
    const Unit* unit = take_unit(rest);
    if (unit == nullptr) return malformed(text, "each number needs a unit: h, m, s, ms, us or ns");
    using Wide = unsigned __int128;
    total += Wide(number.whole) * unit->nanoseconds + Wide(number.fraction) * unit->nanoseconds / number.scale;
    if (number.too_long || total > kLongest) return malformed(text, "it is longer than 292 years");
  }
  const auto length = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(negative ? -length : length);
}

}  // namespace ipc
