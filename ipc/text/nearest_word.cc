#include "ipc/text/nearest_word.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ipc/text/ascii.h"

namespace ipc {
namespace {

constexpr std::size_t kMaxCompared = 64;  // the cost is quadratic, and no word of ours is half as long

}  // namespace

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last(to.size() + 1), last(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[to.size()];
}

std::optional<std::string_view> nearest_word(std::string_view given, std::span<const std::string_view> known) {
  if (given.size() > kMaxCompared) return std::nullopt;
  const std::string wanted = lowered(given);
  std::optional<std::string_view> best;
  std::size_t least = std::max<std::size_t>(1, (given.size() + 1) / 3) + 1;
  for (const std::string_view candidate : known) {
    if (candidate.size() > kMaxCompared) continue;
    const std::size_t distance = edit_distance(wanted, lowered(candidate));
    if (distance < least) best = candidate, least = distance;
  }
  return best;
}

std::string suggestion(std::string_view given, std::span<const std::string_view> known) {
  if (const auto near = nearest_word(given, known)) return "; did you mean \"" + std::string(*near) + "\"?";
  std::string out = "; it can be ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) out += i + 1 == known.size() ? " or " : ", ";
    out += known[i];
  }
  return out;
}

}  // namespace ipc
