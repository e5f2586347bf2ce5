#include "tracking/record.h"

#include <algorithm>
#include <array>
#include <utility>

#include "host/random.h"
#include "text/hex.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

constexpr std::string_view kActive = "active";
constexpr std::string_view kExpired = "expired";
constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kInstanceBytes = 4;

Attribute text(std::string_view name, std::string_view value) { return {std::string(name), std::string(value), false}; }

Attribute number(std::string_view name, std::int64_t value) { return {std::string(name), std::to_string(value), true}; }

Attribute time_to_live(const SessionRecord& record, Clock::Wall now) {
  return number("ttl", floor<seconds>(std::max(now, record.expires_at) + kKept).time_since_epoch().count());
}

}  // namespace

ipc::Result<SessionRecord> new_session_record(std::string user, std::string profile, Clock::Wall now,
                                              std::chrono::seconds lifetime) {
  std::array<unsigned char, kIdBytes + kInstanceBytes> bytes{};
  if (!fill_with_random(bytes)) {
    return ipc::fail(ipc::Fault::kSystem, "the kernel gives no random numbers for the session's id", "try again");
  }
  const std::string digits = hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  SessionRecord record;
  record.id = digits.substr(0, 2 * kIdBytes);
  record.server_instance_id = digits.substr(2 * kIdBytes);
  record.user = std::move(user);
  record.profile = std::move(profile);
  record.started_at = record.last_access_at = now;
  record.expires_at = now + lifetime;
  return record;
}

TableKey key_of(const std::string& table, const SessionRecord& record) {
  return {table, std::string(kSessionKey), record.id};
}

Item beginning(const SessionRecord& record) {
  const std::string start = session_time(record.started_at);
  Item item{text("profile", record.profile),
            text("server_instance_id", record.server_instance_id),
            text("status", kActive),
            text("started_at", start),
            text("last_access_at", start),
            text("expires_at", session_time(record.expires_at)),
            text("created_at", start),
            text("updated_at", start),
            number("request_count", 0),
            text("source_identity", record.source_identity),
            text("revoked_by", ""),
            text("revoked_reason", ""),
            time_to_live(record, record.started_at)};
  if (!record.user.empty()) item.push_back(text("user", record.user));
  return item;
}

Item identity_of(const SessionRecord& record) {
  return {text("server_instance_id", record.server_instance_id), text("status", kActive)};
}

Item touch(const SessionRecord& record, Clock::Wall now) {
  return {text("last_access_at", session_time(record.last_access_at)),
          text("updated_at", session_time(now)),
          text("expires_at", session_time(record.expires_at)),
          text("source_identity", record.source_identity),
          number("request_count", static_cast<std::int64_t>(record.request_count)),
          time_to_live(record, now)};
}

Item ending(const SessionRecord& record, Clock::Wall now) {
  Item item = touch(record, now);
  item.push_back(text("status", kExpired));
  return item;
}

Item still_active() { return {text("status", kActive)}; }

std::string why_not_active(const std::optional<Item>& found) {
  if (!found) return "is not in the table any more";
  const std::string_view status = text_in(*found, "status");
  if (status == kExpired) return "is marked as expired";
  // The run has seen that it was not; to bring a record back to life does not bring back the run.
  if (status == kActive) return "was not active when it was looked at";
  if (status != "revoked") return "has an unknown status, '" + printable(status, 40) + "'";
  std::string why = "was revoked";
  const std::string_view by = text_in(*found, "revoked_by"), reason = text_in(*found, "revoked_reason");
  if (!by.empty()) why += " by " + printable(by, 100);
  if (!reason.empty()) why += ": " + printable(reason);
  return why;
}

std::string session_time(Clock::Wall time) {
  const auto whole = floor<seconds>(time);
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time - whole).count();
  std::string digits = std::to_string(nanoseconds);
  digits.insert(0, 9 - digits.size(), '0');
  const TimeText second(whole);
  std::string out(second.text());
  out.pop_back();  // the Z
  return ((out += '.') += digits) += 'Z';
}

}  // namespace broker
