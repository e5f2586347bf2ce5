// Files that a tool reads and writes for the user who runs it: bounded reads, and writes that replace a file whole.
//
// Runs in: sentinel-policy, sentinel-audit, sentinel-keys.   Blocks: on local files.
// Fails: kSystem, kConfig with the file's name. Not for /etc/sentinel: see host/root_file.h.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

// A regular file or a pipe, so that `<(git show HEAD:policy.yaml)` works.
ipc::Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);

// Mode 0600, whole or not at all: written beside it, then renamed. A symbolic link is refused, never followed.
ipc::Status write_own_file(const std::string& path, std::string_view text);

// All of it, and onto the disk. `path`: for the sentence.
ipc::Status write_and_sync(int fd, std::string_view text, const std::string& path);

// "folder/other" for a name that a file in `beside` gives; an absolute name stays as it is.
std::string relative_to(const std::string& beside, const std::string& name);

}  // namespace broker
