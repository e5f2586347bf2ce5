#include "audit/log.h"

#include <algorithm>

#include "text/json_line.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

// `body`: an object without its last brace.
void add_head(std::string& body, const std::string& log, const LogHead& head) {
  JsonLine json;
  json.text("log", log).number("log_sequence", static_cast<std::int64_t>(head.sequence)).text("log_hash", head.hash);
  std::string members = std::move(json).object();
  members.pop_back();
  members.front() = ',';
  body += members;
}

}  // namespace

std::string to_body(const DecisionLine& line) {
  JsonLine json;
  const bool decides = line.event.empty();
  json.text("timestamp", rfc3339(line.time).text()).text_if("event", line.event);
  json.text("user", line.user).text("profile", line.profile);
  if (decides) json.text("effect", line.effect).text("rule", line.rule).number("rule_index", line.rule_index);
  json.text("reason", line.reason).text("policy_path", line.policy_path);
  json.text_if("request_id", line.request_id).text_if("source_identity", line.source_identity);
  json.text_if("source_identity_left_out", line.unnamed).text_if("role_arn", line.role_arn);
  if (line.duration.count() > 0) json.number("session_duration_seconds", line.duration.count());
  json.text_if("approved_request_id", line.approved_request_id);
  json.text_if("break_glass_event_id", line.break_glass_event_id);
  if (decides) json.text("outcome", line.outcome);
  json.text("mode", line.mode).text_if("transport", line.transport);
  if (line.peer_pid > 0) json.number("peer_pid", line.peer_pid);
  if (line.peer_uid >= 0) json.number("peer_uid", line.peer_uid);
  if (line.peer_uid_outside >= 0) json.number("peer_uid_outside", line.peer_uid_outside);
  json.text_if("peer_executable", line.peer_executable);
  if (line.caller_pid > 0) json.number("caller_pid", line.caller_pid);
  json.text_if("caller_executable", line.caller_executable).text_if("caller_name", line.caller_name);
  json.text_if("check", line.check);
  json.text_if("policy_hash", line.policy_hash);
  if (line.policy_serial > 0) json.number("policy_serial", static_cast<std::int64_t>(line.policy_serial));
  if (line.policy_age.count() > 0) json.number("policy_age_seconds", line.policy_age.count());
  json.text_if("endpoints", line.endpoints);
  json.text_if("session_table", line.session_table);
  json.text_if("session_id", line.session_id);
  if (line.expires.time_since_epoch().count() > 0) json.text("expires_at", rfc3339(line.expires).text());
  json.text_if("access_key_id", line.access_key_id).text_if("principal", line.principal);
  json.text_if("narrowed", line.narrowed).text_if("credential_source", line.credential_source);
  json.text_if("detail", line.detail);
  std::string body = std::move(json).object();
  body.pop_back();
  return body;
}

void AuditLog::end_full_files(std::uint64_t max_bytes, std::chrono::sys_seconds now) {
  for (Place& place : places_) place.sink.end_if_full(max_bytes, now);
}

void AuditLog::rotate_at(std::uint64_t max_bytes, AskForNext ask) {
  ask_ = std::move(ask);
  for (Place& place : places_) place.sink.close_at(max_bytes);
}

void AuditLog::warn_with(std::function<void(const std::string&)> warn) {
  warn_ = std::move(warn);
  for (Place& place : places_) pass_on_warning(place);
}

void AuditLog::pass_on_warning(Place& place) {
  if (!warn_) return;
  if (const std::string warning = place.sink.take_warning(); !warning.empty()) warn_(warning);
}

ipc::Status AuditLog::add_sink(ipc::UniqueFd fd, std::string label, bool sync, ipc::LogKind kind, ipc::UniqueFd lock,
                               ipc::UniqueFd head) {
  auto sink = AuditSink::open(std::move(fd),
                              {std::move(label), kind, sync, key_.get(), clock_, std::move(lock), std::move(head)});
  if (!sink) return std::unexpected(sink.error());
  places_.push_back(Place{std::move(*sink)});
  return {};
}

