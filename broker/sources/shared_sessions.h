// Keeps the sessions that the runs of one user share, so that one MFA code serves them all, or one AssumeRole: a file
// that the supervisor opened, sealed with a key that lives in the kernel (host/kernel_keyring.h);
// ipc/files/kept_files.def has one for each kind.
//
// Runs in: broker, and sentinel-cache, which lists and clears.
// Blocks: on a small local file.   Owns: the file's descriptor, the key.
// A session is found only under the very key, device and duration that it was made for. A file that cannot be unsealed
// (another boot, another writer) is as good as none: it is written over, never trusted.
// Fails: never where it reads; put() and a lock say why, and the caller goes on without.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "ipc/result.h"
#include "ipc/secret.h"
#include "ipc/unique_fd.h"

namespace broker {

// What a session was made of and for; of a role's keys source_name() and the role (sources/kept_role_keys.h).
struct SessionName {
  std::string base_key_id, serial;
  std::chrono::seconds duration{0};
  bool operator==(const SessionName&) const = default;
};

class SessionStore {
 public:
  static constexpr std::size_t kMaxBytes = 32 * 1024;
  static constexpr std::size_t kMost = 4;  // of the newest
  struct Listed {
    SessionName name;
    std::chrono::sys_seconds ends;
  };

  SessionStore(ipc::UniqueFd file, ipc::SecretBuffer key) : file_(std::move(file)), key_(std::move(key)) {}

  // Of all runs one at a time: who holds it asks the user. False: another has it.
  [[nodiscard]] ipc::Result<bool> try_lock() const;
  void unlock() const;

  // One that goes on for longer than `least` from `now`.
  [[nodiscard]] std::optional<IssuedCredentials> find(const SessionName& name, std::chrono::sys_seconds now,
                                                      std::chrono::seconds least) const;
  // Replaces the one of that name. The lock is held.
  ipc::Status put(const SessionName& name, const IssuedCredentials& session, std::chrono::sys_seconds now) const;

  // What is there, ended ones too. kConfig where it cannot be unsealed with this key.
  [[nodiscard]] ipc::Result<std::vector<Listed>> list() const;
  // Takes out what `which` fits, and nothing of it is left in the file; how many. What cannot be unsealed counts as
  // none, and goes. The lock is held.
  ipc::Result<std::size_t> remove(const std::function<bool(const Listed&)>& which) const;

 private:
  struct Kept {
    SessionName name;
    IssuedCredentials session;
  };
  [[nodiscard]] std::vector<Kept> read() const;
  [[nodiscard]] std::optional<ipc::SecretBuffer> unsealed() const;
  struct Shown {
    const SessionName* name;
    const IssuedCredentials* session;
  };
  [[nodiscard]] ipc::Result<std::string> seal_all(const std::vector<Shown>& all) const;
  [[nodiscard]] ipc::Status write(std::string_view sealed) const;

  ipc::UniqueFd file_;
  ipc::SecretBuffer key_;
};

}  // namespace broker
