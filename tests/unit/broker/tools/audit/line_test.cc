// Lines of a log may be anybody's: what is not exactly one of ours is refused, and what is ours is read as it was
// written.
#include "audit/line.h"

#include "audit_lines.h"
#include "text/json_scan.h"
#include "tools/audit/show.h"

namespace {

using namespace audit_lines;

const std::string kPrevious(64, '0');

TEST(AuditLineRead, WhatIsNotALineOfOursIsRefused) {
  const std::string good = R"({"timestamp":"t","effect":"deny")";
  ASSERT_TRUE(broker::read_audit_line(good + "}"));
  for (const std::string& line : std::initializer_list<std::string>{
           std::string(),
           std::string("null"),
           std::string("[]"),
           good,
           good + "}}",
           good + "} x",
           good + ",}",
           good + ",\"effect\":\"allow\"}",
           good + ",\"sequence\":1}",
           good + ",\"previous\":\"" + kPrevious + "\"}",
           good + ",\"torn\":\"" + kPrevious + "\"}",
           good + ",\"sequence\":0,\"previous\":\"" + kPrevious + "\"}",
           good + ",\"sequence\":\"1\",\"previous\":\"" + kPrevious + "\"}",
           good + ",\"sequence\":1.0,\"previous\":\"" + kPrevious + "\"}",
           good + ",\"sequence\":-1,\"previous\":\"" + kPrevious + "\"}",
           good + ",\"sequence\":18446744073709551616,\"previous\":\"" + kPrevious + "\"}",
           good + ",\"sequence\":1,\"previous\":\"" + std::string(64, 'G') + "\"}",
           good + ",\"sequence\":1,\"previous\":\"00\"}",
           good + ",\"signature\":\"00\"}",
           R"({"entry":{"timestamp":"t","effect":"deny"},"signature":"00","key_id":"k"})",
           std::string(
               R"({"entry":{"timestamp":"t","effect":"deny"},"signature":"00","key_id":"k","timestamp":"t","more":1})"),
           std::string(R"({"entry":7,"signature":"00","key_id":"k","timestamp":"t"})"),
           std::string(R"({"entry":{"timestamp":"t","effect":"deny"},"signature":7,"key_id":"k","timestamp":"t"})"),
           std::string("{\"timestamp\":\"t\",\"effect\":\"\x01\"}"),
           std::string("{\"timestamp\":\"t\",\"effect\":\"\xff\"}"),
           std::string(R"({"timestamp":"t","effect":"\ud800"})"),
           std::string(R"({"timestamp":"t","effect":"\x"})"),
           std::string(R"({"timestamp":"t","effect":"x","n":01})"),
           std::string(R"({"timestamp":"t","effect":"x","n":+1})"),
           std::string(R"({"timestamp":"t","effect":"x","n":nul})"),
           R"({"timestamp":"t","effect":"x","n":)" + std::string(100, '[') + std::string(100, ']') + "}",
           std::string(broker::kMaxAuditLine + 1, ' ')}) {
    EXPECT_FALSE(broker::read_audit_line(line)) << line.substr(0, 200);
  }
}

TEST(AuditLineRead, TextIsDecodedAndTheRestStandsAsItIs) {
  const auto line = broker::read_audit_line(
      R"( {"timestamp":"t","effect":"a\"\\\/\b\f\n\r\té€😀","n":-1.5e+3,"b":true,"l":[{},[]]} )");
  ASSERT_TRUE(line) << line.error().what;
  EXPECT_EQ("a\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", line->text("effect"));
  EXPECT_EQ("-1.5e+3", line->member("n")->value);
  EXPECT_EQ("", line->text("n"));
  EXPECT_EQ(nullptr, line->member("absent"));
}

TEST(AuditLineRead, CompactingIsGos) {
  EXPECT_EQ("{\"a b\":[1,\"\\u003c\\u003c\\u0026 \\\\u0026 \\\"\\u003e \\u2028 \\u2029\"],\"c\":{}}",
            broker::compact_json(
                "{ \"a b\" :\t[ 1 , \"\\u003c<& \\\\u0026 \\\"> \xE2\x80\xA8 \xE2\x80\xA9\" ] ,\n\"c\":{ } }"));
}

// ---- shown to people

