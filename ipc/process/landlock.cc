#include "ipc/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdint>

#include "ipc/unique_fd.h"

namespace ipc {
namespace {

// struct landlock_ruleset_attr as of ABI 6; Debian 12's header ends at ABI 2.
struct RulesetAttributes {
  std::uint64_t handled_access_fs, handled_access_net, scoped;
};
constexpr std::uint64_t kNetBind = 1, kNetConnect = 2, kScopeAbstractUnix = 1, kScopeSignal = 2;
constexpr std::uint64_t kReadFile = 1ULL << 2, kReadFolder = 1ULL << 3;

std::uint64_t file_rights(int abi) {
  std::uint64_t rights = (1ULL << 13) - 1;  // ABI 1: execute ... make_sym
  if (abi >= 2) rights |= 1ULL << 13;       // refer
  if (abi >= 3) rights |= 1ULL << 14;       // truncate
  if (abi >= 5) rights |= 1ULL << 15;       // ioctl on devices
  return rights;
}

RulesetAttributes attributes_for(int abi, bool may_connect_tcp) {
  RulesetAttributes attributes{file_rights(abi), 0, 0};
  if (abi >= 4) attributes.handled_access_net = kNetBind | (may_connect_tcp ? 0 : kNetConnect);
  if (abi >= 6) attributes.scoped = kScopeAbstractUnix | kScopeSignal;
  return attributes;
}

std::size_t attributes_size(int abi) {
  if (abi >= 6) return sizeof(RulesetAttributes);
  return abi >= 4 ? 16 : 8;
}

Status allow_reading(int ruleset, const std::string& path) {
  const UniqueFd target(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat st {};
  if (!target || ::fstat(target.get(), &st) != 0) return {};  // not there: nothing to allow
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(st.st_mode) ? (kReadFile | kReadFolder) : kReadFile;
  rule.parent_fd = target.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return system_error("Landlock rule for " + path);
  }
  return {};
}

}  // namespace

Result<int> restrict_with_landlock(std::span<const ReadablePath> readable, bool may_connect_tcp) {
  const int abi = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi <= 0) return 0;  // ENOSYS or EOPNOTSUPP: not built, or not enabled at boot
  const RulesetAttributes attributes = attributes_for(abi, may_connect_tcp);
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(abi), 0)));
  if (!ruleset) return system_error("Landlock ruleset");
  for (const ReadablePath& entry : readable) {
    if (Status added = allow_reading(ruleset.get(), entry.path); !added) return std::unexpected(added.error());
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return system_error("Landlock");
  return abi;
}

}  // namespace ipc
