#include "serve/notices.h"

namespace broker {

void Notices::refusal(const std::string& kind, const std::string& sentence, Clock::SinceBoot now) {
  const auto known = told_.find(kind);
  if (known != told_.end() && now - known->second.last < kFold) {
    ++known->second.folded;
    return;
  }
  std::string text = sentence;
  if (known != told_.end() && known->second.folded > 0) {
    text += " (and " + std::to_string(known->second.folded) + " more since it was last told)";
  }
  if (known == told_.end() && told_.size() >= kMaxKinds) told_.clear();
  told_[kind] = Told{now, 0};
  send_(ipc::Severity::Refusal, text);
}

}  // namespace broker
