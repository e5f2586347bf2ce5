#include "audit/sink.h"

#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "audit/line.h"
#include "audit/signature.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr int kAuthPriv = 10 << 3, kNotice = 5, kWarning = 4;  // RFC 5424 6.2.1

// flock(2) for the length of one line. A broker holds it no longer than a write takes; a process that holds it longer
// keeps every broker from writing, and is not waited for.
class FileLock {
 public:
  explicit FileLock(int fd, std::chrono::milliseconds patience = AuditSink::kLockWait) : fd_(fd) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (long pause = 20'000; !(held_ = ::flock(fd_, LOCK_EX | LOCK_NB) == 0);) {
      if ((errno != EWOULDBLOCK && errno != EINTR) || std::chrono::steady_clock::now() >= end) return;
      const timespec nap{0, pause};
      ::clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, nullptr);
      pause = std::min(pause * 2, 1'000'000L);
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (held_) ::flock(fd_, LOCK_UN);
  }
  [[nodiscard]] bool held() const { return held_; }

 private:
  int fd_;
  bool held_ = false;
};

bool takes_a_line_now(int fd) {
  pollfd ready{fd, POLLOUT, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

std::unexpected<ipc::Error> cannot_write(const std::string& label) {
  return ipc::system_error("the decision log " + label + " cannot be written",
                           "free the disk or choose another --log-file");
}

}  // namespace

ipc::Result<AuditSink> AuditSink::open(ipc::UniqueFd fd, Terms terms) {
  AuditSink sink;
  sink.terms_ = std::move(terms);
  if (sink.terms_.head)
    sink.head_ = HeadFile(std::move(sink.terms_.head), sink.terms_.label + std::string(kHeadSuffix));
  if (ipc::Status followed = sink.follow(std::move(fd)); !followed) return std::unexpected(followed.error());
  return sink;
}

ipc::Status AuditSink::follow(ipc::UniqueFd fd) {
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0)
    return ipc::system_error("the decision log " + terms_.label + " cannot be looked at");
  fd_ = std::move(fd);
  file_ = terms_.kind == ipc::LogKind::File && S_ISREG(st.st_mode);
  ended_ = false;
  if (!file_) return {};
  had_a_name_ = st.st_nlink > 0;
  left_at_ = 0;
  size_ = -1;
  const FileLock lock(lock_fd());
  return lock.held() ? look_at_file() : ipc::Status{};  // the first line looks again
}

ipc::Status AuditSink::write(const AuditText& text) {
  if (terms_.kind == ipc::LogKind::Syslog) return write_to_syslog(text);
  return file_ ? write_to_file(text) : write_to_stream(text);
}

// ---- lines ---------------------------------------------------------------------------------------------------------

ipc::Result<std::string> AuditSink::next_line(const AuditText& text) const {
  std::string line = chained_entry(text.body, end_);
  if (terms_.key) {
    auto signed_line = sign_entry(*terms_.key, line, rfc3339(text.time).text());
    if (!signed_line) return signed_line;
    line = std::move(*signed_line);
  }
  if (line.size() > kMaxAuditLine) {
    return ipc::fail(Fault::kSystem, "a line for the decision log " + terms_.label + " is longer than 64 KiB",
                     "shorten the policy's reasons and names");
  }
  return line;
}

void AuditSink::written(std::string_view line) {
  end_.hash = sha256_hex(line);
  ++end_.sequence;
  end_.torn.clear();
}

ipc::Status AuditSink::write_whole(std::string_view line) const {
  ssize_t done;
  do {
    done = ::write(fd_.get(), line.data(), line.size());
  } while (done < 0 && errno == EINTR);
  if (done == static_cast<ssize_t>(line.size())) return {};
  if (done >= 0) errno = ENOSPC;
  return cannot_write(terms_.label);
}

// ---- a file --------------------------------------------------------------------------------------------------------

// Under the lock: whose end is it?
ipc::Status AuditSink::look_at_file() {
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0)
    return ipc::system_error("the decision log " + terms_.label + " cannot be looked at");
  if (had_a_name_ && st.st_nlink == 0) {
    return ipc::fail(Fault::kSystem, "the decision log " + terms_.label + " was removed while it was in use",
                     "find out who removed it, and start the run anew");
  }
  if (st.st_size < left_at_) {
    return ipc::fail(Fault::kSystem, "the decision log " + terms_.label + " was cut while it was in use",
                     "find out who cut it, and start the run anew; to rotate it use --log-max-size");
  }
  if (st.st_size == size_) return {};
  auto end = find_chain_end(fd_.get(), st.st_size, terms_.label);
  if (!end) return std::unexpected(end.error());
  end_ = std::move(*end);
  size_ = st.st_size;
  return compared_ ? ipc::Status{} : compare_with_head();
}

// Does the file end where its last writer left it? It may go on behind its head: that writer ended in between.
ipc::Status AuditSink::compare_with_head() {
  compared_ = true;
  if (!head_.kept()) return {};
  const auto head = head_.read();
  if (!head) return std::unexpected(head.error());
  if (!*head && end_.sequence > 0) {
    warning_ = "the decision log " + terms_.label + " has no head beside it (" + terms_.label +
               std::string(kHeadSuffix) +
               "), so whether its end was cut before this run cannot be known; it has one now";
  }
  if (*head) cut_ = head_fault(**head, end_.sequence, end_.hash);
  if (cut_.empty()) return {};
  warning_ = "the decision log " + terms_.label + " was cut: " + cut_ +
             "; find out who did it (its next line says so; to begin a new log on purpose, remove " + terms_.label +
             std::string(kHeadSuffix) + " with it)";
  return {};
}

