// Says of a policy's text and its signature whether they may be used, before anything of the text is read.
//
// A key of KMS's is asked for once in a run, and remembered for later runs as versions are: signatures are verified
// here.
// Blocks: on the file of versions only; KMS answers later.   Owns: the call to KMS, and the key that it answered.
// Units: time since boot for the pause between two questions to KMS.
// Fails: kUnavailable where it cannot be said now: the pair is torn (the text and the signature are of two different
// moments, or the text was altered), KMS gave no answer. kConfig and kRefused are verdicts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "call/aws_call.h"
#include "policy/source/required_key.h"
#include "policy/source/signature.h"
#include "policy/source/source.h"
#include "policy/source/versions.h"
#include "services/kms.h"

namespace broker {

class PolicyVerifier {
 public:
  using Done = std::function<void(ipc::Result<std::uint64_t>)>;  // the signed version; 0 where no signature is demanded
  static constexpr std::chrono::seconds kPause{5};  // KMS is not asked again sooner for a key that it did not answer

  // `kms`: where the key is asked for, where it is one of KMS; or why this profile has no such place. `context`
  // outlives the verifier.
  PolicyVerifier(AwsContext& context, ipc::Result<AwsEndpoint> kms, PolicyKey key, PolicyVersions versions)
      : context_(context), kms_(std::move(kms)), key_(std::move(key)), versions_(std::move(versions)) {}
  PolicyVerifier(const PolicyVerifier&) = delete;
  PolicyVerifier& operator=(const PolicyVerifier&) = delete;

  [[nodiscard]] bool enforces() const { return key_.enforced(); }
  // The key that must have signed, and where it is named; empty where none must.
  [[nodiscard]] std::string key_words() const;
  // Whether versions are remembered for later runs.
  [[nodiscard]] bool remembers() const { return versions_.lasts(); }

  // `what` names the policy in sentences; `name` is what its signature must say. `envelope`: nothing where there is
  // none. Answers within this call but where KMS must be asked; a new question to KMS takes the place of one that is
  // under way, which is then never answered.
  void verify(const std::string& what, const std::string& name, const std::string& text,
              const std::optional<std::string>& envelope, const Done& done);

 private:
  // What is verified once KMS has answered its key.
  struct Asked {
    std::string what;
    SignatureEnvelope envelope;
    Done done;
  };
  void judge(const std::string& what, const PublicKey& key, const SignatureEnvelope& envelope, const Done& done);
  void by_kms(const std::string& what, const SignatureEnvelope& envelope, const Done& done);
  void on_kms(const Asked& asked, const ipc::Result<KmsPublicKey>& answer);
  ipc::Result<PublicKey> learn(const KmsPublicKey& answer);
  void admit(const std::string& what, const SignedPolicy& policy, const Done& done);

  AwsContext& context_;
  ipc::Result<AwsEndpoint> kms_;
  PolicyKey key_;
  PolicyVersions versions_;
  std::unique_ptr<AwsCall> call_;
  std::optional<PublicKey> kms_key_;  // that KMS answered
  ipc::Error doubt_{};                // or why it did not, and when
  std::optional<Clock::SinceBoot> doubted_at_;
};

// Whether the two are of different moments: worth another look. Not for an envelope that cannot be read.
[[nodiscard]] bool is_torn(const std::string& text, const std::string& envelope);

}  // namespace broker
