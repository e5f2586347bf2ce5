// Sentences for the user's terminal, folded: some SDKs hide a refusal's reason, and ask three times (boto3) or five
// (JavaScript's). So the same refusal is told once, and its repetitions are counted in the next line of its kind. Other
// users' noise is told ever more rarely, and takes nothing from what the user's own programs were refused.
//
// Blocks: never.   Units: time since boot.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "host/clock.h"
#include "ipc/messages.h"

namespace broker {

class Notices {
 public:
  using Send = std::function<void(ipc::Severity, const std::string&)>;
  static constexpr std::chrono::seconds kFold{10};        // longer than the slowest SDK's series of tries
  static constexpr std::chrono::seconds kOthersFold{60};  // of others, once they went on for so long
  static constexpr std::chrono::seconds kForgotten{600};  // who is silent for so long is told as at first
  static constexpr std::size_t kMaxKinds = 64;            // a hostile client cannot make this grow

  explicit Notices(Send send) : send_(std::move(send)) {}
  // `kind` names the refusal (check, rule, reason); `sentence` is what to print.
  void refusal(const std::string& kind, const std::string& sentence, Clock::SinceBoot now);
  // The same of somebody else, whom `whose` names: "of uid 1003".
  void refusal_of_others(const std::string& kind, const std::string& whose, const std::string& sentence,
                         Clock::SinceBoot now);
  // Tells the counts of others that no line has told yet.
  void tell_counted(Clock::SinceBoot now);
  void warning(const std::string& sentence) { send_(ipc::Severity::Warning, sentence); }
  void info(const std::string& sentence) { send_(ipc::Severity::Info, sentence); }

 private:
  struct Told {
    Clock::SinceBoot first, last;
    long folded = 0;
    std::string whose{};  // of others alone
  };
  using Kinds = std::map<std::string, Told>;
  void tell(Kinds& kinds, const std::string& kind, const std::string& whose, const std::string& sentence,
            Clock::SinceBoot now);
  Send send_;
  Kinds told_, others_;
};

}  // namespace broker
