#include "caller/refusal_flood.h"

namespace broker {

bool RefusalFlood::may_write_own(Kind& kind, Clock::SinceBoot now) {
  if (now - kind.last >= std::chrono::seconds(1)) {
    kind.last = now;
    kind.written = 0;
  }
  return kind.written < kPerSecond;
}

bool RefusalFlood::may_write_other(Kind& kind, Clock::SinceBoot now) {
  if (kind.written == 0 || now - kind.seen >= kForgotten) {
    kind.begun = now;
    kind.written = 0;
  }
  kind.seen = now;
  const std::chrono::seconds pause = now - kind.begun < kSecondly ? std::chrono::seconds(1) : kMinutely;
  if (kind.written >= kAtFirst && now - kind.last < pause) return false;
  kind.last = now;
  return true;
}

std::optional<long> RefusalFlood::admit(Check check, long uid, Clock::SinceBoot now) {
  const bool own = uid == own_uid_;
  Kinds& kinds = own ? own_ : others_;
  auto key = std::pair{check, uid};
  // With too many kinds the rest share one: a flood under many uids is still a flood.
  if (!own && kinds.size() >= kMaxKinds && !kinds.contains(key)) key.second = kSeveralUids;
  Kind& kind = kinds[key];
  if (!(own ? may_write_own(kind, now) : may_write_other(kind, now))) {
    ++kind.folded;
    return std::nullopt;
  }
  if (kind.written < kPerSecond) ++kind.written;
  return std::exchange(kind.folded, 0);
}

std::vector<RefusalFlood::Counted> RefusalFlood::take_counted(Clock::SinceBoot now) {
  std::vector<Counted> counted;
  for (Kinds* const kinds : {&own_, &others_}) {
    for (auto& [key, kind] : *kinds) {
      if (kind.folded == 0) continue;
      counted.push_back({key.first, key.second, std::exchange(kind.folded, 0)});
      if (kinds == &others_) kind.last = now;  // the line that tells it counts as one of this kind
    }
  }
  return counted;
}

std::string whose_refusals(long uid) {
  if (uid == RefusalFlood::kSeveralUids) return "of other uids";
  return uid < 0 ? "of an unknown uid" : "of uid " + std::to_string(uid);
}

}  // namespace broker
