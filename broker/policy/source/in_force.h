// The policy that a broker judges its runs by, wherever it comes from, and the key that must have signed it. Each run
// asks it as its source, and hears what becomes of it.
//
// Blocks: as the source does.   Owns: the source, the verifier.
// Fails: open() where a file is no valid policy now; start() with why there is no policy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/source/parameter.h"
#include "policy/source/source.h"
#include "policy/source/verifier.h"

namespace broker {

// Named by one of the three, or not at all, which permits nothing.
struct NamedPolicy {
  std::string parameter, file;
  ipc::UniqueFd text;                 // of `file`, where it was a pipe that was read once
  PolicyFreshness freshness{};        // of a parameter
  bool told_between_requests = true;  // a changed file is told when it changes, not when a request finds it

  [[nodiscard]] const std::string& name() const { return parameter.empty() ? file : parameter; }
};

class PolicyInForce final : public PolicySource {
 public:
  // A run that hears of it, from when it has begun to listen until it stops.
  class Hearer {
   public:
    virtual void on_policy_changed(const ipc::Result<const Policy*>& policy) = 0;
    // With null once it is fresh again.
    virtual void on_policy_stale(const ipc::Error* why) = 0;
    virtual void on_policy_warning(const std::string& sentence) = 0;

   protected:
    ~Hearer() = default;
  };

  // All that is referred to outlives it.
  struct Parts {
    event_base* base;
    AwsContext& aws;  // whose key asks for the parameter and for a KMS key
    ipc::Result<AwsEndpoint> ssm, kms;
    PolicyKey key;
    PolicyVersions versions;
  };
  // `first` hears what is to be said of the opening, too.
  static ipc::Result<std::unique_ptr<PolicyInForce>> open(Parts parts, NamedPolicy place, Hearer& first);

  void listen(Hearer& hearer) { hearers_.push_back(&hearer); }
  void stop_listening(Hearer& hearer) { std::erase(hearers_, &hearer); }

  PolicyVerifier& verifier() { return verifier_; }
  // Whether this process's user, and so a command of his, can write or replace the file.
  [[nodiscard]] bool user_can_change() const { return user_can_change_; }

  // Whoever starts it first; any other is told with him, or at once.
  void start(Ready ready) override;
  ipc::Result<const Policy*> current(Clock::SinceBoot now) override { return source_->current(now); }
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot now) const override {
    return source_->stale_for(now);
  }
  [[nodiscard]] std::uint64_t signed_version() const override { return source_->signed_version(); }

 private:
  enum class Started { kNo, kUnderWay, kYes };

  PolicyInForce(Parts& parts, NamedPolicy place);
  ipc::Status open_source(event_base* base, ipc::Result<AwsEndpoint> ssm);
  ipc::Status open_file(event_base* base);
  void on_started(const ipc::Status& started);
  [[nodiscard]] PolicySource::Changed tell_changed();

  AwsContext& aws_;
  NamedPolicy place_;
  PolicyVerifier verifier_;
  std::vector<Hearer*> hearers_;
  std::unique_ptr<PolicySource> source_;
  std::vector<Ready> waiting_;
  Started started_ = Started::kNo;
  bool user_can_change_ = false;
};

}  // namespace broker
