// The record of a tracked run in a session table: its attributes and their formats, what a touch and the end write, and
// what somebody else has written into its status. Data and text; no I/O.
//
// Blocks: never.
// Units: times are UTC, RFC 3339 with nine digits of a second, so that they sort as text; ttl is in epoch seconds.
// expires_at is the end of the last keys that were issued, moved on while the run lives. ttl is kKept behind the last
// use and behind expires_at, whichever is later: DynamoDB may delete the record then and not before, so that a
// revocation outlives every key. A run that is not used renews its keys all the same, and so keeps its record.
// user is the one that policy judges, as it is; a principal without a name of its own has none, and the attribute is
// then left out, since DynamoDB takes no empty text as the key of an index (gsi-user). device_id is left out likewise.
// Names and types of the attributes, the primary key and the indexes are upstream's, whose commands read the table too.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "host/clock.h"
#include "ipc/result.h"
#include "services/dynamodb.h"

namespace broker {

inline constexpr std::string_view kSessionKey = "id";
inline constexpr std::chrono::days kKept{7};

struct SessionRecord {
  std::string id;                  // 16 hex digits
  std::string server_instance_id;  // 8 hex digits, of this broker process
  std::string user, profile;
  Clock::Wall started_at{}, last_access_at{};
  Clock::Wall expires_at{};
  std::uint64_t request_count = 0;
  std::string source_identity;  // of the keys that were issued last; empty before the first
};

// With new random ids.
[[nodiscard]] ipc::Result<SessionRecord> new_session_record(std::string user, std::string profile, Clock::Wall now,
                                                            std::chrono::seconds lifetime);

[[nodiscard]] TableKey key_of(const std::string& table, const SessionRecord& record);
// All attributes of a record that begins, but the key.
[[nodiscard]] Item beginning(const SessionRecord& record);
// Attributes that prove an existing item was written by this run (a PutItem whose answer was lost and that was sent
// again).
[[nodiscard]] Item identity_of(const SessionRecord& record);
// What each touch sets. The count is the whole count and not what is added: this run alone writes it, and a touch that
// is repeated because its answer was lost counts nothing twice.
[[nodiscard]] Item touch(const SessionRecord& record, Clock::Wall now);
// What the end of the run sets beside.
[[nodiscard]] Item ending(const SessionRecord& record, Clock::Wall now);
// The condition of both.
[[nodiscard]] Item still_active();

// Why a record is not active, as a sentence's end: "was revoked by ops: stolen laptop".
[[nodiscard]] std::string why_not_active(const std::optional<Item>& found);

[[nodiscard]] std::string session_time(Clock::Wall time);

}  // namespace broker
