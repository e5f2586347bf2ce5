#include "service.h"

#include <event2/event.h>

#include <array>

#include "aws_queries.h"
#include "decision_lines.h"
#include "footprint.h"
#include "one_shot.h"
#include "policy_file.h"
#include "secret_room.h"  // without room for all, no broker is built
#include "token.h"

namespace broker {

// One readable descriptor of the loop; removed from epoll before the descriptor is closed (KERNEL.md 0.8).
struct Service::Watch {
  Service& service;
  void (Service::*on_readable)();
  event* handle = nullptr;
  ~Watch() {
    if (handle) event_free(handle);
  }
  static void fire(evutil_socket_t, short, void* self) noexcept {
    auto* watch = static_cast<Watch*>(self);
    (watch->service.*watch->on_readable)();
  }
};

void say_failed(ipc::Channel& control, const ipc::Error& error) {
  ipc::Failed failed;
  failed.what = ipc::Text<2048>(error.what);
  failed.next_step = ipc::Text<1024>(error.next_step);
  (void)control.send(failed);  // a supervisor that is gone needs no reason
}

Service::Service(event_base* base, ipc::Channel control, Terms terms, ResolvedProfile profile, CallerCheck callers,
                 AuditLog audit, HostFacts host)
    : base_(base),
      control_(std::move(control)),
      terms_(std::move(terms)),
      profile_(std::move(profile)),
      callers_(std::move(callers)),
      timers_(base),
      notices_([this](ipc::Severity severity, const std::string& text) { send_notice(severity, text); }),
      audit_(std::move(audit)),
      posture_(std::move(host.posture),
               {base, timers_, clock_, [this](const std::string& sentence) { notices_.warning(sentence); }}) {
  run_.profile = terms_.profile;
  run_.policy_name = terms_.policy_name();
  run_.duration = terms_.duration;
  run_.mode = mode_of(terms_.mode);
  run_.groups = std::move(host.groups);
  device_id_ = std::move(host.device_id);
  run_.source = key_source(profile_);
  run_.credential_source = source_row(kind_of(profile_.base)).word;
  if (!terms_.remote_url.empty()) {
    // The server makes keys to measure, out of whatever it has.
    run_.source = KeySource{.has_role = true};
    run_.credential_source = kRemoteSource;
  }
  if (terms_.mode == ipc::RunMode::Server) run_.transport = via(terms_.transport);
}

Service::~Service() { frontend_watch_ = nullptr; }

ipc::Result<std::unique_ptr<Service>> Service::open(event_base* base, ipc::Channel control, Terms terms, KeysRead read,
                                                    CallerCheck callers, AuditLog audit, HostFacts host) {
  std::unique_ptr<Service> service(new Service(base, std::move(control), std::move(terms), std::move(read.profile),
                                               std::move(callers), std::move(audit), std::move(host)));
  const auto fail_with = [&](const ipc::Error& error) {
    say_failed(service->control_, error);
    return std::unexpected(error);
  };
  ipc::Result<Proxy> proxy = read_proxy(service->terms_.settings);
  if (!proxy) return fail_with(proxy.error());
  auto http = AwsHttp::open(base, std::move(read.ca_pem), std::move(*proxy));
  if (!http) return fail_with(http.error());
  service->http_ = std::move(*http);
  service->aws_ = std::unique_ptr<AwsContext>(new AwsContext{*service->http_, service->timers_, service->clock_});
  service->caller_keys_ = std::move(read.caller_keys);
  service->session_store_ = std::move(read.sessions);
  if (ipc::Status opened = service->open_keys(); !opened) return fail_with(opened.error());
  ipc::Result<ipc::SecretBuffer> token = make_token();
  if (!token) return fail_with(token.error());
  service->run_.token = std::move(*token);
  if (ipc::Status opened = service->open_policy(std::move(read.policy_key)); !opened)
    return fail_with(advised(opened.error(), kMendPolicy));
  service->sessions_ = std::make_unique<SessionTracker>(
      *service->aws_, service->profile_, [notices = &service->notices_](const std::string& sentence) {
        notices->warning(sentence + "; this run gets no more credentials");
      });
  service->requests_ = std::make_unique<Requests>(Requests::Parts{service->run_,
                                                                  *service->aws_,
                                                                  service->profile_,
                                                                  *service->policy_,
                                                                  service->posture_,
                                                                  service->callers_,
                                                                  service->audit_,
                                                                  service->notices_,
                                                                  service->timers_,
                                                                  *service->sessions_,
                                                                  {},
                                                                  service->errands_.get(),
                                                                  service->remote_});
  service->startup_ = std::make_unique<Startup>(*service->aws_, service->profile_, service->run_, *service->requests_,
                                                service->notices_, *service->policy_, *service->sessions_,
                                                service->terms_.session_table,
                                                service->terms_.lazy && service->terms_.mode == ipc::RunMode::Server);
  return service;
}

ipc::Status Service::open_policy(PolicyKey key) {
  verifier_ = std::make_unique<PolicyVerifier>(
      std::move(key), PolicyVersions(std::move(terms_.policy_versions)),
      [this](const std::string& message, const std::string& signature, std::function<void(ipc::Status)> answer) {
        ask_kms(message, signature, std::move(answer));
      });
  if (!terms_.remote_url.empty()) return open_remote();
  if (terms_.policy_name().empty()) {
    policy_ = std::make_unique<NoPolicy>();
    return {};
  }
  if (!terms_.policy_file.empty()) return open_policy_file();
  open_policy_parameter();
  return {};
}

ipc::Status Service::open_remote() {
  auto judge = RemoteJudge::open(
      {*aws_, *errands_, profile_, terms_.remote_url, terms_.remote_token_file, std::move(device_id_), terms_.os_user});
  if (!judge) return std::unexpected(judge.error());
  remote_ = judge->get();
  policy_ = std::move(*judge);
  return {};
}

ipc::Status Service::open_keys() {
  errands_ = std::make_unique<Errands>(
      base_, timers_, [this](const ipc::Errand& errand) { return control_.send(errand); },
      [this](const ipc::Waiting& waiting) { return control_.send(waiting); });
  IssuerEvents events;
  events.failed = [this](const ipc::Error& error, std::chrono::seconds left) {
    if (left.count() == 0) return;  // whoever asks hears it
    notices_.refusal("base-renewal", "renewing the keys of profile " + profile_.base_profile + " failed: " + error.what,
                     std::chrono::steady_clock::now());
  };
  if (!terms_.remote_token_file.empty()) return {};  // nothing is signed
  const SessionStore* const sessions = session_store_ ? &*session_store_ : nullptr;
  const auto warn = [this](const std::string& sentence) { notices_.warning(sentence); };
  auto keys = open_base_keys(profile_.base, {*aws_, *errands_, profile_, run_, caller_keys_, sessions,
                                             std::move(events), terms_.auto_login, warn});
  if (!keys) return std::unexpected(keys.error());
  base_keys_ = std::move(*keys);
  aws_->keys = base_keys_.get();
  return {};
}

ipc::Status Service::open_policy_file() {
  auto file = PolicyFile::open(base_, terms_.policy_file, *verifier_,
                               [this](const ipc::Result<const Policy*>& policy) { on_policy_changed(policy); });
  if (!file) return std::unexpected(file.error());
  policy_ = std::move(*file);
  return {};
}

void Service::open_policy_parameter() {
  policy_fetch_ = std::make_unique<PolicyFetch>(*aws_, profile_, terms_.policy_parameter, *verifier_);
  policy_ = std::make_unique<PolicyParameter>(
      base_, terms_.policy_parameter, PolicyFreshness{terms_.policy_poll, terms_.policy_max_age},
      [this](PolicyParameter::Answer answer) { (*policy_fetch_)(std::move(answer)); },
      [this](const ipc::Result<const Policy*>& policy) { on_policy_changed(policy); },
      [this](const ipc::Error* why) { on_policy_stale(why); });
}

void Service::ask_kms(const std::string& message, const std::string& signature,
                      std::function<void(ipc::Status)> answer) {
  const ipc::Result<AwsEndpoint> kms = require_kms(profile_);
  if (!kms) return answer(std::unexpected(kms.error()));
  kms_call_ = ask_kms_verify(*aws_, *kms, terms_.policy_kms_key, message, signature, std::move(answer));
}

int Service::run() {
  watch(control_.fd(), &Service::on_control);
  watch(callers_.fd(), &Service::on_witness);
  for (const std::string& warning : profile_.warnings) notices_.warning(warning);
  // What the policy answers first may hang on the device.
  posture_.start([this] {
    if (terms_.mode == ipc::RunMode::Whoami) return ask_who();
    startup_->begin([this](const ipc::Status& started) { on_started(started); });
  });
  event_base_dispatch(base_);
  return exit_status_;
}

event* Service::watch(int fd, void (Service::*on_readable)()) {
  auto made = std::make_unique<Watch>(*this, on_readable);
  made->handle = event_new(base_, fd, EV_READ | EV_PERSIST, &Watch::fire, made.get());
  if (!made->handle || event_add(made->handle, nullptr) != 0) {
    end(ipc::Error{ipc::Fault::kSystem, "the event loop takes no more descriptors", "", 0});
    return nullptr;
  }
  watches_.push_back(std::move(made));
  return watches_.back()->handle;
}

void Service::on_started(const ipc::Status& started) {
  if (!started) return end(started.error());
  if (terms_.mode != ipc::RunMode::Server) return answer_once();
  say_how_signed();
  ipc::Ready ready;
  ready.region = ipc::Text<64>(profile_.region);
  (void)ready.token.assign(run_.token.reveal());
  control_.gate().enter_serving();
  serving_ = true;
  audit_.rotate_at(terms_.log_max_bytes, [this](const std::string& label) { ask_for_next_log(label); });
  shrink_footprint();  // the start needed more than serving does
  if (ipc::Status sent = control_.send(ready); !sent) end(sent.error());
}

void Service::ask_who() {
  const bool has_policy = !terms_.policy_name().empty();
  whoami_ =
      std::make_unique<WhoamiAnswer>(WhoamiAnswer::Parts{*aws_, profile_, run_, *requests_, *policy_, has_policy});
  whoami_->begin([this](const ipc::Result<ipc::Whoami>& who) {
    if (!who) return end(who.error());
    if (ipc::Status sent = control_.send(*who); !sent) return end(sent.error());
    event_base_loopbreak(base_);
  });
}

void Service::answer_once() {
  const ipc::Result<ipc::IssuedKeys> keys = issue_once({audit_, *requests_, *startup_}, profile_.region);
  if (!keys) return end(keys.error());
  if (ipc::Status sent = control_.send(*keys); !sent) return end(sent.error());
  audit_.end_full_files(terms_.log_max_bytes, std::chrono::floor<std::chrono::seconds>(clock_.wall()));
  event_base_loopbreak(base_);
}

// ---- packets -------------------------------------------------------------------------------------------------------

void Service::on_control() {
  ipc::Packet packet;
  for (;;) {
    const auto arrival = control_.receive(packet);
    if (!arrival) return end(arrival.error());
    if (*arrival == ipc::Arrival::Nothing) return;
    if (*arrival == ipc::Arrival::PeerGone) {
      return leave();
    }
    if (ipc::Status taken = take_control(packet); !taken) return end(taken.error());
  }
}

ipc::Status Service::take_control(ipc::Packet& packet) {
  if (packet.id == ipc::FrontendAttached::kId) return attach(packet);
  if (packet.id == ipc::LogSink::kId) return take_next_log(packet);
  if (Errands::is_answer(packet.id)) return errands_->take(packet);
  const auto opened = ipc::open_packet<ipc::ListenerOpened>(packet);
  if (!opened) return std::unexpected(opened.error());
  if (!listeners_.add(*opened)) return ipc::fail(ipc::Fault::kProtocol, "a listener that cannot be ours");
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

ipc::Status Service::attach(ipc::Packet& packet) {
  const auto attached = ipc::open_packet<ipc::FrontendAttached>(packet);
  if (!attached) return std::unexpected(attached.error());
  if (ipc::Status known = callers_.leave_out(static_cast<pid_t>(attached->pid)); !known) return known;
  detach_frontend();
  frontend_ = ipc::Channel(std::move(packet.descriptor), ipc::Side::Broker, ipc::Side::Frontend);
  frontend_.gate().enter_serving();
  if (watch(frontend_.fd(), &Service::on_frontend)) frontend_watch_ = watches_.back().get();
  return {};
}

void Service::detach_frontend() {
  requests_->forget();
  detach_later_.reset();
  std::erase_if(watches_, [this](const auto& watch) { return watch.get() == frontend_watch_; });
  frontend_watch_ = nullptr;
  frontend_.close();
}

void Service::on_frontend() {
  // A bounded batch, so that a busy frontend cannot keep AWS's answers waiting.
  for (int i = 0; i < 64; ++i) {
    ipc::Packet packet;
    const auto arrival = frontend_.receive(packet);
    if (!arrival) {
      return end(ipc::Error{ipc::Fault::kProtocol, "the frontend sent what it must not: " + arrival.error().what,
                            "it may have been taken over by a client; look at what the command ran", 0});
    }
    if (*arrival == ipc::Arrival::Nothing) break;
    if (*arrival == ipc::Arrival::PeerGone) return detach_frontend();  // the supervisor starts another
    if (ipc::Status taken = take_client(packet); !taken) {
      return end(ipc::Error{ipc::Fault::kProtocol, "the frontend sent what it must not: " + taken.error().what, "", 0});
    }
  }
  requests_->end_of_batch();
}

ipc::Status Service::take_client(ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::ServeClient>(packet);
  if (!message) return std::unexpected(message.error());
  ipc::Transport transport;
  if (message->keep_alive > 1 || !ipc::transport_from(message->transport, transport)) {
    return ipc::fail(ipc::Fault::kProtocol, "ServeClient is out of bounds");
  }
  requests_->serve(message->request, message->keep_alive == 1, message->authorization.str(),
                   std::move(packet.descriptor), listeners_,
                   [this](std::uint32_t request, bool closed) { answered(request, closed); });
  return {};
}

void Service::answered(std::uint32_t request, bool closed) {
  const ipc::Status sent = frontend_.send(ipc::Done{request, static_cast<ipc::U8>(closed ? 1 : 0)});
  // A frontend that does not read its answers is of no use. Not now: the request list may be under way.
  if (!sent && !detach_later_)
    detach_later_ = timers_.after(std::chrono::milliseconds(0), [this] { detach_frontend(); });
}

void Service::on_witness() {
  requests_->on_witness();
  if (callers_.witness_gone()) {
    end(ipc::Error{ipc::Fault::kSystem, "the broker's witness ended, so that nobody can say who calls",
                   "start the run anew", 0});
  }
}

// ---- telling the user ----------------------------------------------------------------------------------------------

void Service::on_policy_changed(const ipc::Result<const Policy*>& policy) {
  if (!serving_) return;  // the start says it itself
  const ipc::Status usable = policy ? requests_->fits_profile(**policy) : std::unexpected(policy.error());
  if (usable) return notices_.info("policy " + run_.policy_name + " changed and is in force");
  notices_.refusal(
      "policy-unusable",
      "policy " + run_.policy_name + " cannot be used, so every request is refused: " + usable.error().what,
      std::chrono::steady_clock::now());
}

void Service::say_how_signed() {
  if (remote_ || !verifier_->enforces() || verifier_->remembers()) return;
  notices_.warning(
      "which version of the policy was seen is remembered for this run alone: an older one that is signed "
      "would be taken at the next start");
}

void Service::on_policy_stale(const ipc::Error* why) {
  if (!why) return notices_.info("the policy " + run_.policy_name + " could be refreshed again");
  notices_.warning("the policy " + run_.policy_name + " could not be refreshed: " + why->what +
                   "; the one in force is used until it is " + std::to_string(terms_.policy_max_age.count()) +
                   " seconds old");
}

void Service::send_notice(ipc::Severity severity, const std::string& text) {
  ipc::Notice notice;
  notice.severity = static_cast<ipc::U8>(severity);
  notice.text = ipc::Text<2048>(printable(text, 2000));
  (void)control_.send(notice);  // a full queue loses a sentence, never a decision: those are in the log
}

// The run is over: everything goes with this process. Only a session's record is told, and not waited for long: the
// supervisor gives its helpers two seconds.
void Service::leave() {
  constexpr std::chrono::milliseconds kFarewell{500};
  detach_frontend();
  watches_.clear();  // nothing is heard any more; the closed channel would be readable for ever
  leave_anyway_ = timers_.after(kFarewell, [this] { event_base_loopbreak(base_); });
  sessions_->end([this] { event_base_loopbreak(base_); });
}

void Service::end(const ipc::Error& error) {
  if (exit_status_ != 0) return;
  exit_status_ = 1;
  say_failed(control_, error);
  event_base_loopbreak(base_);
}

}  // namespace broker
