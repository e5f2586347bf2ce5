// Files by which the administrator of a host binds every run on it, whatever a run's options say: read only where root
// alone can have written them.
//
// Runs in: broker, before the sandbox closes the file system, and in sentinel-policy.   Blocks: on small local files.
// Fails: kConfig for a file that somebody else could have written: the file itself, and each folder above it, must
// belong to root and be writable by root alone; symbolic links are followed, and judged where they lead.
#pragma once

#include <optional>
#include <string>

#include "ipc/result.h"

namespace broker {

inline constexpr char kHostPolicyKey[] = "/etc/sentinel/policy.pub";    // PEM; a policy must be signed with it
inline constexpr char kHostPosture[] = "/etc/sentinel/posture.json";    // what is known of this device
inline constexpr char kHostPostureCommand[] = "/etc/sentinel/posture";  // or a program that prints it

// Nothing where there is no such file: that is not an error.
ipc::Result<std::optional<std::string>> read_root_file(const std::string& path, std::size_t max_bytes);
// That root alone can have put this file there; also for programs.
ipc::Status check_root_file(const std::string& path);

}  // namespace broker
