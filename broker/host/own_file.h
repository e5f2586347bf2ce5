// Files that a tool reads and writes for the user who runs it: bounded reads, and writes that replace a file whole.
//
// Runs in: sentinel-policy, sentinel-audit, sentinel-keys.   Blocks: on local files.
// Fails: kSystem, kConfig with the file's name. Not for /etc/sentinel: see host/root_file.h.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

// Opens what a user names to be read: a regular file; or a pipe that was opened before, as `<(git show
// HEAD:policy.yaml)` gives it (/dev/fd/63). A pipe with a name waits for a writer, and a device may never end: both are
// refused. "-" is stdin, where `or_stdin`.
ipc::Result<ipc::UniqueFd> open_to_read(const std::string& path, bool or_stdin = false);

// All of such a file.
ipc::Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);

// Mode 0600, whole or not at all: written beside it, then renamed. A symbolic link is refused, never followed.
ipc::Status write_own_file(const std::string& path, std::string_view text);

// All of it, and onto the disk. `path`: for the sentence.
ipc::Status write_and_sync(int fd, std::string_view text, const std::string& path);

// "folder/other" for a name that a file in `beside` gives; an absolute name stays as it is.
std::string relative_to(const std::string& beside, const std::string& name);

}  // namespace broker
