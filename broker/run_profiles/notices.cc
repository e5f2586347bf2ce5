#include "run_profiles/notices.h"

#include "text/plain_text.h"

namespace broker {
namespace {

constexpr char kSeveral[] = "of other uids";

}  // namespace

void Notices::refusal(const std::string& kind, const std::string& sentence, Clock::SinceBoot now) {
  if (!told_.contains(kind) && told_.size() >= kMaxKinds) told_.clear();
  tell(told_, kind, "", sentence, now);
}

void Notices::refusal_of_others(const std::string& kind, const std::string& whose, const std::string& sentence,
                                Clock::SinceBoot now) {
  const std::string key = whose + " " + kind;
  if (others_.contains(key) || others_.size() < kMaxKinds) return tell(others_, key, whose, sentence, now);
  tell(others_, kSeveral, kSeveral, sentence, now);
}

void Notices::tell(Kinds& kinds, const std::string& kind, const std::string& whose, const std::string& sentence,
                   Clock::SinceBoot now) {
  const auto [at, is_new] = kinds.try_emplace(kind, Told{now, now, 0, whose});
  Told& told = at->second;
  const auto fold = !whose.empty() && told.last - told.first >= kOthersFold ? kOthersFold : kFold;
  if (!is_new && now - told.last < fold) {
    ++told.folded;
    return;
  }
  std::string text = sentence;
  if (told.folded > 0) {
    text +=
        " (and " + with_commas(told.folded) + " more " + whose + (whose.empty() ? "" : " ") + "since it was last told)";
  }
  if (now - told.last >= kForgotten) told.first = now;
  told.last = now;
  told.folded = 0;
  send_(ipc::Severity::Refusal, text);
}

void Notices::tell_counted(Clock::SinceBoot now) {
  for (auto& [kind, told] : others_) {
    if (told.folded == 0) continue;
    send_(ipc::Severity::Refusal,
          "refused " + with_commas(told.folded) + " more requests " + told.whose + "; the decision log counts them");
    told.folded = 0;
    told.last = now;
  }
}

}  // namespace broker
