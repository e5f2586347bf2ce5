// What a host says of its device is taken whole or not at all.
#include "device/stated.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace broker {
namespace {

using ::testing::HasSubstr;

TEST(PostureJson, WhatIsNotUnderstoodMakesTheWholeUnusable) {
  const struct {
    const char *text, *why;
  } cases[] = {
      {"", "not one JSON object"},
      {"[]", "not one JSON object"},
      {"{} {}", "not one JSON object"},
      {R"({"disk_encrypted": true,})", "not one JSON object"},
      {R"({"disk_encrypted": true, "disk_encrypted": false})", "not one JSON object"},
      {R"({"disk_encrypted": true} // yes)", "not one JSON object"},
      {R"({"disk_encryption": true})", "unknown key \"disk_encryption\"; did you mean \"disk_encrypted\"?"},
      {R"({"firewall_enabled": true, "x": {"y": [[[[[[[[[[1]]]]]]]]]]}})", "not one JSON object"},
      {R"({"disk_encrypted": "true"})", "disk_encrypted is neither true nor false"},
      {R"({"mdm_enrolled": 1})", "mdm_enrolled is neither"},
      {R"({"mdm_compliant": null})", "mdm_compliant is neither"},
      {R"({"firewall_enabled": []})", "firewall_enabled is neither"},
      {R"({"os_type": "plan9"})", "os_type is \"plan9\"; it can be darwin, windows or linux"},
      {R"({"os_type": 3})", "os_type is not a text"},
      {R"({"os_version": 12.4})", "os_version is not a text"},
      {R"({"os_version": ""})", "os_version is not a text"},
      {R"({"os_version": "bookworm"})", "which is no version"},
      {R"({"os_version": "12/4"})", "which is no version"},
      {R"({"valid_until": 1700000000})", "valid_until is not a text"},
      {R"({"valid_until": "tomorrow"})", "valid_until is \"tomorrow\""},
      {R"({"valid_until": "2026-02-30T00:00:00Z"})", "valid_until"},
      {R"({"valid_until": "2026-01-31T12:00:00"})", "valid_until"},
      {R"({"valid_until": "2026-01-31T24:00:00Z"})", "valid_until"},
      {R"({"valid_until": "2026-01-31T12:00:00.5Z"})", "valid_until"},
      {R"({"valid_until": "2026-01-31T12:00:00+2:00"})", "valid_until"},
      {R"({"valid_until": "2026-01-31T12:00:00Z0"})", "valid_until"},
      {R"({"valid_until": "2026-+1-31T12:00:00Z"})", "valid_until"},
      {R"({"valid_until": "2026-01-31T12:+0:-0Z"})", "valid_until"},
      {"{\"os_version\": \"1\xff\"}", "UTF-8"},
  };
  for (const auto& [text, why] : cases) {
    const auto stated = posture_from_json(text);
    ASSERT_FALSE(stated) << text;
    EXPECT_THAT(stated.error().what, HasSubstr(why)) << text;
  }
  EXPECT_FALSE(posture_from_json(std::string(kMaxPostureBytes - 1, ' ') + "{}"));
}

TEST(PostureJson, WhatIsLeftOutIsUnknown) {
  const auto stated = posture_from_json("{}");
  ASSERT_TRUE(stated);
  const Posture& facts = stated->facts;
  EXPECT_FALSE(facts.encrypted || facts.mdm_enrolled || facts.mdm_compliant || facts.firewall || facts.os_type);
  EXPECT_EQ(facts.os_version, "");
  EXPECT_FALSE(stated->valid_until);
}

TEST(PostureJson, WhatIsSaidIsTaken) {
  const auto stated = posture_from_json(
      R"({"disk_encrypted": true, "mdm_enrolled": false, "mdm_compliant": true, "firewall_enabled": false,
          "os_type": "Darwin", "os_version": "14.10", "valid_until": "2026-01-31T12:00:00Z"})");
  ASSERT_TRUE(stated) << stated.error().what;
  const Posture& facts = stated->facts;
  EXPECT_EQ(facts.encrypted, true);
  EXPECT_EQ(facts.mdm_enrolled, false);
  EXPECT_EQ(facts.mdm_compliant, true);
  EXPECT_EQ(facts.firewall, false);
  EXPECT_EQ(facts.os_type, OsType::kDarwin) << "case-folded";
  EXPECT_EQ(facts.os_version, "14.10");
  EXPECT_EQ(stated->valid_until->time_since_epoch().count(), 1769860800);
  EXPECT_EQ(posture_from_json(R"({"valid_until": "2026-01-31T14:00:00+02:00"})")->valid_until, stated->valid_until);
}

}  // namespace
}  // namespace broker