std::string shown(const std::string& json) {
  const auto line = broker::read_audit_line(json);
  EXPECT_TRUE(line) << json;
  return line ? broker::shown(*line, broker::ToolOutput(stdout, stderr, false)) : "";
}

TEST(AuditShow, NothingInALineSteersATerminalOrMakesASecondLine) {
  for (const char* hostile :
       {"\\u001b[2J", "\\u009b2J", "a\\nb", "a\\rb", "\\u007f", "\\u0007", "\xE2\x80\xAE", "\\u2028", "\\t"}) {
    const std::string text =
        shown(R"({"timestamp":"2026-01-01T00:00:00Z","effect":"deny","outcome":"refused","peer_executable":")" +
              std::string(hostile) + R"(","reason":")" + hostile + R"(","user":")" + hostile + "\"}");
    for (const unsigned char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << hostile << ": " << text;
  }
}

// The peer of a helper's line is the helper, of which there is nothing to tell.
TEST(AuditShow, TheProgramThatAskedIsNamedAndItsPeerOnlyWhereThatIsAllThatIsKnown) {
  const std::string start = R"({"timestamp":"2026-01-01T00:00:00Z","effect":"deny","outcome":"refused","peer_pid":7,)"
                            R"("peer_executable":"[sentinel-creden]")";
  EXPECT_NE(shown(start + "}").find("7 [sentinel-creden]"), std::string::npos);
  const std::string text =
      shown(start + R"(,"caller_pid":5,"caller_executable":"/usr/bin/python3.11","caller_name":"aws"})");
  EXPECT_NE(text.find("5 /usr/bin/python3.11 (aws)"), std::string::npos) << text;
  EXPECT_EQ(text.find("sentinel-creden"), std::string::npos) << text;
  EXPECT_EQ(shown(start + R"(,"caller_pid":5,"caller_executable":"/bin/curl","caller_name":"curl"})").find("(curl)"),
            std::string::npos);
}

TEST(AuditShow, TimesAreExactOrSoLongAgo) {
  const auto now = std::chrono::sys_seconds(std::chrono::seconds(1769990400));  // 2026-02-02T00:00:00Z
  const auto at = [&now](std::string_view text) {
    const auto moment = broker::read_moment(text, now);
    return moment ? (*moment - now).count() : 1;
  };
  EXPECT_EQ(0, at("2026-02-02"));
  EXPECT_EQ(-86400 + 3661, at("2026-02-01T01:01:01Z"));
  EXPECT_EQ(-7200, at("2h"));
  EXPECT_EQ(-7 * 86400, at("7d"));
  for (const char* bad : {"", "yesterday", "2026-13-01", "2026-02-30", "-2h", "d", "7", "1.5d", "0s",
                          "2026-02-01 10:00", "99999999999999d"}) {
    EXPECT_FALSE(broker::read_moment(bad, now)) << bad;
  }
}

TEST(AuditShow, AFilterLetsThroughWhatItNamesAlone) {
  const auto line = broker::read_audit_line(
      R"({"timestamp":"2026-02-01T12:00:00Z","user":"marta","profile":"p","effect":"allow","rule":"r","outcome":"issued"})");
  ASSERT_TRUE(line);
  const auto when = [](int hours) { return std::chrono::sys_seconds(std::chrono::seconds(1769947200 + hours * 3600)); };
  using broker::AuditFilter;
  for (const AuditFilter& good : {AuditFilter{}, AuditFilter{"marta", "p", "allow", "issued", "r", when(0), when(1)}}) {
    EXPECT_TRUE(good.lets_through(*line));
  }
  for (const AuditFilter& bad :
       {AuditFilter{"mart", {}, {}, {}, {}, {}, {}}, AuditFilter{{}, "q", {}, {}, {}, {}, {}},
        AuditFilter{{}, {}, "deny", {}, {}, {}, {}}, AuditFilter{{}, {}, {}, "refused", {}, {}, {}},
        AuditFilter{{}, {}, {}, {}, "x", {}, {}}, AuditFilter{{}, {}, {}, {}, {}, when(1), {}},
        AuditFilter{{}, {}, {}, {}, {}, {}, when(0)}}) {
    EXPECT_FALSE(bad.lets_through(*line));
  }
}

}  // namespace
