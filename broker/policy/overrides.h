// What lifts a refusal by policy: an approval or a break-glass event; and which refusals nothing lifts
// (policy/overrides.def). An override lets a refused request pass, and never makes more of it: the rule's caps and its
// narrowing hold as before, and the lifetime ends with the override.
//
// Blocks: never. Pure.   Units: whole seconds; all ends inclusive.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

enum class Obstacle {
#define OBSTACLE(name, approval, break_glass, why) k##name,
#include "policy/overrides.def"
};

// Why policy did not permit; nothing where it did.
std::optional<Obstacle> obstacle_of(const Verdict& verdict);
bool approval_lifts(Obstacle obstacle);
bool break_glass_lifts(Obstacle obstacle);

struct Approval {
  enum class Status { kPending, kApproved, kDenied, kExpired, kCancelled };
  std::string id;  // 16 hex digits
  std::string requester, profile;
  Status status = Status::kPending;
  std::chrono::sys_seconds created_at{}, expires_at{};
  std::chrono::seconds duration{0};  // counted from created_at
};

struct BreakGlass {
  enum class Status { kActive, kClosed, kExpired };
  std::string id;  // 16 hex digits
  std::string invoker, profile;
  Status status = Status::kClosed;
  std::chrono::sys_seconds created_at{}, expires_at{};
};

struct Overrides {
  std::vector<Approval> approvals;
  std::vector<BreakGlass> break_glass;
};

// What is on record for the run's user and profile; may answer more, which is passed over. Where the records cannot be
// read, the error; then nothing is lifted.
using OverrideSource = std::function<ipc::Result<Overrides>()>;

// What lifted a refusal.
struct Lift {
  std::string approval_id, break_glass_id;  // one of them
  std::chrono::sys_seconds ends{};          // no credentials beyond this
  std::string marker;                       // in the source identity
};

// The override that lifts this obstacle for this user and profile now; an approval before a break-glass event, and of
// several the one that ends last. An empty user names no person, so no approval is for it.
ipc::Result<std::optional<Lift>> find_lift(Obstacle obstacle, const Overrides& on_record, std::string_view user,
                                           std::string_view profile, std::chrono::sys_seconds now);

}  // namespace broker
