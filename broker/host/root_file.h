// Small files that decide, read only where those who may have written them are known: files by which the administrator
// of a host binds every run on it, whatever a run's options say (root alone), and files that a user relies on (that
// user and root).
//
// Runs in: broker, before the sandbox closes the file system, and in the tools.   Blocks: on small local files.
// Fails: kConfig for a file that somebody else could have written: the file itself, and each folder above it, must
// belong to them and be writable by them alone; symbolic links are followed, and judged where they lead.
#pragma once

#include <optional>
#include <string>

#include "ipc/result.h"

namespace broker {

inline constexpr char kHostConfig[] = "/etc/sentinel/host.yaml";         // how users share this host
inline constexpr char kHostPolicyKey[] = "/etc/sentinel/policy.pub";    // PEM; a policy must be signed with it
inline constexpr char kHostPosture[] = "/etc/sentinel/posture.json";    // what is known of this device
inline constexpr char kHostPostureCommand[] = "/etc/sentinel/posture";  // or a program that prints it

// Nothing where there is no such file: that is not an error.
ipc::Result<std::optional<std::string>> read_root_file(const std::string& path, std::size_t max_bytes);
// That root alone can have put this file there; also for programs.
ipc::Status check_root_file(const std::string& path);

// A file of root's or of this process's user. sys_errno is ENOENT where there is none. `what` it is, for sentences,
// such as "the policy key"; `next_step` where it cannot be had.
ipc::Result<std::string> read_trusted_file(const std::string& path, std::size_t max_bytes, std::string_view what,
                                           std::string_view next_step);

// The same for a file that only its owner may read, such as a private key.
ipc::Result<std::string> read_secret_file(const std::string& path, std::size_t max_bytes, std::string_view what);

}  // namespace broker
