#include "run_profiles/first_key.h"

#include <algorithm>
#include <utility>

namespace broker {
namespace {

// A session is made for longer where roles are assumed from it (sources/mfa_session.h).
bool same_device(const ResolvedProfile& one, const ResolvedProfile& other) {
  if (one.mfa.has_value() != other.mfa.has_value()) return false;
  if (!one.mfa) return true;
  return one.mfa->serial == other.mfa->serial && one.mfa->process == other.mfa->process &&
         one.chain.empty() == other.chain.empty();
}

// AWS's own STS knows a key in every region; a session of the global one counts in fewer.
bool same_judge(const ResolvedProfile& one, const ResolvedProfile& other) {
  if (one.sts.url == other.sts.url) return true;
  return one.sts.named_by.empty() && other.sts.named_by.empty() && !one.region.empty() && !other.region.empty() &&
         one.sts.signing_region == one.region && other.sts.signing_region == other.region;
}

}  // namespace

bool begin_with_the_same(const ResolvedProfile& one, const ResolvedProfile& other) {
  const SourceKind kind = kind_of(one.base);
  const bool same_source =
      kind == kind_of(other.base) && (kind == SourceKind::kEnvironment || one.base_profile == other.base_profile);
  return same_source && one.ca_bundle == other.ca_bundle && same_device(one, other) && same_judge(one, other);
}

FirstKey* FirstKeys::of(const ResolvedProfile& profile) {
  const auto same =
      std::ranges::find_if(keys_, [&](const FirstKey& key) { return begin_with_the_same(*key.profile, profile); });
  return same == keys_.end() ? nullptr : &*same;
}

bool FirstKeys::has_environments() const {
  return std::ranges::any_of(
      keys_, [](const FirstKey& key) { return kind_of(key.profile->base) == SourceKind::kEnvironment; });
}

FirstKey& FirstKeys::add(AwsContext aws, std::shared_ptr<ResolvedProfile> profile) {
  return keys_.emplace_back(std::move(aws), std::move(profile));
}

}  // namespace broker
