// Which key must have signed the policy of this run: the host's, or the one that an option names, or none.
//
// Runs in: broker at the start, before the key files are forgotten.   Blocks: on small local files.
// Fails: kConfig for a key file that others could have written, or that is no RSA public key; for options that name
// another key than the host's, which they cannot weaken.
#pragma once

#include <optional>
#include <string>

#include "policy/source/signature.h"

namespace broker {

struct PolicyKey {
  std::optional<PublicKey> file;
  std::string kms;    // id of a KMS key; empty with `file`
  std::string place;  // where it comes from, for sentences; empty: no key, and unsigned policies are taken
  [[nodiscard]] bool enforced() const { return file || !kms.empty(); }
};

// `host_key`: kHostPolicyKey, but in tests. The other two may be empty.
ipc::Result<PolicyKey> choose_policy_key(const std::string& host_key, const std::string& key_file,
                                         const std::string& kms_key);

}  // namespace broker
