#include "policy/overrides.h"

#include <algorithm>
#include <array>

#include "aws/source_identity.h"
#include "text/hex.h"

namespace broker {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr seconds kLongestApproval{8 * 3600};    // upstream's bound for a request
constexpr seconds kLongestBreakGlass{4 * 3600};  // upstream's bound for an event

struct Row {
  bool approval, break_glass;
};
constexpr std::array kRows = {
#define OBSTACLE(name, approval, break_glass, why) Row{approval, break_glass},
#include "policy/overrides.def"
};

const Row& row(Obstacle obstacle) { return kRows[static_cast<std::size_t>(obstacle)]; }

bool is_id(std::string_view id) { return is_lower_hex(id, 16); }

// The last second at which it grants; nothing when it never does. A record from the future is a clock that is wrong.
std::optional<sys_seconds> end_of(const Approval& approval, sys_seconds now) {
  if (approval.status != Approval::Status::kApproved || !is_id(approval.id) || approval.created_at > now) return {};
  if (approval.duration <= seconds(0)) return {};
  return std::min(approval.expires_at, approval.created_at + std::min(approval.duration, kLongestApproval));
}

std::optional<sys_seconds> end_of(const BreakGlass& event, sys_seconds now) {
  if (event.status != BreakGlass::Status::kActive || !is_id(event.id) || event.created_at > now) return {};
  return std::min(event.expires_at, event.created_at + kLongestBreakGlass);
}

const std::string& who(const Approval& approval) { return approval.requester; }
const std::string& who(const BreakGlass& event) { return event.invoker; }

// Of those that grant now, the one that ends last.
template <class Event>
const Event* best(const std::vector<Event>& events, std::string_view user, std::string_view profile, sys_seconds now) {
  const Event* found = nullptr;
  for (const Event& event : events) {
    if (who(event) != user || event.profile != profile) continue;
    const auto end = end_of(event, now);
    if (!end || now > *end) continue;
    if (!found || *end > *end_of(*found, now)) found = &event;
  }
  return found;
}

}  // namespace

std::optional<Obstacle> obstacle_of(const Verdict& verdict) {
  if (verdict.allowed) return std::nullopt;
  if (verdict.requires_server_mode && verdict.requires_session_tracking) return Obstacle::kServerTracking;
  if (verdict.requires_server_mode) return Obstacle::kServer;
  if (verdict.requires_session_tracking) return Obstacle::kTracking;
  if (verdict.rule_index < 0) return Obstacle::kNoRule;
  return verdict.effect == word(Effect::kRequireApproval) ? Obstacle::kApproval : Obstacle::kDenyRule;
}

bool approval_lifts(Obstacle obstacle) { return row(obstacle).approval; }
bool break_glass_lifts(Obstacle obstacle) { return row(obstacle).break_glass; }

ipc::Result<std::optional<Lift>> find_lift(Obstacle obstacle, const Overrides& on_record, std::string_view user,
                                           std::string_view profile, sys_seconds now) {
  if (user.empty()) return std::nullopt;
  if (approval_lifts(obstacle)) {
    if (const Approval* approval = best(on_record.approvals, user, profile, now)) {
      auto marker = approval_marker(approval->id);
      if (!marker) return std::unexpected(marker.error());
      return Lift{approval->id, "", *end_of(*approval, now), std::move(*marker)};
    }
  }
  if (break_glass_lifts(obstacle)) {
    if (const BreakGlass* event = best(on_record.break_glass, user, profile, now)) {
      return Lift{"", event->id, *end_of(*event, now), std::string(kDirect)};
    }
  }
  return std::nullopt;
}

}  // namespace broker
