// Counts decisions: how many were issued, by which rule, for which profile, to which program.
//
// Runs in: sentinel-audit.   Blocks: never.   Owns: its counts, of at most kMostNames names each.
// Whatever a line holds, what is shown cannot steer a terminal.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "audit/line.h"
#include "ipc/json/json_text.h"
#include "tools/output.h"

namespace broker {

class AuditStats {
 public:
  static constexpr std::size_t kMostNames = 10'000;

  void add(const AuditLine& line);
  [[nodiscard]] bool empty() const { return decisions_ == 0 && events_ == 0; }
  // A few lines: the most frequent names of each kind.
  void show(ToolOutput& out) const;
  // As members.
  void add_to(ipc::JsonText& json) const;

 private:
  struct Counts {
    std::map<std::string, std::uint64_t, std::less<>> of;
    std::uint64_t others = 0;  // whose names came when there were kMostNames
  };
  void count(Counts& counts, std::string_view name) const;

  std::uint64_t decisions_ = 0, events_ = 0;
  std::string first_, last_;  // timestamps, as they are written
  std::array<Counts, 4> counts_;
};

}  // namespace broker
