// The decision log: JSON Lines, one line per decision, one write(2) per line and sink, written before anything is
// released. A line that cannot be written to every sink means no credentials. Each sink's lines form a chain
// (audit/chain.h), and are signed where there is a key (audit/signature.h). What goes to the system's log names the
// line of the file with the same decision, and its hash: a head of the file that its writer cannot take back.
//
// Blocks: on local files only; a terminal or pipe that does not take the line at once is a failure, never a wait.
// Owns: the sinks' descriptors, the key.
// Fails: kSystem with the sink's name. No secret is ever a member of DecisionLine.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/signature.h"
#include "audit/sink.h"
#include "decide/permit.h"
#include "host/clock.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

// Text that its owner keeps for as long as this. A temporary string, which has no such owner, does not compile.
class Shown : public std::string_view {
 public:
  Shown() = default;
  Shown(const char* text) : std::string_view(text) {}
  Shown(std::string_view text) : std::string_view(text) {}
  Shown(const std::string& text) : std::string_view(text) {}
  Shown(std::string&&) = delete;
};

// First the keys that upstream's log has, in its order, then ours. The texts must live until record() returns.
struct DecisionLine {
  std::chrono::sys_seconds time{};
  Shown event;  // not a decision, but this: then nothing of effect, rule and outcome is written
  Shown user, profile, effect, rule;
  int rule_index = -1;
  Shown reason, policy_path;
  Shown request_id, source_identity, unnamed,
      role_arn;  // empty: left out, as every member below that has nothing to say
  std::chrono::seconds duration{0};
  Shown approved_request_id, break_glass_event_id;
  Shown outcome;  // issued, refused, failed
  Shown mode, transport;
  int peer_pid = 0;
  long peer_uid = -1;
  long peer_uid_outside = -1;  // where the run is in a user namespace: what peer_uid is called outside of it
  Shown peer_executable;
  int caller_pid = 0;  // the program that asked: behind our own helper the one that ran it, else the peer
  Shown caller_executable, caller_name;  // the latter as the kernel keeps it (comm): of a script, the script's
  Shown check;
  Shown policy_hash;                   // SHA-256 of the policy's text, all 64 digits
  std::uint64_t policy_serial = 0;     // the version that its signature names; 0: unsigned
  std::chrono::seconds policy_age{0};  // how long ago it was last confirmed; 0: it is fresh
  Shown session_table, session_id;     // of the tracked run
  Shown endpoints;                     // where what judges is asked, by a variable's word; STS, by an AWS file's
  std::chrono::sys_seconds expires{};  // of what was issued
  Shown access_key_id, principal;      // of what was issued: its id, and the ARN that AWS knows it by
  Shown narrowed;                      // what the rule narrowed, as "session_policy,hard_expiry"
  Shown credential_source;             // a word of profile/sources.def
  Shown detail;
};

// Without the chain's members and the last brace.
[[nodiscard]] std::string to_body(const DecisionLine& line);

class AuditLog {
 public:
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr std::chrono::seconds kAskAgain{1}, kQuiet{3};
  // Asks the supervisor for what follows the sink of that label.
  using AskForNext = std::function<void(const std::string& label)>;

  // `clock` outlives the log. `key`: signs every line.
  explicit AuditLog(const Clock& clock, std::optional<LogKey> key = {})
      : clock_(&clock), key_(key ? std::make_unique<LogKey>(std::move(*key)) : nullptr) {}
  // From now on a file longer than `max_bytes` is closed, and `ask` is called for the next. 0: whatever its size; but
  // another broker may close it.
  void rotate_at(std::uint64_t max_bytes, AskForNext ask);
  // For a run that ends now: closes files longer than that, so that the next run begins another.
  void end_full_files(std::uint64_t max_bytes, std::chrono::sys_seconds now);
  // `sync`: the file's data reaches the disk before commit() returns (--log-sync).
  // Fails: a file that ends in something that is not ours.
  // `lock`: what the writers of this file lock in its place, for as long as the run. `head`: where its head is kept, or
  // nowhere.
  ipc::Status add_sink(ipc::UniqueFd fd, std::string label, bool sync, ipc::LogKind kind = ipc::LogKind::File,
                       ipc::UniqueFd lock = {}, ipc::UniqueFd head = {});
  // `warn` is told, in a sentence each, of logs that were found cut, from now on and of before.
  void warn_with(std::function<void(const std::string&)> warn);
  // What we asked for has come.
  ipc::Status follow(const std::string& label, ipc::UniqueFd fd);

  // Writes the line of a refusal or failure. Between two files it waits for the second, and is no failure.
  ipc::Status record(const DecisionLine& line);
  // Writes the line of an issue and turns the permit into one that can be spent. kUnavailable between two files.
  ipc::Result<RecordedPermit> record(Permit permit, const DecisionLine& line);
  // A file is being changed for the next: nothing that the user need hear of, unless it lasts.
  [[nodiscard]] bool between_files() const;

  // Group commit: makes all lines since the last commit durable, with one fdatasync per sink that asked for it.
  [[nodiscard]] bool needs_commit() const { return needs_commit_; }
  // What its sinks are called, in their order.
  [[nodiscard]] std::vector<std::string> labels() const;
  ipc::Status commit();

 private:
  struct Waiting {
    std::string body;
    std::chrono::sys_seconds time;
  };
  struct Place {
    AuditSink sink;
    std::deque<Waiting> waiting{};
    Clock::SinceBoot ended_at{}, asked_at{};
  };
  ipc::Status write(const DecisionLine& line, bool may_wait);
  ipc::Status write_to(Place& place, const AuditText& text, bool may_wait);
  void ask_for_next(Place& place);
  void pass_on_warning(Place& place);

  const Clock* clock_;
  std::unique_ptr<LogKey> key_;
  AskForNext ask_;
  std::function<void(const std::string&)> warn_;
  std::vector<Place> places_;
  bool needs_commit_ = false;
};

}  // namespace broker
