// Sentences for the user's terminal, folded: some SDKs hide a refusal's reason, and ask three times (boto3) or five
// (JavaScript's). So the same refusal is told once, and its repetitions are counted in the next line of its kind.
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
  static constexpr std::chrono::seconds kFold{10};  // longer than the slowest SDK's series of tries
  static constexpr std::size_t kMaxKinds = 64;      // a hostile client cannot make this grow

  explicit Notices(Send send) : send_(std::move(send)) {}
  // `kind` names the refusal (check, rule, reason); `sentence` is what to print.
  void refusal(const std::string& kind, const std::string& sentence, Clock::SinceBoot now);
  void warning(const std::string& sentence) { send_(ipc::Severity::Warning, sentence); }
  void info(const std::string& sentence) { send_(ipc::Severity::Info, sentence); }

 private:
  struct Told {
    Clock::SinceBoot last;
    int folded = 0;
  };
  Send send_;
  std::map<std::string, Told> told_;
};

}  // namespace broker
