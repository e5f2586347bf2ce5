#include "ipc/client/run_status.h"

#include <algorithm>
#include <array>

namespace ipc {
namespace {

constexpr auto kRows = std::to_array<RunStatusRow>({
#define STATUS(member, label, meaning) {#member, label, &RunStatus::member},
#include "ipc/client/run_status.def"
#undef STATUS
});

bool take_line(RunStatus& status, std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == line.npos || blank + 1 == line.size()) return false;
  const auto row = std::ranges::find(kRows, line.substr(0, blank), &RunStatusRow::name);
  if (row == kRows.end() || !(status.*row->member).empty()) return false;
  status.*row->member = line.substr(blank + 1);
  return true;
}

}  // namespace

std::span<const RunStatusRow> run_status_rows() { return kRows; }

std::string text_of(const RunStatus& status) {
  std::string text;
  for (const RunStatusRow& row : kRows) {
    std::string value = status.*row.member;
    if (value.empty()) continue;
    for (char& c : value) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    text += std::string(row.name) + " " + value + "\n";
  }
  return text;
}

std::optional<RunStatus> read_run_status(std::string_view text) {
  RunStatus status;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || !take_line(status, text.substr(0, end))) return {};
    text.remove_prefix(end + 1);
  }
  return status;
}

}  // namespace ipc
