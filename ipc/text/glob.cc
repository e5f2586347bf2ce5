#include "ipc/text/glob.h"

namespace ipc {

// The last star is the only one worth going back to, so the work is bounded by length times length.
bool glob_matches(std::string_view pattern, std::string_view name) {
  // The end first: most names that do not match differ there or at the start.
  while (!pattern.empty() && pattern.back() != '*') {
    if (name.empty() || (pattern.back() != '?' && pattern.back() != name.back())) return false;
    pattern.remove_suffix(1);
    name.remove_suffix(1);
  }
  std::size_t p = 0, n = 0, star = std::string_view::npos, behind_star = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      behind_star = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace ipc
