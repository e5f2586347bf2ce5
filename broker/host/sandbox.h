// The broker's own protections, in two steps: before any secret is read, and tighter once the keys are in.
//
// Blocks: never.
// Source: host/syscalls.def for the calls; seccomp(2), landlock(7).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ipc/process/lockdown.h"

namespace broker {

// The files that the broker reads, by the moment until which it may.
struct ReadableFiles {
  std::vector<std::string> until_keys_are_read;  // profiles, keys
  std::vector<std::string> always;               // the policy file's folder
};

// What is read until the keys are: the AWS files of a profile, and certificates, the system's and those of `ca_bundle`.
ReadableFiles profile_and_certificates(std::string home, std::string data_folder, std::string config,
                                       std::string credentials, std::string ca_bundle);

std::span<const ipc::SyscallRule> syscall_rules();

// Step one. Returns the levels in words.
ipc::Result<std::string> enter_sandbox(const ReadableFiles& files);
// Step two: key and profile files cannot be opened again.
ipc::Status forget_key_files(const ReadableFiles& files);

}  // namespace broker
