// The decision log: JSON Lines, one line per decision, one write(2) per line and sink, written before anything is
// released. A line that cannot be written to every sink means no credentials.
//
// Runs in: broker, main thread.   Blocks: on local files only; a terminal or pipe that does not take the line at once
// is a failure, never a wait.   Owns: the sinks' descriptors.
// Fails: kSystem with the sink's name. No secret is ever a member of DecisionLine.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "permit.h"

namespace broker {

// Text that somebody else keeps. A temporary string, which nobody keeps, does not compile.
class Shown : public std::string_view {
 public:
  Shown() = default;
  Shown(const char* text) : std::string_view(text) {}
  Shown(std::string_view text) : std::string_view(text) {}
  Shown(const std::string& text) : std::string_view(text) {}
  Shown(std::string&&) = delete;
};

// Keys of SPEC 9.1 first, in its order, then ours. What it shows must live until record() returns.
struct DecisionLine {
  std::chrono::sys_seconds time{};
  Shown user, profile, effect, rule;
  int rule_index = -1;
  Shown reason, policy_path;
  Shown request_id, source_identity, role_arn;  // empty: left out, as every member below that has nothing to say
  std::chrono::seconds duration{0};
  Shown approved_request_id, break_glass_event_id;
  Shown outcome;  // issued, refused, failed
  Shown mode, transport;
  int peer_pid = 0;
  long peer_uid = -1;
  Shown peer_executable, check;
  Shown policy_hash;                   // SHA-256 of the policy's text, all 64 digits
  std::uint64_t policy_serial = 0;     // the version that its signature names; 0: unsigned
  std::chrono::seconds policy_age{0};  // how long ago it was last confirmed; 0: it is fresh
  Shown session_table;
  std::chrono::sys_seconds expires{};  // of what was issued
  Shown narrowed;                      // what the rule narrowed, as "session_policy,hard_expiry"
  Shown detail;
};

[[nodiscard]] std::string to_json(const DecisionLine& line);

class AuditLog {
 public:
  // `sync`: the file's data reaches the disk before commit() returns (--log-sync).
  void add_sink(ipc::UniqueFd fd, std::string label, bool sync);

  // Writes the line of a refusal or failure.
  ipc::Status record(const DecisionLine& line);
  // Writes the line of an issue and turns the permit into one that can be spent.
  ipc::Result<RecordedPermit> record(Permit permit, const DecisionLine& line);

  // Group commit: makes all lines since the last commit durable, with one fdatasync per sink that asked for it.
  [[nodiscard]] bool needs_commit() const { return needs_commit_; }
  ipc::Status commit();

 private:
  struct Sink {
    ipc::UniqueFd fd;
    std::string label;
    bool sync = false;
    bool regular_file = false;
    bool torn = false;  // the last line was cut off: the next one starts with a newline
  };
  static ipc::Status write_line(Sink& sink, const std::string& text);
  std::vector<Sink> sinks_;
  bool needs_commit_ = false;
};

}  // namespace broker
