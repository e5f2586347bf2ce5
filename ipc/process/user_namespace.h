// Finds out in which user namespace this process lives. The maker of one below the machine's own may trace every
// process in it that was started there, whatever that process does to be unreadable: no key is kept from them.
//
// Runs in: broker, the processes of tools that read keys, doctor; before a lock-down, whose filter has no ioctl for it.
// Blocks: never.   Owns: nothing.
// Fails: kSystem where the kernel does not say it. That is no yes: who holds keys then refuses as well.
// Source: user_namespaces(7), ioctl_nsfs(2); PROC_USER_INIT_INO in the kernel's own sources; PIDFD_GET_USER_NAMESPACE
// (Linux 6.11).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace ipc {

// A line of uid_map: `count` ids from `inside` on are those from `outside` on in the namespace around this one.
struct IdRange {
  std::uint32_t inside = 0, outside = 0, count = 0;
  bool operator==(const IdRange&) const = default;
};
// Empty for a text that is not wholly such lines.
std::vector<IdRange> read_id_map(std::string_view text);

struct UserNamespace {
  bool initial = false;           // the machine's own: only root is above it
  std::optional<uid_t> owner{};   // who made it, as seen in here; none: a user who has no number in here
  std::vector<IdRange> id_map{};  // further out than the namespace around this one nothing can be seen from in here
  // What `uid` is called in the namespace around this one; none where it has no number there.
  [[nodiscard]] std::optional<uid_t> outside(uid_t uid) const;
  // "its owner, uid 1000 outside,"
  [[nodiscard]] std::string owner_words() const;
};

// Asked of the kernel once in each process, so that a process that was asked before it locked itself down knows it
// later.
Result<UserNamespace> own_user_namespace();

// Whether keys may be read in here; `allowed`: by --allow-user-namespace, for which there is nothing to be found out.
// Fails: kRefused with who could read them.
Status check_no_user_namespace(bool allowed);
// That `owner` is a user whom this process can tell from others. `what`: "FILE cannot be told to be root's".
// Fails: kConfig in a user namespace that has no number for the owner: that may be root of the machine or anyone.
Status check_has_number(uid_t owner, const std::string& what);
// What is lost in here, as one sentence for the start; empty in the machine's own namespace.
std::string what_a_user_namespace_costs(const Result<UserNamespace>& where);

}  // namespace ipc
