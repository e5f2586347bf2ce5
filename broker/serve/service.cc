#include "serve/service.h"

#include <cerrno>
#include <utility>

#include "host/footprint.h"
#include "remote/server.h"
#include "serve/secret_budget.h"  // without room for all, no broker is built

namespace broker {

Service::Service(const BrokerParts& broker, ipc::Channel control, Task task, KeysRead& read, CallerCheck callers,
                 AuditLog& audit, HostFacts host)
    : broker_(broker),
      control_(std::move(control)),
      task_(std::move(task)),
      callers_(std::move(callers)),
      caller_keys_(std::move(read.caller_keys)),
      may_share_mfa_(read.may_share_mfa),
      may_keep_keys_(read.may_keep_keys),
      session_store_(std::move(read.sessions)),
      role_keys_(std::move(read.role_keys)),
      openers_(std::move(read.openers)),
      notices_([this](ipc::Severity severity, const std::string& text) { send_notice(severity, text); }),
      audit_(audit),
      flood_(callers_.uid()),
      posture_(std::move(host.posture), {broker.base, broker.timers, broker.clock,
                                         [this](const std::string& sentence) { notices_.warning(sentence); }}) {
  facts_.policy_name = task_.policy_name();
  facts_.policy_is_parameter = task_.begin.policy_file.empty();
  facts_.policy_is_gone = static_cast<bool>(task_.policy_text);
  facts_.login = task_.begin.os_user.str();
  facts_.tell_reasons = !task_.begin.quiet_reasons;
  facts_.duration = task_.begin.duration.get();
  facts_.mode = mode_of(task_.begin.mode);
  facts_.groups = std::move(host.groups);
  facts_.token = &token_;
  facts_.for_console = task_.begin.mode == ipc::RunMode::Login;
  device_id_ = std::move(host.device_id);
  namespace_costs_ = ipc::what_a_user_namespace_costs(host.user_namespace);
  if (host.user_namespace && !host.user_namespace->initial) facts_.user_namespace = *host.user_namespace;
  if (task_.begin.mode == ipc::RunMode::Server) facts_.transport = via(task_.begin.transport);
}

Service::~Service() = default;

void Service::begin(Ended ended) {
  ended_ = std::move(ended);
  control_watch_ = watch(control_.fd(), &Service::on_control);
  witness_watch_ = watch(callers_.fd(), &Service::on_witness);
  if (failed_) return;
  warn_at_start();
  // What the policy answers first may hang on the device.
  posture_.start([this] {
    if (task_.begin.mode == ipc::RunMode::Whoami) return ask_who();
    const bool lazy = task_.begin.lazy && task_.begin.mode == ipc::RunMode::Server;
    profiles_.first().prepare(lazy ? StartFor::kLazyRun : StartFor::kRun,
                              [this](const ipc::Status& started) { on_started(started); });
  });
}

// Null: the loop takes no more, and the run ends.
std::unique_ptr<Watch> Service::watch(int fd, void (Service::*on_readable)()) {
  auto watch = Watch::readable(broker_.base, fd, [this, on_readable] { (this->*on_readable)(); });
  if (watch) return std::move(*watch);
  end(watch.error());
  return nullptr;
}

void Service::on_started(const ipc::Status& started) {
  if (!started) return end(started.error());
  say_standing();
  if (task_.begin.mode != ipc::RunMode::Server) return answer_once();
  say_how_signed();
  if (ipc::Status few = check_settings(); !few) return end(few.error());
  ask_ahead();
}

void Service::serve() {
  control_.gate().enter_serving();
  serving_ = true;
  audit_.rotate_at(task_.begin.log_max_bytes, [this](const std::string& label) { ask_for_next_log(label); });
  shrink_footprint();  // the start needed more than serving does
  say_ready();
}

// What the channel does not take at once waits until the supervisor has read some.
void Service::say_ready() {
  constexpr std::chrono::milliseconds kPause{5};
  ipc::Status sent = tell_profiles();
  if (sent) {
    ipc::Ready ready;
    ready.region = ipc::Text<64>(profiles_.common_region());
    (void)ready.token.assign(token_.reveal());
    (void)ready.answer_key.assign(answer_key_.reveal());
    sent = control_.send(ready);
  }
  if (sent) return;
  if (sent.error().sys_errno != EAGAIN) return end(sent.error());
  ready_later_ = broker_.timers.after(kPause, [this] { say_ready(); });
}

void Service::ask_who() {
  whoami_ = std::make_unique<WhoamiAnswer>(
      WhoamiAnswer::Parts{profiles_.first(), policy_->verifier(), *policy_, task_.begin});
  whoami_->begin([this](const ipc::Result<ipc::Whoami>& who) {
    if (!who) return end(who.error());
    for (const ipc::WhoamiRole& role : whoami_->roles()) {
      if (ipc::Status sent = control_.send(role); !sent) return end(sent.error());
    }
    answer_with(who);
  });
}

void Service::answer_once() {
  if (task_.begin.mode != ipc::RunMode::Login) return answer_with(issue_once(audit_, profiles_.first()));
  console_ = std::make_unique<ConsoleAnswer>(
      ConsoleAnswer::Parts{audit_, profiles_.first(), notices_, task_.console_destination});
  console_->begin([this](const ipc::Result<ipc::ConsolePage>& page) { answer_with(page); });
}

// The one answer of a run that is not served; then the broker ends.
template <class Message>
void Service::answer_with(const ipc::Result<Message>& answer) {
  if (!answer) return end(answer.error());
  if (ipc::Status sent = control_.send(*answer); !sent) return end(sent.error());
  audit_.end_full_files(task_.begin.log_max_bytes, std::chrono::floor<std::chrono::seconds>(broker_.clock.wall()));
  finish(0);
}

// ---- packets -------------------------------------------------------------------------------------------------------

void Service::on_control() {
  ipc::Packet packet;
  for (;;) {
    const auto arrival = control_.receive(packet);
    if (!arrival) return control_.stranger() ? end_for_stranger(control_, arrival.error()) : end(arrival.error());
    if (*arrival == ipc::Arrival::Nothing) return;
    if (*arrival == ipc::Arrival::PeerGone) return leave();
    if (ipc::Status taken = take_control(packet); !taken) return end(taken.error());
  }
}

ipc::Status Service::take_control(ipc::Packet& packet) {
  if (packet.id == ipc::FrontendAttached::kId) return attach(packet);
  if (packet.id == ipc::LogSink::kId) return take_next_log(packet);
  if (packet.id == ipc::Tampered::kId) return take_tampered(packet);
  if (Errands::is_answer(packet.id)) return errands_->take(packet);
  const auto opened = ipc::open_packet<ipc::ListenerOpened>(packet);
  if (!opened) return std::unexpected(opened.error());
  if (!listeners_.add(*opened)) return ipc::fail(ipc::Fault::kProtocol, "a listener that cannot be ours");
  return {};
}

ipc::Status Service::take_tampered(ipc::Packet& packet) {
  const auto tampered = ipc::open_packet<ipc::Tampered>(packet);
  if (!tampered) return std::unexpected(tampered.error());
  profiles_.first().record().tampered(tampered->what.str(), tampered->ends);
  return {};
}

void Service::ask_for_next_log(const std::string& label) {
  ipc::LogFull full;
  full.label = ipc::Text<4096>(label);
  (void)control_.send(full);  // asked again with a later line
}

ipc::Status Service::take_next_log(ipc::Packet& packet) {
  const auto sink = ipc::open_packet<ipc::LogSink>(packet);
  if (!sink) return std::unexpected(sink.error());
  const ipc::Status followed = audit_.follow(sink->label.str(), std::move(packet.descriptor));
  if (followed || followed.error().fault == ipc::Fault::kProtocol) return followed;
  notices_.warning(followed.error().what + "; nothing is handed out until it can be written");
  return {};
}

void Service::on_witness() {
  requests_->on_witness();
  if (broker_.callers.witness.gone()) {
    end(ipc::Error{ipc::Fault::kSystem, "the broker's witness ended, so that nobody can say who calls",
                   "start the run anew", 0});
  }
}

// ---- the end ------------------------------------------------------------------------------------------------------

// The run is over: everything goes with this process. Only a session's record is told, and not waited for long: the
// supervisor gives its helpers two seconds.
void Service::leave() {
  constexpr std::chrono::milliseconds kFarewell{500};
  detach_frontend();
  profiles_.first().record().tell_counted();
  // Nothing is heard any more; the closed channel would be readable for ever.
  control_watch_.reset();
  witness_watch_.reset();
  leave_anyway_ = broker_.timers.after(kFarewell, [this] { finish(0); });
  const auto left = std::make_shared<std::size_t>(profiles_.all().size());
  for (const auto& profile : profiles_.all()) {
    profile->sessions().end([this, left] {
      if (--*left == 0) finish(0);
    });
  }
}

void Service::end(const ipc::Error& error) {
  if (std::exchange(failed_, true)) return;
  say_failed(control_, error);
  finish(1);
}

void Service::finish(int status) {
  leave_anyway_.reset();
  if (const Ended ended = std::exchange(ended_, nullptr)) ended(status);
}

}  // namespace broker
