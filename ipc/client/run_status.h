// How a run stands, as text on the way from the broker to `sentinel status`: a line for each member of
// ipc/client/run_status.def that says something, its name, a blank, its value.
//
// Runs in: broker, supervisor.   Blocks: never.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ipc {

struct RunStatus {
#define STATUS(member, label, meaning) std::string member;
#include "ipc/client/run_status.def"
#undef STATUS
};

struct RunStatusRow {
  std::string_view name, label;
  std::string RunStatus::*member;
};

// In the table's order.
std::span<const RunStatusRow> run_status_rows();

// Control characters in a value become '?'.
std::string text_of(const RunStatus& status);

// Nothing for a text with a line of another form, an unknown name, or one twice.
std::optional<RunStatus> read_run_status(std::string_view text);

}  // namespace ipc
