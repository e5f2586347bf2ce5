#include "run/conversation.h"

#include <poll.h>

#include <cerrno>
#include <chrono>

#include "ipc/command_settings.h"
#include "ipc/process/own_status.h"
#include "ipc/process/lockdown.h"
#include "run/deadlines.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;
using ipc::Side;

template <std::size_t N>
ipc::Text<N> text_of(const std::string& value) {
  return ipc::Text<N>(std::string_view(value));  // lengths were checked when the options were
}

// A helper's own word is not enough: what the kernel says of it counts.
ipc::Status check_protection(const std::string& who, const ipc::UniqueFd& status, pid_t pid) {
  const auto seen = ipc::seen_in(status, pid);
  if (!seen) return std::unexpected(seen.error());
  constexpr int kFilterMode = 2;
  if (seen->seccomp_mode != kFilterMode || seen->seccomp_filters == 0 || !seen->no_new_privileges) {
    return ipc::fail(Fault::kSystem, "the " + who + " says that it is locked down, and the kernel says that it is not",
                     "run on a kernel with seccomp filters");
  }
  if (seen->traced) {
    return ipc::fail(
        Fault::kSystem, "the " + who + " is being traced, so that its memory is not its own",
        "end the debugger; install Sentinel as root, so that its helpers cannot be traced from their start");
  }
  return {};
}

// Waits where the queue is full: a long value is more than it holds, and the broker takes it out meanwhile.
template <class Message>
ipc::Status send_when_there_is_room(ipc::Channel& channel, const Message& message) {
  for (;;) {
    ipc::Status sent = channel.send(message);
    if (sent || sent.error().sys_errno != EAGAIN) return sent;
    pollfd room{channel.fd(), POLLOUT, 0};
    const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(kStartDeadline);
    if (::poll(&room, 1, static_cast<int>(longest.count())) == 0) return sent;
  }
}

ipc::Status send_setting(ipc::Channel& broker, std::string_view name, std::string_view value) {
  constexpr std::size_t kPart = decltype(ipc::Setting{}.value)::kCapacity;
  const ipc::Setting first{ipc::Text<64>(name), ipc::Text<kPart>(value.substr(0, kPart))};
  ipc::Status sent = send_when_there_is_room(broker, first);
  for (std::size_t at = kPart; sent && at < value.size(); at += kPart) {
    sent = send_when_there_is_room(broker, ipc::SettingRest{ipc::Text<kPart>(value.substr(at, kPart))});
  }
  return sent;
}

ErrandFacts errand_facts(Preparation& preparation) {
  ExecRequest& request = preparation.request;
  return {preparation.environment, preparation.account.home, request.task.mode == ipc::RunMode::Server,
          request.no_browser,      request.prompt,           request.mfa_token};
}

}  // namespace

Conversation::Conversation(Preparation& preparation)
    : preparation_(preparation), errands_(errand_facts(preparation), broker_.channel) {}

ipc::Status Conversation::start_broker() {
  auto helper = launch(preparation_.helpers.broker, Side::Broker);
  if (!helper) return std::unexpected(helper.error());
  broker_ = std::move(*helper);
  return tell_broker_the_task();
}

ipc::Status Conversation::start_frontend() {
  frontend_ended();
  auto helper = launch(preparation_.helpers.frontend, Side::Frontend);
  if (!helper) return std::unexpected(helper.error());
  frontend_ = std::move(*helper);
  return {};
}

ipc::Status Conversation::tell_broker_the_task() {
  ipc::Channel& broker = broker_.channel;
  for (const auto& [name, value] : preparation_.settings) {
    if (ipc::Status sent = send_setting(broker, name, value); !sent) return sent;
  }
  for (const DecisionLog& log : preparation_.logs) {
    if (ipc::Status sent = send_log(log); !sent) return sent;
    if (ipc::Status sent = send_companions(log); !sent) return sent;
  }
  ipc::Status sent;
  if (preparation_.policy_versions) sent = broker.send(ipc::PolicyVersions{}, preparation_.policy_versions.get());
  if (sent && preparation_.policy_text) sent = broker.send(ipc::PolicyText{}, preparation_.policy_text.get());
  if (sent && preparation_.session_store) sent = broker.send(ipc::SessionStore{}, preparation_.session_store.get());
  return sent ? broker.send(preparation_.request.task) : sent;
}

// What lies beside a log file: the lock of its writers, and its head.
ipc::Status Conversation::send_companions(const DecisionLog& log) {
  const auto label = text_of<4096>(log.label);
  if (log.lock) {
    if (ipc::Status sent = broker_.channel.send(ipc::LogLock{label}, log.lock.get()); !sent) return sent;
  }
  return log.head ? broker_.channel.send(ipc::LogHead{label}, log.head.get()) : ipc::Status{};
}

