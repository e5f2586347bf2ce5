#include "text/nearest_word.h"

#include <algorithm>

#include "ipc/edit_distance.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::size_t kMaxCompared = 64;  // nobody misspells longer words, and the cost is quadratic

}  // namespace

std::optional<std::string_view> nearest_word(std::string_view given, std::span<const std::string_view> known) {
  if (given.size() > kMaxCompared) return std::nullopt;
  const std::string wanted = lowered(given);  // case is free
  std::optional<std::string_view> best;
  std::size_t least = std::max<std::size_t>(1, (given.size() + 1) / 3) + 1;
  for (std::string_view candidate : known) {
    if (candidate.size() > kMaxCompared) continue;
    const std::size_t distance = ipc::edit_distance(wanted, lowered(candidate));
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
