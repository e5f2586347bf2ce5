// Opens a file only where root and one user alone can have put it there: the file itself, each folder above it and each
// link on the way must belong to them, and be writable by them alone.
//
// It goes the way that the kernel would go, name by name, on descriptors, and follows links itself. What root and the
// user alone can write, no other user can change between the look and the open, and what is opened is judged once more
// on its own descriptor: nothing is opened twice by its path.
//
// - Group-writable is refused too, unless the group is the user's private one (Trust).
// - A sticky folder such as /tmp may lie above: there others cannot replace an entry that is root's or the user's.
// - An access list (ACL): what its named entries grant is bounded by its mask, and the mask stands in the place of the
//   group's bits, so a list that lets anyone write shows there. Only where group-writable was accepted is it read.
//
// Runs in: every process.   Blocks: as file systems do; never for a FIFO or a device, which are refused.
// Fails: kConfig with one sentence that names the part of the path at fault and how to mend it; kSystem for what cannot
// be opened. sys_errno says more: ENOENT where there is no such file, ENOTDIR where a folder on the way is none,
// ENOLINK where a link leads nowhere, ENODEV where what lies there is of another kind; file_fault, whether it is the
// file itself that is another's or that others can write.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "ipc/files/trust.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace ipc {

struct TrustedFile {
  UniqueFd fd;
  struct stat status {};
  std::string path;              // absolute, without links
  bool user_can_change = false;  // not root alone: the user of the Trust can write or replace it
};

// `flags` as for open(2); always close-on-exec, never following, never blocking.
//   O_PATH       only looks: the file may be of any kind
//   O_DIRECTORY  a folder, which others may not write, sticky or not
//   O_CREAT      makes a file that is missing, with `mode`, in a folder that was judged
//   else         a regular file
Result<TrustedFile> open_trusted(std::string_view path, const Trust& trust, int flags, mode_t mode = 0600);

}  // namespace ipc