// The line stays in the chain: a log that was cut cannot be made to look whole again.
ipc::Status AuditSink::say_cut(const AuditText& text) {
  JsonLine json;
  json.text("timestamp", rfc3339(text.time).text()).text("event", "cut").text("detail", cut_);
  std::string body = std::move(json).object();
  body.pop_back();
  if (ipc::Status said = append({body, text.time, false}); !said) return said;
  cut_.clear();
  return {};
}

std::optional<LogHead> AuditSink::head() const {
  if (!file_ || size_ < 0 || end_.sequence == 0) return std::nullopt;
  return LogHead{end_.sequence, end_.hash, {}};
}

ipc::Status AuditSink::append(const AuditText& text) {
  auto line = next_line(text);
  if (!line) return std::unexpected(line.error());
  const std::size_t torn = end_.torn.empty() ? 0 : 1;
  std::string bytes(torn, '\n');
  bytes.append(*line).append("\n");
  const off_t before = std::exchange(size_, -1);
  if (ipc::Status done = write_whole(bytes); !done) return done;
  written(*line);
  end_.alone = before == 0;
  left_at_ = size_ = before + static_cast<off_t>(bytes.size());
  if (!head_.kept()) return {};
  // The line first: a head without its line would look like a cut log.
  return head_.write(*line, end_.sequence, !cut_.empty());
}

ipc::Status AuditSink::close_full_file(const AuditText& text) {
  JsonLine json;
  json.text("timestamp", rfc3339(text.time).text()).text("event", "rotated");
  std::string body = std::move(json).object();
  body.pop_back();
  if (ipc::Status closed = append({body, text.time, false}); !closed) return closed;
  end_.rotated = true;
  return {};
}

void AuditSink::end_if_full(std::uint64_t max_bytes, std::chrono::sys_seconds now) {
  if (terms_.kind != ipc::LogKind::File || max_bytes == 0) return;
  const FileLock lock(lock_fd());
  if (!lock.held() || !look_at_file() || static_cast<std::uint64_t>(size_) < max_bytes) return;
  if (!end_.rotated && !end_.alone) (void)close_full_file({"", now, false});  // not closed, it is only longer
}

ipc::Status AuditSink::write_to_file(const AuditText& text) {
  // Who keeps the lock shall not also keep the broker from everything else: after one full wait, only short ones.
  const bool waited = terms_.clock->since_boot() < hurried_until_;
  const FileLock lock(lock_fd(), waited ? kLockWaitAfterTimeout : kLockWait);
  if (!lock.held()) {
    if (!waited) hurried_until_ = terms_.clock->since_boot() + kShortWaitsLast;
    return ipc::fail(Fault::kUnavailable, "another process keeps the decision log " + terms_.label + " locked",
                     "find it with `lsof`, or name another file with --log-file");
  }
  if (ipc::Status looked = look_at_file(); !looked) return looked;
  if (!cut_.empty() && !end_.rotated) {
    if (ipc::Status said = say_cut(text); !said) return said;
  }
  const bool full = max_bytes_ != 0 && static_cast<std::uint64_t>(size_) >= max_bytes_;
  if (full && !end_.rotated && !end_.alone) {  // one line alone may be nothing but the link to the file before
    if (ipc::Status closed = close_full_file(text); !closed) return closed;
  }
  if (!end_.rotated) return append(text);
  ended_ = true;
  return ipc::fail(Fault::kUnavailable, "the decision log " + terms_.label + " is full, and the next is not there yet");
}

ipc::Status AuditSink::commit() {
  if (!syncs() || ::fdatasync(fd_.get()) == 0) return {};
  return ipc::system_error("the decision log " + terms_.label + " cannot be made durable");
}

// ---- a stream, and the system's log --------------------------------------------------------------------------------

ipc::Status AuditSink::write_to_stream(const AuditText& text) {
  if (!takes_a_line_now(fd_.get())) {
    errno = EAGAIN;
    return ipc::system_error("the decision log " + terms_.label + " does not take a line");
  }
  auto line = next_line(text);
  if (!line) return std::unexpected(line.error());
  std::string bytes(end_.torn.empty() ? 0 : 1, '\n');
  bytes.append(*line).append("\n");
  ssize_t done;
  do {
    done = ::write(fd_.get(), bytes.data(), bytes.size());
  } while (done < 0 && errno == EINTR);
  if (done == static_cast<ssize_t>(bytes.size())) {
    written(*line);
    return {};
  }
  if (done > 0) {
    end_.torn = sha256_hex(std::string_view(bytes).substr(0, static_cast<std::size_t>(done)));
    errno = ENOSPC;
  }
  return cannot_write(terms_.label);
}

// RFC 3164, without time and host: both are the receiver's.
ipc::Status AuditSink::write_to_syslog(const AuditText& text) {
  auto line = next_line(text);
  if (!line) return std::unexpected(line.error());
  const int priority = kAuthPriv | (text.issued ? kNotice : kWarning);
  const std::string packet = "<" + std::to_string(priority) + ">sentinel[" + std::to_string(::getpid()) + "]: " + *line;
  const ssize_t sent = ::send(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(packet.size())) {
    ended_ = sent < 0 && (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET);  // it was started anew
    return ipc::system_error("the system's log does not take a decision line",
                             "look whether it runs and has room, or leave --log-syslog out");
  }
  written(*line);
  return {};
}

}  // namespace broker
