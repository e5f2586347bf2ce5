// Says in sentences why each rule that was looked at did not decide, and which one did: for `policy explain` and for
// the reason of a refusal. Made only on demand: judging a request writes none of it.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/match.h"

namespace broker {

struct PassedOver {
  int rule_index = 0;
  Condition condition = Condition::kProfiles;  // the first that did not hold
  bool unknown = false;                        // for want of a fact
  std::string why;                             // a clause without the rule's name
};

struct Trace {
  std::vector<PassedOver> passed_over;  // in the order of the rules
  int decided_by = -1;                  // -1: no rule
  std::vector<std::string> assumed;     // what is unknown, and the deciding rule, which denies, took for granted
};

// One clause, as `profile "x" is not among its profiles`.
std::string why_not(Condition condition, bool unknown, const Rule& rule, const PolicyQuery& query);
std::vector<std::string> assumptions(const Rule& rule, const PolicyQuery& query);
// "server, cli": the words of what is in the set.
template <std::size_t N>
std::string joined_words(const std::bitset<N>& set, const std::string_view (&words)[N]) {
  std::string text;
  for (std::size_t i = 0; i < N; ++i) {
    if (set.test(i)) text.append(text.empty() ? "" : ", ").append(words[i]);
  }
  return text;
}
// "Friday 15:00-23:59 Europe/Berlin", "any day 22:00-06:00 (overnight) UTC"
std::string window_in_words(const TimeWindow& window);

}  // namespace broker