ipc::Status Conversation::send_log(const DecisionLog& log) {
  const ipc::LogSink sink{log.kind, preparation_.request.log_sync, text_of<4096>(log.label)};
  return broker_.channel.send(sink, log.fd.get());
}

Heard Conversation::hear(Side side) {
  Helper& from = helper(side);
  const bool was_attached = attached_;
  while (true) {
    ipc::Packet packet;
    const auto arrival = from.channel.receive(packet);
    if (arrival && *arrival == ipc::Arrival::PeerGone) return Heard::PeerGone;
    if (arrival && *arrival == ipc::Arrival::Nothing)
      return (attached_ && !was_attached) || has_answer() ? Heard::AllReady : Heard::Nothing;
    ipc::Status judged = arrival ? (side == Side::Broker ? on_broker(packet) : on_frontend(packet))
                                 : ipc::Status(std::unexpected(arrival.error()));
    if (judged && broker_ready_ && frontend_locked_ && !attached_) judged = connect_helpers();
    if (!judged) {
      error_ = judged.error();
      if (error_.fault == Fault::kProtocol) {
        const std::string who = side == Side::Broker ? "broker" : "frontend";
        const bool stranger = from.channel.stranger().has_value();
        error_.what =
            (stranger ? "another process uses the channel of the " + who : "the " + who + " broke the protocol") +
            ": " + error_.what;
        error_.next_step = stranger ? "find out what that process is; install Sentinel as root, so that its helpers "
                                      "cannot be read from their start"
                                    : "install Sentinel again, whole; if it comes back, report it with this line";
      }
      return Heard::Refused;
    }
  }
}

ipc::Status Conversation::on_broker(ipc::Packet& packet) {
  if (packet.id == ipc::BrokerLockedDown::kId) witness_status_ = std::move(packet.descriptor);
  return ipc::open_as_one_of<ipc::BrokerLockedDown, ipc::CommandSetting, ipc::Ready, ipc::IssuedKeys, ipc::Whoami,
                             ipc::Failed, ipc::Notice, ipc::Errand, ipc::Waiting, ipc::LogFull>(
      packet, [this](auto& message) { return take(message); });
}

ipc::Status Conversation::take(const ipc::BrokerLockedDown& locked) {
  if (ipc::Status ok = on_locked_down("broker", locked.protocol, broker_); !ok) return ok;
  broker_locked_ = true;
  const auto witness = static_cast<pid_t>(locked.witness_pid);
  const ipc::UniqueFd status = std::move(witness_status_);
  if (ipc::Status ok = witness == 0 ? ipc::Status{} : check_protection("broker's witness", status, witness); !ok)
    return ok;
  witness_pid_ = witness;
  return send_environment_keys();
}

ipc::Status Conversation::take(ipc::CommandSetting& setting) {
  if (preparation_.request.task.mode != ipc::RunMode::Server)
    return ipc::fail(Fault::kProtocol, "CommandSetting in a run that is not served");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "CommandSetting before BrokerLockedDown");
  if (settings_.size() == ipc::kMostCommandSettings) return ipc::fail(Fault::kProtocol, "CommandSetting too often");
  if (ipc::Status fit = ipc::check_command_setting(setting); !fit) return fit;
  if (ipc::is_told(settings_, setting)) return ipc::fail(Fault::kProtocol, "CommandSetting of the same name twice");
  settings_.push_back(std::move(setting));
  return {};
}

ipc::Status Conversation::take(ipc::Ready& ready) {
  if (preparation_.request.task.mode != ipc::RunMode::Server)
    return ipc::fail(Fault::kProtocol, "Ready in a run that is not served");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Ready before BrokerLockedDown");
  if (ready.token.reveal().empty() || ready.answer_key.reveal().empty())
    return ipc::fail(Fault::kProtocol, "Ready without a token or an answer key");
  region_ = ready.region.str();
  token_ = std::move(ready.token);
  answer_key_ = std::move(ready.answer_key);
  broker_ready_ = true;
  broker_.channel.gate().enter_serving();
  return {};
}

ipc::Status Conversation::take(ipc::IssuedKeys& issued) {
  const ipc::RunMode mode = preparation_.request.task.mode;
  if (mode == ipc::RunMode::Server || mode == ipc::RunMode::Whoami)
    return ipc::fail(Fault::kProtocol, "IssuedKeys in a run that is served, or asks for none");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "IssuedKeys before BrokerLockedDown");
  if (issued.access_key_id.str().empty() || issued.secret_access_key.reveal().empty() ||
      issued.session_token.reveal().empty() || issued.expiration.str().empty()) {
    return ipc::fail(Fault::kProtocol, "IssuedKeys without keys");
  }
  issued_ = std::move(issued);
  return {};
}

