// Keeps the keys of a run by the terms they are issued under: a FreshKeys for each, so that keys of other terms are never
// found.
//
// Blocks: never.   Owns: each FreshKeys, with its keys.
// Bounded: kMost at once. A new one replaces the one that was not asked for the longest time and that is not at work;
// and when policy changes, those that only an earlier policy asked for go, so that its keys are not renewed for ever.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "decide/issue_terms.h"
#include "keys/fresh_keys.h"

namespace broker {

class KeysByTerms {
 public:
  static constexpr std::size_t kMost = 16;

  // All outlive the store.
  using FetchFor = std::function<StartFetch(const IssueTerms&)>;
  // `events` are told of the keys and failures of each FreshKeys.
  KeysByTerms(AwsContext& aws, FetchFor fetch_for, KeyEvents events = {})
      : aws_(aws), fetch_for_(std::move(fetch_for)), events_(std::move(events)) {}

  // Made on first use. Null when kMost are at work at this moment.
  FreshKeys* find_or_make(const IssueTerms& terms, std::string_view policy_sha256);
  // Null when there is none any more.
  [[nodiscard]] FreshKeys* find(const IssueTerms& terms);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    IssueTerms terms;
    std::string policy_sha256;  // the last that asked for it
    std::uint64_t asked_at = 0;
    std::unique_ptr<FreshKeys> issuer;
  };
  void drop_what_only_earlier_policies_asked_for(std::string_view policy_sha256);
  [[nodiscard]] bool make_room();

  AwsContext& aws_;
  FetchFor fetch_for_;
  KeyEvents events_;
  std::list<Entry> entries_;
  std::uint64_t asked_ = 0;
};

}  // namespace broker
