#include "run_files/owned_paths.h"

#include <fcntl.h>
#include <unistd.h>

#include <ranges>

namespace supervisor {
namespace {

// False where something that is not ours, or not empty, is left.
bool remove_claimed(const OwnedPaths::Claim& claim) {
  struct stat now {
  }, ours{};
  if (::lstat(claim.path.c_str(), &now) != 0) return true;  // gone already
  const bool same = ::fstat(claim.held.get(), &ours) == 0 && now.st_dev == ours.st_dev && now.st_ino == ours.st_ino;
  const int flags = S_ISDIR(now.st_mode) ? AT_REMOVEDIR : 0;
  return same && ::unlinkat(AT_FDCWD, claim.path.c_str(), flags) == 0;
}

}  // namespace

ipc::Status OwnedPaths::claim(const std::string& path) {
  Claim claim{path, ipc::UniqueFd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC))};
  if (!claim.held) return ipc::system_error("cannot look at " + path);
  claims_.push_back(std::move(claim));
  return {};
}

std::vector<std::string> OwnedPaths::remove_all() const {
  std::vector<std::string> left;
  for (const Claim& claim : std::views::reverse(claims_)) {
    if (!remove_claimed(claim)) left.push_back(claim.path);
  }
  return left;
}

void OwnedPaths::give_up_after(std::size_t first) {
  while (claims_.size() > first) {
    (void)remove_claimed(claims_.back());
    claims_.pop_back();
  }
}

}  // namespace supervisor