ipc::Status Conversation::take(ipc::Whoami& identity) {
  if (preparation_.request.task.mode != ipc::RunMode::Whoami)
    return ipc::fail(Fault::kProtocol, "Whoami in a run that did not ask");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Whoami before BrokerLockedDown");
  if (identity.arn.empty()) return ipc::fail(Fault::kProtocol, "Whoami without an identity");
  identity_ = std::move(identity);
  return {};
}

ipc::Status Conversation::take(const ipc::Failed& failed) {
  return ipc::fail(Fault::kRefused, failed.what.str(), failed.next_step.str());
}

ipc::Status Conversation::take(const ipc::Errand& errand) {
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Errand before BrokerLockedDown");
  return errands_.begin(errand);
}

ipc::Status Conversation::take(const ipc::Waiting& waiting) {
  say(waiting.why.str());
  renewed_ = true;
  return {};
}

// Only now: what takes them is locked down, and the kernel says so.
ipc::Status Conversation::send_environment_keys() {
  if (!preparation_.environment_keys) return {};
  const ipc::Status sent = broker_.channel.send(*preparation_.environment_keys);
  preparation_.environment_keys.reset();
  if (sent && early_tampered_) (void)broker_.channel.send(*early_tampered_);
  return sent;
}

ipc::Status Conversation::take(const ipc::Notice& notice) const {
  if (!preparation_.request.quiet || notice.severity == ipc::Severity::Warning) say(notice.text.str());
  return {};
}

// Without a next file the broker hands nothing out, and asks again: the run goes on when there is room.
ipc::Status Conversation::take(const ipc::LogFull& full) {
  const std::string label = full.label.str();
  const auto followed = next_logs_.find(label);
  const DecisionLog* log = followed == next_logs_.end() ? nullptr : &followed->second;
  for (const DecisionLog& first : preparation_.logs) {
    if (!log && first.label == label) log = &first;
  }
  if (!log) return ipc::fail(Fault::kProtocol, "a full log that there is not");
  auto next = next_decision_log(*log);
  if (!next) {
    report(next.error());
    return {};
  }
  if (ipc::Status sent = send_log(*next); !sent) return sent;
  next_logs_.insert_or_assign(label, std::move(*next));
  return {};
}

ipc::Status Conversation::on_frontend(const ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::FrontendLockedDown>(packet);  // the gate lets nothing else through
  if (!message) return std::unexpected(message.error());
  if (ipc::Status ok = on_locked_down("frontend", message->protocol, frontend_); !ok) return ok;
  frontend_locked_ = true;
  return {};
}

ipc::Status Conversation::on_locked_down(const std::string& who, ipc::U64 protocol, const Helper& helper) {
  if (protocol != ipc::kProtocolHash) {
    return ipc::fail(Fault::kConfig, "the " + who + " is of another build than sentinel",
                     "install Sentinel again, whole");
  }
  return check_protection(who, helper.status, helper.pid);
}

// Only here does the frontend get anything to read from: both are locked down, and the broker has keys.
ipc::Status Conversation::connect_helpers() {
  auto ends = ipc::Channel::attested_pair();
  if (!ends) return std::unexpected(ends.error());
  const OpenListener& listener = preparation_.listener;
  ipc::ListenerOpened opened;
  opened.transport = listener.transport;
  opened.port = listener.port;
  opened.path = text_of<107>(listener.path);
  if (!listener_told_) {
    if (ipc::Status sent = broker_.channel.send(opened); !sent) return sent;
    listener_told_ = true;
  }
  ipc::FrontendAttached frontend;
  frontend.pid = static_cast<ipc::U32>(frontend_.pid);
  if (ipc::Status sent = broker_.channel.send(frontend, ends->first.get()); !sent) return sent;
  ipc::BrokerChannel broker;
  broker.pid = static_cast<ipc::U32>(broker_.pid);
  if (ipc::Status sent = frontend_.channel.send(broker, ends->second.get()); !sent) return sent;
  ipc::Listener handed;
  handed.transport = listener.transport;
  handed.port = listener.port;
  if (ipc::Status sent = frontend_.channel.send(handed, listener.fd.get()); !sent) return sent;
  attached_ = true;
  return {};
}

void Conversation::tell_tampered(std::string_view what, bool ends) {
  ipc::Tampered tampered;
  tampered.what = text_of<1024>(std::string(what.substr(0, 1024)));
  tampered.ends = ends;
  if (preparation_.environment_keys) {  // which the broker waits for, and takes nothing else before them
    if (!early_tampered_) early_tampered_ = std::move(tampered);
    return;
  }
  if (broker_.channel.open()) (void)broker_.channel.send(tampered);
}

std::string Conversation::waiting_for() const {
  if (!broker_locked_) return "the broker to lock itself down";
  const bool served = preparation_.request.task.mode == ipc::RunMode::Server;
  if (served && !frontend_locked_) return "the frontend to lock itself down";
  return "AWS: identity, policy or credentials";
}

}  // namespace supervisor
