// Which profiles a run serves: those that were named, and those of the AWS files that fit a pattern and can be used.
//
// Runs in: broker, at the start.   Blocks: as what resolves a profile does.   Bounded: ipc::kMostProfiles.
// Fails: where one that was named cannot be used, with its reason; where nothing is left; where there are too many.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/messages.h"
#include "ipc/result.h"
#include "profile/plan.h"

namespace broker {

struct ChosenProfile {
  ResolvedProfile resolved;
  bool by_pattern = false;  // it may be left out
};

struct ChosenProfiles {
  std::vector<ChosenProfile> profiles;  // the first is the command's default
  std::vector<std::string> left_out;    // a sentence for each: which, and why
};

using ResolveProfile = std::function<ipc::Result<ResolvedProfile>(const std::string& name)>;

// `known`: the names that the AWS files have, in alphabetical order.
// The order is that of `wanted`. The profile "default" comes first or not at all: what names no profile takes the
// section [default], which is the first one's.
[[nodiscard]] ipc::Result<ChosenProfiles> choose_profiles(std::span<const ipc::WantedProfile> wanted,
                                                          std::span<const std::string> known,
                                                          const ResolveProfile& resolve);

[[nodiscard]] std::string left_out_sentence(std::string_view profile, const ipc::Error& why);

}  // namespace broker
