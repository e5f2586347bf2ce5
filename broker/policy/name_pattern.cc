#include "policy/name_pattern.h"

#include "ipc/text/glob.h"

namespace broker {

bool matches(const NamePattern& pattern, std::string_view name) {
  return pattern.glob ? ipc::glob_matches(pattern.text, name) : pattern.text == name;
}

}  // namespace broker
