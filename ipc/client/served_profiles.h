// The profiles of one run, as its processes name them to one another.
//
// Runs in: broker, frontend, supervisor.   Blocks: never. Pure.
// Units: bytes. A name in a path has at most three for each of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ipc {

// Each further one has its own room in the memory for secrets (broker/serve/secret_budget.h).
inline constexpr std::size_t kMostProfiles = 64;
inline constexpr std::size_t kMaxProfileName = 256;
inline constexpr std::size_t kMaxProfileInPath = 3 * kMaxProfileName;

// Not empty, within the bound, and without control characters: what a name that comes from another process has to be.
[[nodiscard]] bool is_profile_name(std::string_view name);

constexpr bool stands_for_itself_in_path(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Letters, digits and -._~ as they are, every other byte as %XX with capital digits (RFC 3986, 2.1 to 2.3): nothing of
// it means anything to a shell, to Python's shlex or in an HTTP head.
[[nodiscard]] std::string profile_in_path(std::string_view name);
// Reads back what that function writes, and no other spelling. Fails, with nothing written to `name`: a byte or an
// escape that it does not write, a control character, an empty or too long name.
[[nodiscard]] bool read_profile_in_path(std::string_view text, std::string& name);

}  // namespace ipc
