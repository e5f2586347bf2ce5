// The profiles of a run, by name. One profile is a table of one.
//
// Blocks: never.   Owns: the profiles, not the keys that they begin with.   Bounded: ipc::kMostProfiles.
// Trust: a name that comes with a request is a choice among these and nothing else.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "run_profiles/run_profile.h"

namespace broker {

class RunProfiles {
 public:
  RunProfile& add(std::unique_ptr<RunProfile> profile);

  // The one that a client gets who names none; there is one.
  [[nodiscard]] RunProfile& first() const { return *profiles_.front(); }
  // Of exactly this name, or the first where it is empty; null: it is not in this run.
  [[nodiscard]] RunProfile* find(std::string_view name) const;
  [[nodiscard]] std::span<const std::unique_ptr<RunProfile>> all() const { return profiles_; }
  // The region of all of them; empty where they differ.
  [[nodiscard]] std::string_view common_region() const;
  // "a, b and 3 more"
  [[nodiscard]] std::string names() const;

 private:
  std::vector<std::unique_ptr<RunProfile>> profiles_;
};

}  // namespace broker
