#include "ipc/text/byte_size.h"

#include <charconv>
#include <limits>
#include <utility>

namespace ipc {
namespace {

constexpr std::uint64_t kMi = 1024 * 1024;

// What one unit is in bytes; 0 for none that we know.
std::uint64_t unit_bytes(std::string_view unit) {
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"", 1},      {"KiB", 1024}, {"MiB", kMi},     {"GiB", 1024 * kMi},
      {"kB", 1000}, {"KB", 1000},  {"MB", 1000'000}, {"GB", 1000'000'000},
  };
  for (const auto& [name, bytes] : kUnits) {
    if (name == unit) return bytes;
  }
  return 0;
}

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::uint64_t unit = unit_bytes({end, static_cast<std::size_t>(text.data() + text.size() - end)});
  if (error == std::errc::invalid_argument || unit == 0) return std::nullopt;
  return error != std::errc{} || number > kMost / unit ? kMost : number * unit;
}

}  // namespace ipc
