#include "tracking/record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace broker {
namespace {

using namespace std::chrono_literals;

const Clock::Wall kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 27) + 10h + 5ms;

SessionRecord record(std::string user = "marta") {
  SessionRecord made = *new_session_record(std::move(user), "ledger-prod", kNow, 900s);
  return made;
}

std::string number_in(const Item& item, std::string_view name) {
  for (const Attribute& attribute : item) {
    if (attribute.name == name && attribute.is_number) return attribute.value;
  }
  return {};
}

bool has(const Item& item, std::string_view name) {
  return std::ranges::any_of(item, [name](const Attribute& a) { return a.name == name; });
}

TEST(SessionRecord, IdsAreHexDigitsAndDoNotRepeat) {
  std::set<std::string> ids, instances;
  for (int i = 0; i < 1000; ++i) {
    const SessionRecord made = record();
    ids.insert(made.id);
    instances.insert(made.server_instance_id);
    EXPECT_EQ(made.id.size(), 16u);
    EXPECT_EQ(made.server_instance_id.size(), 8u);
    EXPECT_EQ((made.id + made.server_instance_id).find_first_not_of("0123456789abcdef"), std::string::npos);
  }
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(instances.size(), 1000u);
}

TEST(SessionRecord, AttributesThatKeyAnIndexAreNeverEmpty) {
  const Item item = beginning(record(""));
  EXPECT_FALSE(has(item, "user"));
  EXPECT_FALSE(has(item, "device_id"));
  for (const char* key : {"status", "profile", "server_instance_id", "created_at"}) EXPECT_NE(text_in(item, key), "");
}

TEST(SessionRecord, ItBeginsAsTheTableWantsIt) {
  const SessionRecord made = record();
  const Item item = beginning(made);
  EXPECT_EQ(text_in(item, "user"), "marta");
  EXPECT_EQ(text_in(item, "profile"), "ledger-prod");
  EXPECT_EQ(text_in(item, "server_instance_id"), made.server_instance_id);
  EXPECT_EQ(text_in(item, "status"), "active");
  EXPECT_EQ(number_in(item, "request_count"), "0");
  for (const char* key : {"started_at", "last_access_at", "created_at", "updated_at"})
    EXPECT_EQ(text_in(item, key), "2026-01-27T10:00:00.005000000Z") << key;
  EXPECT_EQ(text_in(item, "expires_at"), "2026-01-27T10:15:00.005000000Z");
  for (const char* key : {"revoked_by", "revoked_reason", "source_identity"}) EXPECT_TRUE(has(item, key)) << key;
}

TEST(SessionRecord, DynamoDbDeletesItNoEarlierThanAWeekBehindItsLastUseAndItsLastKeys) {
  SessionRecord made = record();
  const auto epoch = [](Clock::Wall time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  EXPECT_EQ(number_in(beginning(made), "ttl"), epoch(kNow + 900s + 168h));
  EXPECT_EQ(number_in(touch(made, kNow + 20h), "ttl"), epoch(kNow + 20h + 168h));
  made.expires_at = kNow + 30h;
  EXPECT_EQ(number_in(touch(made, kNow + 20h), "ttl"), epoch(kNow + 30h + 168h));
  EXPECT_EQ(number_in(ending(made, kNow + 20h), "ttl"), epoch(kNow + 30h + 168h));
}

TEST(SessionRecord, ATouchLeavesTheStatusAlone) {
  SessionRecord made = record();
  made.request_count = 41;
  made.source_identity = "sentinel:x";
  const Item item = touch(made, kNow + 1s);
  for (const char* key : {"status", "revoked_by", "revoked_reason", "user", "profile", "created_at", "started_at"})
    EXPECT_FALSE(has(item, key)) << key;
  EXPECT_EQ(number_in(item, "request_count"), "41");
  EXPECT_EQ(text_in(item, "source_identity"), "sentinel:x");
  EXPECT_EQ(text_in(item, "updated_at"), "2026-01-27T10:00:01.005000000Z");
  EXPECT_EQ(text_in(item, "last_access_at"), "2026-01-27T10:00:00.005000000Z");
}

TEST(SessionRecord, TheEndIsOfActiveRecordsOnly) {
  EXPECT_EQ(text_in(ending(record(), kNow), "status"), "expired");
  EXPECT_EQ(still_active(), (Item{{"status", "active"}}));
}

TEST(SessionRecord, WhyItIsNotActiveIsSaidOnOneLine) {
  EXPECT_EQ(why_not_active(std::nullopt), "is not in the table any more");
  EXPECT_EQ(why_not_active(Item{{"status", "expired"}}), "is marked as expired");
  EXPECT_EQ(why_not_active(Item{{"status", "revoked"}}), "was revoked");
  EXPECT_EQ(why_not_active(Item{{"status", "revoked"}, {"revoked_by", "ops"}, {"revoked_reason", "stolen"}}),
            "was revoked by ops: stolen");
  EXPECT_EQ(why_not_active(Item{{"status", "paused"}}), "has an unknown status, 'paused'");
  EXPECT_EQ(why_not_active(Item{}), "has an unknown status, ''");
  const std::string hostile = why_not_active(Item{{"status", "revoked"}, {"revoked_by", "a\x1b[2Jb\nc"}});
  EXPECT_EQ(hostile, "was revoked by a?[2Jb");
}

}  // namespace
}  // namespace broker
