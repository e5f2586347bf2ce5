#include "keys/errands.h"

#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "ipc/messages.h"
#include "ipc/process/one_way_socket.h"

namespace broker {

using ipc::ErrandResult;
using ipc::Fault;

namespace {

// A program that left something behind which holds its output open has said what it had to say.
constexpr std::chrono::seconds kAfterTheEnd{2};

std::chrono::seconds limit_of(ErrandResult result) {
  return result == ErrandResult::Output ? Errands::kProgramLimit : Errands::kHumanLimit;
}

bool is_regular(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

struct Errands::Job {
  Errands* owner;
  ipc::ErrandKind kind;
  ErrandResult result;
  std::uint32_t id = 0;
  OnSecret on_secret{};
  OnFile on_file{};
  OnDone on_done{};
  ipc::UniqueFd stream{};
  event* readable = nullptr;
  ipc::SecretBuffer output{};
  bool at_end = false;          // of the output
  bool waits = false;           // with something to read, until there is room for it
  std::optional<bool> ended{};  // the program, and well
  std::unique_ptr<Timer> limit{};

  Job(Errands* of, ipc::ErrandKind asked) : owner(of), kind(asked), result(ipc::errand_row(asked).result) {}
  ~Job() { stop_reading(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  void stop_reading() {  // out of epoll before it is closed (broker/caller/KERNEL.md, fact 8)
    if (readable) event_free(std::exchange(readable, nullptr));
    stream.reset();
  }
};

class Errands::Handle final : public Errand {
 public:
  Handle(Errands& owner, std::uint32_t id) : owner_(owner), id_(id) {}
  ~Handle() override { owner_.forget(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

 private:
  Errands& owner_;
  std::uint32_t id_;
};

Errands::Errands(event_base* base, Timers& timers, Send send, SendWaiting send_waiting)
    : base_(base), timers_(timers), send_(std::move(send)), send_waiting_(std::move(send_waiting)) {}
Errands::~Errands() = default;

// ---- asking --------------------------------------------------------------------------------------------------------

std::unique_ptr<Errand> Errands::begin(const ErrandText& text, std::shared_ptr<Job> job) {
  job->id = ++last_id_;
  jobs_.emplace(job->id, job);
  ipc::Errand errand;
  errand.id = job->id;
  errand.kind = job->kind;
  const bool whole =
      errand.profile.assign(text.profile) && errand.subject.assign(text.subject) && errand.detail.assign(text.detail);
  ipc::Status sent = whole ? ipc::Status{}
                           : ipc::fail(Fault::kConfig, "what is asked of the user's own process is too long",
                                       "shorten the command line or the path");
  if (sent && jobs_.size() > kMost) sent = ipc::fail(Fault::kUnavailable, "too much is asked of the user at once");
  if (sent) sent = send_(errand);
  const auto delay = sent ? std::chrono::milliseconds(limit_of(job->result)) : std::chrono::milliseconds(0);
  ipc::Error late = sent ? ipc::Error{Fault::kUnavailable, "nobody answered in time", "try again"} : sent.error();
  job->limit = timers_.after(delay, [this, id = job->id, late = std::move(late)] {
    if (const auto overdue = find(id)) fail(overdue, late);
  });
  return std::make_unique<Handle>(*this, job->id);
}

std::unique_ptr<Errand> Errands::ask(ipc::ErrandKind kind, ErrandText text, OnSecret done) {
  auto job = std::make_shared<Job>(this, kind);
  job->on_secret = std::move(done);
  return begin(text, std::move(job));
}

std::unique_ptr<Errand> Errands::open(ipc::ErrandKind kind, ErrandText text, OnFile done) {
  auto job = std::make_shared<Job>(this, kind);
  job->on_file = std::move(done);
  return begin(text, std::move(job));
}

std::unique_ptr<Errand> Errands::show(ipc::ErrandKind kind, ErrandText text, OnDone done) {
  auto job = std::make_shared<Job>(this, kind);
  job->on_done = std::move(done);
  return begin(text, std::move(job));
}

void Errands::say_waiting(const std::string& why) {
  ipc::Waiting waiting;
  waiting.why = ipc::Text<512>(std::string_view(why));
  if (send_waiting_) (void)send_waiting_(waiting);
}

// ---- answers -------------------------------------------------------------------------------------------------------

bool Errands::is_answer(ipc::U16 id) {
  return id == ipc::ErrandAnswer::kId || id == ipc::ErrandOpened::kId || id == ipc::ErrandEnded::kId;
}

ipc::Status Errands::take(ipc::Packet& packet) {
  if (packet.id == ipc::ErrandAnswer::kId) return take_answer(packet);
  if (packet.id == ipc::ErrandOpened::kId) return take_opened(packet);
  return take_ended(packet);
}

std::shared_ptr<Errands::Job> Errands::find(std::uint32_t id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

void Errands::forget(std::uint32_t id) {
  jobs_.erase(id);
  wake();
}

void Errands::fail(const std::shared_ptr<Job>& job, ipc::Error error) {
  forget(job->id);
  job->stop_reading();
  if (const OnSecret secret = std::move(job->on_secret)) return secret(std::unexpected(std::move(error)));
  if (const OnFile file = std::move(job->on_file)) return file(std::unexpected(std::move(error)));
  if (const OnDone done = std::move(job->on_done)) done(std::unexpected(std::move(error)));
}

ipc::Status Errands::take_answer(const ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::ErrandAnswer>(packet);
  if (!message) return std::unexpected(message.error());
  if (message->id > last_id_) return ipc::fail(Fault::kProtocol, "an answer to nothing that was asked");
  const std::shared_ptr<Job> job = find(message->id);
  if (!job) return {};  // it is no longer waited for
  if (job->result != ErrandResult::Answer || message->answer.reveal().empty()) {
    return ipc::fail(Fault::kProtocol, "an answer of another kind than was asked for");
  }
  forget(job->id);
  const OnSecret done = std::move(job->on_secret);
  done(ipc::SecretBuffer::copy_of(message->answer.reveal()));
  return {};
}

ipc::Status Errands::take_opened(ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::ErrandOpened>(packet);
  if (!message) return std::unexpected(message.error());
  if (message->id > last_id_) return ipc::fail(Fault::kProtocol, "a descriptor that nobody asked for");
  const std::shared_ptr<Job> job = find(message->id);
  if (!job) return {};
  if (job->result == ErrandResult::File) {
    if (!is_regular(packet.descriptor.get())) {
      fail(job, {Fault::kConfig, "what was opened is not a regular file", "name a file"});
      return {};
    }
    forget(job->id);
    const OnFile done = std::move(job->on_file);
    done(std::move(packet.descriptor));
    return {};
  }
  if (!ipc::comes_by_socket(job->result) || job->readable || !ipc::is_one_way_socket(packet.descriptor.get())) {
    return ipc::fail(Fault::kProtocol, "a descriptor of another kind than was asked for");
  }
  job->stream = std::move(packet.descriptor);
  job->readable = event_new(base_, job->stream.get(), EV_READ | EV_PERSIST, &Errands::on_output, job.get());
  if (!job->readable || event_add(job->readable, nullptr) != 0) {
    fail(job, {Fault::kSystem, "the event loop takes no more descriptors", "try again"});
  }
  return {};
}

ipc::Status Errands::take_ended(const ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::ErrandEnded>(packet);
  if (!message) return std::unexpected(message.error());
  if (message->id > last_id_) return ipc::fail(Fault::kProtocol, "the end of nothing that began");
  const std::shared_ptr<Job> job = find(message->id);
  if (!job) return {};
  if (!message->good) {
    ipc::Error error{Fault::kRefused, message->what.str(), message->next_step.str()};
    error.what = ipc::said(error);
    fail(job, std::move(error));
    return {};
  }
  if (job->result == ErrandResult::Done) {
    forget(job->id);
    const OnDone done = std::move(job->on_done);
    done({});
    return {};
  }
  if (!ipc::comes_by_socket(job->result) || !job->stream || job->ended) {
    return ipc::fail(Fault::kProtocol, "the end of another kind of errand than was asked for");
  }
  job->ended = true;
  settle_soon(job);
  settle_output(job);
  return {};
}

// ---- a program's output --------------------------------------------------------------------------------------------

// Room for the output, from its first byte on: a program that says nothing takes nothing away from the others.
bool Errands::may_read(const std::shared_ptr<Job>& job) {
  if (job->output.capacity() != 0) return true;
  const auto reading = std::ranges::count_if(jobs_, [](const auto& e) { return e.second->output.capacity() != 0; });
  if (static_cast<std::size_t>(reading) >= kMostRead) {
    event_del(job->readable);
    job->waits = true;
    return false;
  }
  auto room = ipc::SecretBuffer::if_room(kMaxOutput + 1);
  if (!room) {
    room.error().what = "its output " + room.error().what;
    fail(job, std::move(room.error()));
    return false;
  }
  job->output = std::move(*room);
  job->waits = false;
  settle_soon(job);
  return true;
}

// Once the program has ended, and its output is being read.
void Errands::settle_soon(const std::shared_ptr<Job>& job) {
  if (!job->ended) return;
  job->limit = timers_.after(std::chrono::milliseconds(kAfterTheEnd), [this, id = job->id] {
    const auto held_open = find(id);
    if (!held_open) return;
    if (held_open->waits) return settle_soon(held_open);  // those that it waits for have a limit of their own
    held_open->at_end = true;
    settle_output(held_open);
  });
}

// All that wait: each looks again whether there is room, and may be gone by the time it does.
void Errands::wake() {
  for (const auto& [id, job] : jobs_) {
    if (job->waits) (void)event_add(job->readable, nullptr);
  }
}

// One read for each readiness. It never blocks: the supervisor opened this end so.
void Errands::on_output(int stream, short, void* raw) noexcept {
  auto* const seen = static_cast<Job*>(raw);
  const std::shared_ptr<Job> job = seen->owner->find(seen->id);
  if (!job || !job->owner->may_read(job)) return;
  const std::span<char> room = job->output.room();
  const ssize_t got = ::read(stream, room.data(), room.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got > 0) job->output.grow(static_cast<std::size_t>(got));
  if (job->output.size() > kMaxOutput) {
    return job->owner->fail(job, {Fault::kRefused, "its output is longer than any answer that is known",
                                  "run it by hand and look at what it prints"});
  }
  if (got > 0) return;
  job->at_end = true;
  event_del(job->readable);
  job->owner->settle_output(job);
}

// Both must be there: the end of the output, and the word that the program ended well.
void Errands::settle_output(const std::shared_ptr<Job>& job) {
  if (!job->at_end || !job->ended) return;
  forget(job->id);
  job->stop_reading();
  const OnSecret done = std::move(job->on_secret);
  done(std::move(job->output));
}

}  // namespace broker
