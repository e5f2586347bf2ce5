#include "issuing/keys_by_terms.h"

#include <algorithm>

namespace broker {

FreshKeys* KeysByTerms::find(const IssueTerms& terms) {
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.terms == terms; });
  return known == entries_.end() ? nullptr : known->issuer.get();
}

FreshKeys* KeysByTerms::find_or_make(const IssueTerms& terms, std::string_view policy_sha256) {
  auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.terms == terms; });
  if (known != entries_.end()) known->policy_sha256 = policy_sha256;
  drop_what_only_earlier_policies_asked_for(policy_sha256);
  if (known == entries_.end()) {
    if (entries_.size() >= kMost && !make_room()) return nullptr;
    auto issuer = std::make_unique<FreshKeys>(aws_, fetch_for_(terms), events_);
    known = entries_.insert(entries_.end(), Entry{terms, std::string(policy_sha256), 0, std::move(issuer)});
  }
  known->asked_at = ++asked_;
  return known->issuer.get();
}

void KeysByTerms::drop_what_only_earlier_policies_asked_for(std::string_view policy_sha256) {
  entries_.remove_if([&](const Entry& e) { return e.policy_sha256 != policy_sha256 && e.issuer->idle(); });
}

bool KeysByTerms::make_room() {
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->issuer->idle() && (oldest == entries_.end() || it->asked_at < oldest->asked_at)) oldest = it;
  }
  if (oldest == entries_.end()) return false;
  entries_.erase(oldest);
  return true;
}

}  // namespace broker
