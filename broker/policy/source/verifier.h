// Says of a policy's text and its signature whether they may be used, before anything of the text is read.
//
// Runs in: broker, main thread.   Blocks: on the file of versions only; KMS answers later.
// Units: time since boot for the pause between two questions to KMS about the same signature.
// Fails: kUnavailable where it cannot be said now: the pair is torn (the text and the signature are of two different
// moments, or the text was altered), KMS gave no answer. kConfig and kRefused are verdicts.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "policy/source/required_key.h"
#include "policy/source/signature.h"
#include "policy/source/source.h"
#include "policy/source/versions.h"

namespace broker {

class PolicyVerifier {
 public:
  using Done = std::function<void(ipc::Result<std::uint64_t>)>;  // the signed version; 0 where no signature is demanded
  // Asks KMS whether its key signed the message. A new question takes the place of one that is under way.
  using AskKms = std::function<void(const std::string& message, const std::string& signature,
                                    std::function<void(ipc::Status)> answer)>;
  static constexpr std::chrono::seconds kPause{5};  // KMS is not asked again sooner about what it did not vouch for

  // `clock` outlives it.
  PolicyVerifier(const Clock& clock, PolicyKey key, PolicyVersions versions, AskKms ask_kms)
      : clock_(clock), key_(std::move(key)), versions_(std::move(versions)), ask_kms_(std::move(ask_kms)) {}
  PolicyVerifier(const PolicyVerifier&) = delete;
  PolicyVerifier& operator=(const PolicyVerifier&) = delete;

  [[nodiscard]] bool enforces() const { return key_.enforced(); }
  // Whether versions are remembered for later runs.
  [[nodiscard]] bool remembers() const { return versions_.lasts(); }

  // `what` names the policy in sentences; `name` is what its signature must say. `envelope`: nothing where there is
  // none. Answers within this call but where KMS must be asked.
  void verify(const std::string& what, const std::string& name, const std::string& text,
              const std::optional<std::string>& envelope, const Done& done);

 private:
  void by_kms(const std::string& what, const SignatureEnvelope& envelope, const Done& done);
  void admit(const std::string& what, const SignedPolicy& policy, const Done& done);

  const Clock& clock_;
  PolicyKey key_;
  PolicyVersions versions_;
  AskKms ask_kms_;
  std::string vouched_;  // message and signature that KMS said are good
  std::string doubted_;  // and those that it did not, with its answer and when
  ipc::Status doubt_;
  Clock::SinceBoot doubted_at_{};
};

// Whether the two are of different moments: worth another look. Not for an envelope that cannot be read.
[[nodiscard]] bool is_torn(const std::string& text, const std::string& envelope);

}  // namespace broker
