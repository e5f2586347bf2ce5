// What signs a policy for a tool, a key file or KMS, and how its AWS and its signature are named on the command line.
//
// Runs in: sentinel-policy; KMS is asked by the key process (tools/aws/key_process.h).   Blocks: on files and on KMS.
// Fails: kUsage for a misuse of the options; else with the sentence of what failed.
#pragma once

#include <optional>
#include <string>

#include "policy/source/signature.h"
#include "tools/arguments.h"
#include "tools/aws/key_process.h"

namespace broker {

// Verified here, by the public half that KMS answers. kRefused where it is not that key's signature.
ipc::Status verify_by_kms(KeyProcess& aws, std::string_view kms, std::string_view message, std::string_view signature);

struct Signer {
  std::optional<PrivateKey> key;  // read before
  std::string kms;
  [[nodiscard]] bool any() const { return key || !kms.empty(); }
};
// By --sign-key or --policy-kms-key; none where neither is given.
ipc::Result<Signer> signer_of(const ToolArguments& arguments);

// `aws` may be null where a key file signs.
ipc::Result<SignatureEnvelope> sign_policy(const Signer& signer, SignedPolicy policy, KeyProcess* aws);

// --policy-version; 0: not given.
ipc::Result<std::uint64_t> version_option(const ToolArguments& arguments);
// One more than that of the signature that is there, which this signer must have made for this name.
ipc::Result<std::uint64_t> version_after(const Signer& signer, std::string_view envelope, const std::string& name,
                                         const std::string& place, KeyProcess* aws);

// The name that a file's signature vouches for: --name, else its absolute path.
std::string signed_file_name(const ToolArguments& arguments, const std::string& file);

AwsPlace aws_place(const ToolArguments& arguments);
ipc::Status needs_profile(const ToolArguments& arguments);

}  // namespace broker
