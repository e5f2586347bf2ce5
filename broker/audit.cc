#include "audit.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "json_line.h"
#include "time_text.h"

namespace broker {
namespace {

bool takes_a_line_now(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

}  // namespace

std::string to_json(const DecisionLine& line) {
  JsonLine json;
  json.text("timestamp", rfc3339(line.time).text()).text("user", line.user).text("profile", line.profile);
  json.text("effect", line.effect).text("rule", line.rule).number("rule_index", line.rule_index);
  json.text("reason", line.reason).text("policy_path", line.policy_path);
  json.text_if("request_id", line.request_id).text_if("source_identity", line.source_identity);
  json.text_if("role_arn", line.role_arn);
  if (line.duration.count() > 0) json.number("session_duration_seconds", line.duration.count());
  json.text_if("approved_request_id", line.approved_request_id);
  json.text_if("break_glass_event_id", line.break_glass_event_id);
  json.text("outcome", line.outcome).text("mode", line.mode).text_if("transport", line.transport);
  if (line.peer_pid > 0) json.number("peer_pid", line.peer_pid);
  if (line.peer_uid >= 0) json.number("peer_uid", line.peer_uid);
  json.text_if("peer_executable", line.peer_executable).text_if("check", line.check);
  json.text_if("policy_hash", line.policy_hash);
  if (line.policy_serial > 0) json.number("policy_serial", static_cast<std::int64_t>(line.policy_serial));
  if (line.policy_age.count() > 0) json.number("policy_age_seconds", line.policy_age.count());
  json.text_if("session_table", line.session_table);
  if (line.expires.time_since_epoch().count() > 0) json.text("expires_at", rfc3339(line.expires).text());
  json.text_if("narrowed", line.narrowed).text_if("detail", line.detail);
  return std::move(json).finish();
}

void AuditLog::add_sink(ipc::UniqueFd fd, std::string label, bool sync) {
  struct stat st {};
  const bool regular = ::fstat(fd.get(), &st) == 0 && S_ISREG(st.st_mode);
  sinks_.push_back(Sink{std::move(fd), std::move(label), sync, regular, false});
}

ipc::Status AuditLog::write_line(Sink& sink, const std::string& text) {
  if (!sink.regular_file && !takes_a_line_now(sink.fd.get())) {
    errno = EAGAIN;
    return ipc::system_error("the decision log " + sink.label + " does not take a line");
  }
  char newline = '\n';
  iovec parts[2] = {{&newline, sink.torn ? std::size_t{1} : 0}, {const_cast<char*>(text.data()), text.size()}};
  const ssize_t wanted = static_cast<ssize_t>(parts[0].iov_len + parts[1].iov_len);
  ssize_t written;
  do {
    written = sink.torn ? ::writev(sink.fd.get(), parts, 2) : ::write(sink.fd.get(), text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written == wanted) {
    sink.torn = false;
    return {};
  }
  if (written > 0) {
    sink.torn = true;
    errno = ENOSPC;
  }
  return ipc::system_error("the decision log " + sink.label + " cannot be written",
                           "free the disk or choose another --log-file");
}

ipc::Status AuditLog::record(const DecisionLine& line) {
  if (sinks_.empty()) return ipc::fail(ipc::Fault::kConfig, "there is no decision log");
  const std::string text = to_json(line);
  ipc::Status outcome;
  for (Sink& sink : sinks_) {
    // Every sink gets its chance: a broken one must not silence the others.
    if (ipc::Status written = write_line(sink, text); !written) outcome = written;
    needs_commit_ = needs_commit_ || (sink.sync && sink.regular_file);
  }
  return outcome;
}

ipc::Result<RecordedPermit> AuditLog::record(Permit permit, const DecisionLine& line) {
  if (permit.spent_) return ipc::fail(ipc::Fault::kRefused, "a permit was used twice");
  permit.spent_ = true;
  if (ipc::Status written = record(line); !written) return std::unexpected(written.error());
  return RecordedPermit();
}

ipc::Status AuditLog::commit() {
  needs_commit_ = false;
  for (Sink& sink : sinks_) {
    if (sink.sync && sink.regular_file && ::fdatasync(sink.fd.get()) != 0) {
      return ipc::system_error("the decision log " + sink.label + " cannot be made durable");
    }
  }
  return {};
}

}  // namespace broker
