// A policy that must be refused, with the place of the refusal marked in its own text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "policy/yaml/load.h"

namespace broker {

// `text` holds one '^' right before the byte that the error must name by line and column.
struct Refused {
  const char* claim;
  std::string text;
  const char* reason;
  const char* next_step;
};

inline void expect_refused(const Refused& given) {
  std::string text = given.text;
  const std::size_t mark = text.find('^');
  ASSERT_NE(mark, std::string::npos);
  text.erase(mark, 1);
  const std::string before = text.substr(0, mark);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto column = mark - (before.rfind('\n') + 1) + 1;
  const auto policy = load_policy(text, "team.yaml");
  ASSERT_FALSE(policy) << text;
  EXPECT_THAT(policy.error().what, ::testing::StartsWith("team.yaml:" + std::to_string(line) + ":" +
                                                         std::to_string(column) + ": rule \"r\": "))
      << text;
  EXPECT_THAT(policy.error().what, ::testing::HasSubstr(given.reason));
  EXPECT_THAT(policy.error().next_step, ::testing::HasSubstr(given.next_step));
  EXPECT_EQ(policy.error().fault, ipc::Fault::kConfig);
}

// One rule with these conditions, each line of them with its end.
inline std::string rule_with_conditions(const std::string& lines) {
  return "version: \"1\"\nrules:\n  - name: r\n    effect: allow\n    conditions:\n" + lines;
}
// One rule that restricts so.
inline std::string rule_with_restrict(const std::string& lines, const std::string& effect = "allow") {
  return "version: \"1\"\nrules:\n  - name: r\n    effect: " + effect +
         "\n    conditions: { profiles: [p] }\n    restrict:\n" + lines;
}

inline std::string refused_name(const ::testing::TestParamInfo<Refused>& info) { return info.param.claim; }

}  // namespace broker
