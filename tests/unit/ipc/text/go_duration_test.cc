// Go's own grammar, and none of the neighbours that people try.
#include "ipc/text/go_duration.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace ipc {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(GoDuration, RefusesWhatGoRefuses) {
  for (const char* text : {"", "-", "+", "3", "1", "-1", "00", "0.0", ".", "1.", ".s", "+.s", "s", "m", "5 m",
      " 5m", "5m ",
                           "1d", "7d", "1w", "1M", "5M", "1H", "1e3s", "--5m", "+-5m", "5m-3s", "1:30", "1h30", "5min",
                           "5sec", "0x1s", "1,5h", "\xC2\xB5s", "1\xB5s", "inf", "9223372036854775808ns",
                           "99999999999999999999999h", "2562048h", "-9223372036854775809ns", "1h\n"}) {
    EXPECT_FALSE(parse_go_duration(text)) << text;
  }
  EXPECT_FALSE(parse_go_duration(std::string("5m\0", 3)));
  EXPECT_FALSE(parse_go_duration(std::string(100'000, '1') + "s"));
}

TEST(GoDuration, SaysWhatIsWrongAndWhatToWrite) {
  const auto result = parse_go_duration("20\x1b");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what, "\"20?\" is not a duration: each number needs a unit: h, m, s, ms, us or ns");
  EXPECT_EQ(result.error().next_step, "write for example 90s, 15m or 1h30m");
  EXPECT_EQ(result.error().fault, Fault::kUsage);
}

TEST(GoDuration, ReadsWhatGoReads) {
  const struct {
    const char* text;
    nanoseconds length;
  } cases[] = {
      {"0", 0ns},           {"-0", 0ns},         {"+0", 0ns},      {"0s", 0ns},           {"5s", 5s},
      {"30s", 30s},         {"1478s", 1478s},    {"-5s", -5s},     {"+5s", 5s},           {"5.0s", 5s},
      {"5.6s", 5600ms},     {"5.s", 5s},         {".5s", 500ms},   {"1.004s", 1004ms},    {"100.00100s", 100001ms},
      {"10ns", 10ns},       {"11us", 11us},      {"12\xC2\xB5s", 12us}, {"12\xCE\xBCs", 12us}, {"13ms", 13ms},
      {"14s", 14s},         {"15m", 15min},      {"16h", 16h},     {"3h30m", 210min},     {"-1m30s", -90s},
      {"10.5s4m", 250500ms}, {"39h9m14.425s", 140954425ms},        {"52763797000ns", 52763797000ns},
      {"0.3333333333333333333h", 20min - 1ns},   {"9223372036854775807ns", nanoseconds::max()},
      {"0.100000000000000000000h", 6min},        {"0.9223372036854775807h", 3320413933267ns},
  };
  for (const auto& c : cases) {
    const auto result = parse_go_duration(c.text);
    ASSERT_TRUE(result) << c.text << ": " << result.error().what;
    EXPECT_EQ(*result, c.length) << c.text;
  }
}

}  // namespace
}  // namespace ipc