// ---- from one file to the next -------------------------------------------------------------------------------------

void AuditLog::ask_for_next(Place& place) {
  const Clock::SinceBoot now = clock_->since_boot();
  if (place.ended_at == Clock::SinceBoot{}) place.ended_at = now;
  if (place.asked_at != Clock::SinceBoot{} && now - place.asked_at < kAskAgain) return;
  place.asked_at = now;
  if (ask_) ask_(place.sink.label());
}

bool AuditLog::between_files() const {
  return std::ranges::any_of(places_, [now = clock_->since_boot()](const Place& place) {
    return place.sink.ended() && now - place.ended_at < kQuiet;
  });
}

ipc::Status AuditLog::follow(const std::string& label, ipc::UniqueFd fd) {
  for (Place& place : places_) {
    if (place.sink.label() != label || !place.sink.ended()) continue;
    if (ipc::Status followed = place.sink.follow(std::move(fd)); !followed) return followed;
    place.ended_at = place.asked_at = {};
    while (!place.waiting.empty()) {
      const Waiting line = std::move(place.waiting.front());
      place.waiting.pop_front();
      if (ipc::Status done = write_to(place, {line.body, line.time, false}, true); !done) return done;
      if (place.sink.ended()) return {};  // this one was full, too
    }
    return {};
  }
  return ipc::fail(ipc::Fault::kProtocol, "a log sink that nobody asked for");
}

// ---- lines ---------------------------------------------------------------------------------------------------------

ipc::Status AuditLog::write_to(Place& place, const AuditText& text, bool may_wait) {
  ipc::Status done;
  if (!place.sink.ended()) done = place.sink.write(text);
  pass_on_warning(place);
  needs_commit_ = needs_commit_ || place.sink.syncs();
  if (!place.sink.ended()) return done;
  ask_for_next(place);
  if (may_wait && ask_ && place.waiting.size() < kMaxWaiting) {
    place.waiting.push_back({std::string(text.body), text.time});
    return {};
  }
  if (!done) return done;
  return ipc::fail(ipc::Fault::kUnavailable, "the decision log " + place.sink.label() + " waits for its next file",
                   "look at what Sentinel said about rotating it");
}

ipc::Status AuditLog::write(const DecisionLine& line, bool may_wait) {
  if (places_.empty()) return ipc::fail(ipc::Fault::kConfig, "there is no decision log");
  const std::string body = to_body(line);
  const AuditText text{body, line.time, line.outcome == "issued"};
  ipc::Status outcome;
  const auto is_system = [](const Place& place) { return place.sink.kind() == ipc::LogKind::Syslog; };
  std::string with_head = std::ranges::any_of(places_, is_system) ? body : std::string();
  for (Place& place : places_) {
    // Every sink gets its chance: a broken one must not silence the others.
    ipc::Status done =
        write_to(place, is_system(place) ? AuditText{with_head, text.time, text.issued} : text, may_wait);
    if (!done) outcome = done;
    if (!done || with_head.empty()) continue;
    if (const auto head = place.sink.head()) add_head(with_head, place.sink.label(), *head);
  }
  return outcome;
}

ipc::Status AuditLog::record(const DecisionLine& line) { return write(line, true); }

ipc::Result<RecordedPermit> AuditLog::record(Permit permit, const DecisionLine& line) {
  if (permit.spent_) return ipc::fail(ipc::Fault::kRefused, "a permit was used twice");
  permit.spent_ = true;
  if (ipc::Status written = write(line, false); !written) return std::unexpected(written.error());
  return RecordedPermit(std::move(permit.terms_));
}

std::vector<std::string> AuditLog::labels() const {
  std::vector<std::string> labels;
  for (const Place& place : places_) labels.push_back(place.sink.label());
  return labels;
}

ipc::Status AuditLog::commit() {
  needs_commit_ = false;
  for (Place& place : places_) {
    if (ipc::Status durable = place.sink.commit(); !durable) return durable;
  }
  return {};
}

}  // namespace broker
