#include "terminal/nearest.h"

#include <algorithm>

#include "ipc/edit_distance.h"

namespace supervisor {
namespace {

constexpr std::size_t kTooFar = 4;

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> known) {
  std::string_view best;
  // A word that has hardly a letter of its own left is no misspelling of it.
  std::size_t best_distance = std::min(kTooFar, std::max<std::size_t>(typed.size(), 2));
  for (const std::string_view word : known) {
    const std::size_t d = ipc::edit_distance(typed, word);
    if (d < best_distance) {
      best = word;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace supervisor
