#include "nearest.h"

#include <algorithm>
#include <vector>

namespace supervisor {
namespace {

constexpr std::size_t kTooFar = 4;

// Levenshtein distance: how many letters were mistyped.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> known) {
  std::string_view best;
  // A word that has hardly a letter of its own left is no misspelling of it.
  std::size_t best_distance = std::min(kTooFar, std::max<std::size_t>(typed.size(), 2));
  for (const std::string_view word : known) {
    const std::size_t d = distance(typed, word);
    if (d < best_distance) {
      best = word;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace supervisor
