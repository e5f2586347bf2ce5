// Shows decision lines to people: which of them, and how they look.
//
// Runs in: sentinel-audit.   Blocks: never.
// Whatever a line holds, what is shown is one line that cannot steer a terminal.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "audit/line.h"
#include "ipc/result.h"
#include "tools/output.h"

namespace broker {

// Empty members let everything through.
struct AuditFilter {
  std::string user, profile, effect, outcome, rule;
  std::optional<std::chrono::sys_seconds> since, until;  // from the first on, and before the second
  [[nodiscard]] bool lets_through(const AuditLine& line) const;
};

// 2026-01-31T12:00:00Z, 2026-01-31 (its first second, UTC), or how long before `now`: 90s, 2h, 7d.
ipc::Result<std::chrono::sys_seconds> read_moment(std::string_view text, std::chrono::sys_seconds now);

// By the word of a line's "outcome".
Ink ink_of_outcome(std::string_view outcome);
// The time of a line as a person reads it (ipc/terminal/local_time.h); as it is written where it is none.
std::string time_of(std::string_view timestamp);

// One line, without its newline, in the colours of `out`.
std::string shown(const AuditLine& line, const ToolOutput& out);

}  // namespace broker
