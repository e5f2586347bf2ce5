// People read a moment in their own zone, which is named.
#include "ipc/terminal/local_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

namespace {

class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* const now = std::getenv("TZ")) before_ = now;
    ::setenv("TZ", name, 1);
  }
  ~Zone() { before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ"); }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> before_;
};

std::string at(const char* zone, std::chrono::sys_seconds moment) {
  const Zone set(zone);
  return ipc::local_time(moment);
}

constexpr std::chrono::sys_seconds kWinter =
    std::chrono::sys_days(std::chrono::January / 31 / 2026) + std::chrono::hours(12);
constexpr std::chrono::sys_seconds kSummer =
    std::chrono::sys_days(std::chrono::July / 1 / 2026) + std::chrono::hours(23);

TEST(LocalTime, NamesTheZoneOfThatMoment) {
  EXPECT_EQ(at("CET-1CEST,M3.5.0,M10.5.0/3", kWinter), "2026-01-31 13:00:00 CET");
  EXPECT_EQ(at("CET-1CEST,M3.5.0,M10.5.0/3", kSummer), "2026-07-02 01:00:00 CEST");
}

TEST(LocalTime, AZoneThatIsUnknownIsUtc) {
  EXPECT_EQ(at("UTC", kWinter), "2026-01-31 12:00:00 UTC");
  EXPECT_TRUE(at("", kWinter).starts_with("2026-01-31 12:00:00 ")) << at("", kWinter);
}

}  // namespace
