#include "caller/refusal_flood.h"

namespace broker {

std::optional<long> RefusalFlood::admit(Check check, long uid, Clock::SinceBoot now) {
  // With too many kinds the rest share one: a flood under many uids is still a flood.
  auto key = std::pair{check, uid};
  if (kinds_.size() >= kMaxKinds && !kinds_.contains(key)) key.second = -1;
  Kind& kind = kinds_[key];
  if (now - kind.second >= std::chrono::seconds(1)) {
    kind.second = now;
    kind.written = 0;
  }
  if (kind.written == kPerSecond) {
    ++kind.folded;
    return std::nullopt;
  }
  ++kind.written;
  return std::exchange(kind.folded, 0);
}

}  // namespace broker
