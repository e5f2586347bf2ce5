#include "start/profile_choice.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "ipc/text/nearest_word.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kAskAgain = "type a number of the list, or the beginning of one name";

// "dev-a, dev-b and 3 more"
std::string some_of(std::span<const std::string* const> names) {
  constexpr std::size_t kShown = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) out += (i > 0 ? ", " : "") + harmless(*names[i]);
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

std::string nearest(std::span<const std::string> names, std::string_view typed) {
  if (typed.find_first_not_of("0123456789") == typed.npos) return std::string(kAskAgain);
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto best = ipc::nearest_word(typed, known);
  return best ? "did you mean " + harmless(*best) + "?" : std::string(kAskAgain);
}

}  // namespace

std::string numbered(std::span<const std::string> names) {
  const std::size_t width = std::to_string(names.size()).size();
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    out += "  " + std::string(width - number.size(), ' ') + number + "  " + harmless(names[i]) + "\n";
  }
  return out;
}

ipc::Result<std::string> chosen(std::span<const std::string> names, std::string_view typed) {
  if (typed.empty()) return ipc::fail(Fault::kUsage, "nothing was typed", std::string(kAskAgain));
  if (std::ranges::find(names, typed) != names.end()) return std::string(typed);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
  if (error == std::errc{} && end == typed.data() + typed.size() && number >= 1 && number <= names.size())
    return names[number - 1];
  std::vector<const std::string*> fit;
  for (const std::string& name : names) {
    if (name.starts_with(typed)) fit.push_back(&name);
  }
  if (fit.size() == 1) return *fit.front();
  if (fit.empty()) return ipc::fail(Fault::kUsage, "no profile is called " + harmless(typed), nearest(names, typed));
  return ipc::fail(Fault::kUsage, harmless(typed) + " is the beginning of " + some_of(fit), "type more of the name");
}

}  // namespace supervisor
