// Who a uid is by the host's user and group databases, and which uids are nobody.
//
// Blocks: never, but for host_overflow_uid(), on a file of /proc.
// Source: user_namespaces(7), on overflowuid; credentials(7).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace broker {

struct Account {
  uid_t uid = 0;
  std::string login{};  // empty: the databases know no such uid
  // By name, none twice, as the databases list them for the login; not those that a process has kept since it began.
  // None: unknown, which meets no condition of a rule that permits.
  std::optional<std::vector<std::string>> groups{};
};

// What the kernel shows of a user who has no number here: of a user namespace that maps it to none, or of a network
// file system. Many users look like this one.
inline constexpr uid_t kOverflowUid = 65534;
inline constexpr uid_t kNoUid = static_cast<uid_t>(-1);  // "leave it as it is", to the kernel

// The number that an administrator gave it with sysctl kernel.overflowuid; kOverflowUid where that cannot be read.
uid_t host_overflow_uid();

}  // namespace broker
