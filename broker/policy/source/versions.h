// The highest signed version seen of each policy: an older one that is validly signed is refused, in this run and in
// later ones.
//
// Blocks: on a small local file; for another run that holds it at most kPatience.
// Owns: the file's descriptor, which the supervisor opened.
// Fails: kConfig for a file that is not as this program writes it (what was seen is then unknown, so nothing is
// admitted); kUnavailable where another run holds it; kRefused for an older version, and for another text of a version
// that was seen. What is answered as admitted is on the disk.
// Format: lines of name, tab, version, tab, lower-hex SHA-256. A key of KMS's has its name, version 1 and its
// fingerprint; no policy is named as one.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "policy/source/signature.h"

namespace broker {

class PolicyVersions {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;
  static constexpr std::chrono::milliseconds kPatience{200};

  PolicyVersions() = default;  // in memory alone: for this run
  explicit PolicyVersions(ipc::UniqueFd file) : file_(std::move(file)) {}
  [[nodiscard]] bool lasts() const { return static_cast<bool>(file_); }

  // Call it when the signature is known to be good. `what` names the policy in sentences.
  ipc::Status admit(const SignedPolicy& policy, const std::string& what);
  // Remembers a key of KMS's by its name and fingerprint. kRefused where another was known by that name.
  // `shown`: what the user calls it.
  ipc::Status pin(const std::string& key, const std::string& fingerprint, const std::string& shown);

 private:
  using Seen = std::map<std::string, SignedPolicy, std::less<>>;

  [[nodiscard]] ipc::Status lock() const;
  [[nodiscard]] ipc::Result<Seen> read() const;
  [[nodiscard]] ipc::Status write(const Seen& seen) const;
  ipc::Status merge();
  ipc::Status compare_and_note(const SignedPolicy& policy, const std::string& what);

  ipc::UniqueFd file_;
  Seen seen_, on_disk_;  // by this run and all others; what the file says
};

}  // namespace broker
