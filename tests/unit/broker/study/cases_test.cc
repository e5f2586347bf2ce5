// A table of expected decisions: what is not strict is refused, what does not hold is named; and the moments in it.
#include "study/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/yaml/load.h"
#include "yaml/error_place.h"
#include "study/moment.h"
#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPolicy[] = R"(version: "1"
rules:
  - name: freeze
    effect: deny
    conditions: { profiles: [p], time: { days: [friday], timezone: UTC } }
  - name: p
    effect: require_server
    max_server_duration: 20m
    conditions: { profiles: [p], users: [u] }
)";

Policy policy() { return load_policy(kPolicy, "policy").value(); }

std::string one_case(const std::string& expect, const std::string& more = "") {
  return "cases:\n  - name: one\n    user: u\n    profile: p\n    mode: server\n    at: \"2026-02-05T12:00:00Z\"\n" +
         more + "    expect: " + expect + "\n";
}

std::vector<std::string> differences(const std::string& table) {
  const auto cases = load_cases(table, "table");
  EXPECT_TRUE(cases) << cases.error().first().what;
  return cases ? run_cases(policy(), *cases).cases.at(0).differences : std::vector<std::string>{"did not load"};
}

std::string refusal(const std::string& table) {
  const auto cases = load_cases(table, "table");
  return cases ? "loaded" : cases.error().first().what;
}

TEST(PolicyCases, AnEmptyTableIsRefused) {
  EXPECT_THAT(refusal("cases: []\n"), HasSubstr("shows nothing"));
  EXPECT_THAT(refusal("policy: a.yaml\n"), HasSubstr("\"cases\" is missing"));
}

TEST(PolicyCases, WhatIsUnknownIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal(one_case("{ effect: allow, rulle: p }")), HasSubstr("rulle"));
  EXPECT_THAT(refusal(one_case("{ effect: allowed }")), HasSubstr("table:7"));
  EXPECT_THAT(refusal(one_case("{ rule: p }")), HasSubstr("\"effect\" is missing"));
  EXPECT_THAT(refusal(one_case("{ effect: deny }", "    tranport: unix\n")), HasSubstr("tranport"));
  EXPECT_THAT(refusal("cases:\n  - name: a\n    profile: p\n    mode: cli\n    transport: unix\n"
                      "    at: \"2026-02-05T12:00:00Z\"\n    expect: { effect: deny }\n"),
              HasSubstr("has no transport"));
}

TEST(PolicyCases, TwoCasesOfOneNameAreRefused) {
  const std::string table = one_case("{ effect: allow }");
  EXPECT_THAT(refusal(table + table.substr(table.find("  - name"))), HasSubstr("another case of this name"));
}

TEST(PolicyCases, EachDifferenceIsNamed) {
  EXPECT_THAT(differences(one_case("{ effect: allow, rule: p, max_server_duration: 20m, restricted: false }")),
              IsEmpty());
  EXPECT_THAT(differences(one_case("{ effect: deny, rule: null }")),
              ElementsAre("effect: expected deny, got allow", "rule: expected no rule, got \"p\""));
  EXPECT_THAT(differences(one_case("{ effect: allow, max_server_duration: \"0\" }")),
              ElementsAre("max_server_duration: expected none, got 20m"));
  EXPECT_THAT(differences(one_case("{ effect: allow, requires_server_mode: true }")),
              ElementsAre("requires_server_mode: expected yes, got no"));
}

TEST(PolicyCases, RulesWithoutACaseAreNamed) {
  const auto cases = load_cases(one_case("{ effect: allow }"), "table");
  ASSERT_TRUE(cases);
  EXPECT_THAT(run_cases(policy(), *cases).undecided, ElementsAre("freeze"));
}

TEST(PolicyMoment, IsExactOrRefused) {
  const auto noon = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 12h;
  EXPECT_EQ(noon, parse_moment("2026-01-31T12:00:00Z").value());
  EXPECT_EQ(noon, parse_moment("2026-01-31T13:00:00+01:00").value());
  EXPECT_EQ(noon, parse_moment("2026-01-31T06:30:00-05:30").value());
  EXPECT_EQ(noon, parse_moment("2026-01-31T12:00Z").value());
  for (const char* bad :
       {"", "now", "2026-01-31", "2026-02-30T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:00:00",
        "2026-01-31T12:00:60Z", "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+1:00", "2026-01-31 12:00Z",
        "2026-1-31T12:00:00Z", "2026-01-31T12:00:00.5Z"}) {
    EXPECT_FALSE(parse_moment(bad)) << bad;
  }
}

TEST(PolicyPlace, ACaretStandsBelowItsColumn) {
  const ipc::Error error{ipc::Fault::kConfig, "f.yaml:2:5: wrong", "", 0};
  const ErrorPlace place = place_of(error, "f.yaml");
  EXPECT_EQ(2, place.line);
  EXPECT_EQ(5, place.column);
  EXPECT_EQ("wrong", place.reason);
  EXPECT_EQ("abcdefg", show_line("one\nabcdefg\nthree", place).text);
  EXPECT_EQ("    ^", show_line("one\nabcdefg\nthree", place).caret);
  EXPECT_EQ("", show_line("one\nabcdefg", place_of({ipc::Fault::kConfig, "f.yaml:2: w", "", 0}, "f.yaml")).caret);
  EXPECT_EQ(0, place_of({ipc::Fault::kConfig, "cannot open f.yaml", "", 0}, "f.yaml").line);
}

TEST(PolicyPlace, ALongLineIsCutAroundItsColumnAndHarmless) {
  const std::string text = std::string(400, 'a') + "\x1b" + std::string(400, 'b');
  const ShownLine shown = show_line(text, {1, 401, ""});
  EXPECT_LE(shown.text.size(), 120u);
  ASSERT_LT(shown.caret.size(), shown.text.size());
  EXPECT_EQ('?', shown.text[shown.caret.size() - 1]) << "the caret points at what was there";
}

}  // namespace
}  // namespace broker
