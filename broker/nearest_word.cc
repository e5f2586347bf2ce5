#include "nearest_word.h"

#include <algorithm>
#include <vector>

#include "ascii.h"

namespace broker {
namespace {

constexpr std::size_t kMaxCompared = 64;  // nobody misspells longer words, and the cost is quadratic

// Insertions, deletions and replacements that turn one word into the other; case is free.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(from[i - 1]) == lower(to[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[to.size()];
}

}  // namespace

std::optional<std::string_view> nearest_word(std::string_view given, std::span<const std::string_view> known) {
  if (given.size() > kMaxCompared) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t least = std::max<std::size_t>(1, (given.size() + 1) / 3) + 1;
  for (std::string_view candidate : known) {
    if (candidate.size() > kMaxCompared) continue;
    const std::size_t distance = edits(given, candidate);
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

}  // namespace broker
