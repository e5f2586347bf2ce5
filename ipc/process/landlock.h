// Landlock without a library: the three system calls, by the ABI that the running kernel reports.
//
// Runs in: broker, frontend.   Blocks: never.
// Source: landlock(7); bits a kernel does not know would be EINVAL, so they are masked by ABI.
#pragma once

#include <span>
#include <string>

#include "ipc/result.h"

namespace ipc {

// A file or folder that stays readable; nothing else does, and nothing is writable. A path that is not there is left
// out (it cannot be read later either).
struct ReadablePath {
  std::string path;
};

// Restricts this process to reading `readable`; TCP bind always and connect unless `may_connect_tcp` is refused from
// ABI 4, abstract sockets and signals to outside from ABI 6. Returns the ABI, 0 where the kernel has no Landlock.
Result<int> restrict_with_landlock(std::span<const ReadablePath> readable, bool may_connect_tcp);

}  // namespace ipc
