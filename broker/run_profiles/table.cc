#include "run_profiles/table.h"

#include <algorithm>

#include "text/plain_text.h"

namespace broker {

RunProfile& RunProfiles::add(std::unique_ptr<RunProfile> profile) {
  profiles_.push_back(std::move(profile));
  return *profiles_.back();
}

RunProfile* RunProfiles::find(std::string_view name) const {
  if (name.empty()) return &first();
  const auto named = std::ranges::find_if(profiles_, [name](const auto& profile) { return profile->name() == name; });
  return named == profiles_.end() ? nullptr : named->get();
}

std::string_view RunProfiles::common_region() const {
  const std::string& region = first().resolved().region;
  const bool same =
      std::ranges::all_of(profiles_, [&](const auto& profile) { return profile->resolved().region == region; });
  return same ? std::string_view(region) : std::string_view{};
}

std::string RunProfiles::names() const {
  constexpr std::size_t kMostNamed = 12;
  std::string out;
  const std::size_t named = std::min(kMostNamed, profiles_.size());
  for (std::size_t i = 0; i < named; ++i) out += (i == 0 ? "" : ", ") + printable(profiles_[i]->name());
  if (named < profiles_.size()) out += " and " + std::to_string(profiles_.size() - named) + " more";
  return out;
}

}  // namespace broker
