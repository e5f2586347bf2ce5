#include "run/conversation.h"

#include "ipc/lockdown.h"
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
ipc::Status check_protection(const std::string& who, pid_t pid) {
  const auto seen = ipc::seen_from_outside(pid);
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

ErrandFacts errand_facts(Preparation& preparation) {
  ExecRequest& request = preparation.request;
  return {preparation.environment, preparation.account.home, request.mode == ipc::RunMode::Server,
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
  const ExecRequest& request = preparation_.request;
  for (const auto& [name, value] : preparation_.settings) {
    ipc::Setting setting;
    setting.name = text_of<64>(name);
    setting.value = text_of<4096>(value);
    if (ipc::Status sent = broker_.channel.send(setting); !sent) return sent;
  }
  for (const DecisionLog& log : preparation_.logs) {
    ipc::LogSink sink;
    sink.kind = static_cast<ipc::U8>(log.kind);
    sink.sync = request.log_sync ? 1 : 0;
    sink.label = text_of<4096>(log.label);
    if (ipc::Status sent = broker_.channel.send(sink, log.fd.get()); !sent) return sent;
  }
  if (preparation_.policy_versions) {
    const ipc::Status sent = broker_.channel.send(ipc::PolicyVersions{}, preparation_.policy_versions.get());
    if (!sent) return sent;
  }
  if (preparation_.session_store) {
    const ipc::Status sent = broker_.channel.send(ipc::SessionStore{}, preparation_.session_store.get());
    if (!sent) return sent;
  }
  ipc::Begin begin;
  begin.profile = text_of<256>(request.profile);
  begin.policy_parameter = text_of<1024>(request.policy_parameter);
  begin.policy_file = text_of<4096>(request.policy_file);
  begin.region = text_of<64>(request.region);
  begin.home = text_of<4096>(preparation_.account.home);
  begin.os_user = text_of<256>(preparation_.account.name);
  begin.mode = static_cast<ipc::U8>(request.mode);
  begin.session_table = text_of<256>(request.session_table);
  begin.policy_key = text_of<4096>(request.policy_key);
  begin.policy_kms_key = text_of<2048>(request.policy_kms_key);
  begin.policy_poll_s = static_cast<ipc::U32>(request.policy_poll.count());
  begin.policy_max_age_s = static_cast<ipc::U32>(request.policy_max_age.count());
  begin.log_key = text_of<4096>(request.log_key);
  begin.log_key_id = text_of<64>(request.log_key_id);
  begin.log_max_bytes = request.log_max_bytes;
  begin.duration_s = static_cast<ipc::U32>(request.duration.count());
  begin.lazy = request.lazy ? 1 : 0;
  begin.remote_url = text_of<2048>(request.remote_url);
  begin.remote_token_file = text_of<4096>(request.remote_token_file);
  begin.environment_keys = request.env_keys ? 1 : 0;
  begin.environment_follows = preparation_.environment_keys ? 1 : 0;
  begin.auto_login = request.auto_login ? 1 : 0;
  begin.transport = static_cast<ipc::U8>(preparation_.listener.transport);
  return broker_.channel.send(begin);
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
        error_.what = "the " + who + " broke the protocol: " + error_.what;
        error_.next_step = "install Sentinel again, whole; if it comes back, report it with this line";
      }
      return Heard::Refused;
    }
  }
}

ipc::Status Conversation::on_broker(const ipc::Packet& packet) {
  switch (packet.id) {
    case ipc::BrokerLockedDown::kId: {
      const auto message = ipc::open_packet<ipc::BrokerLockedDown>(packet);
      if (!message) return std::unexpected(message.error());
      if (ipc::Status ok = on_locked_down("broker", message->protocol, broker_.pid); !ok) return ok;
      broker_locked_ = true;
      const auto witness = static_cast<pid_t>(message->witness_pid);
      if (ipc::Status ok = witness == 0 ? ipc::Status{} : check_protection("broker's witness", witness); !ok) return ok;
      return send_environment_keys();
    }
    case ipc::Ready::kId:
      return on_ready(packet);
    case ipc::IssuedKeys::kId:
      return on_issued(packet);
    case ipc::Whoami::kId:
      return on_identity(packet);
    case ipc::Failed::kId: {
      const auto message = ipc::open_packet<ipc::Failed>(packet);
      if (!message) return std::unexpected(message.error());
      return ipc::fail(Fault::kRefused, message->what.str(), message->next_step.str());
    }
    case ipc::Notice::kId: {
      const auto message = ipc::open_packet<ipc::Notice>(packet);
      if (!message) return std::unexpected(message.error());
      on_notice(*message);
      return {};
    }
    case ipc::Errand::kId:
      return on_errand(packet);
    case ipc::Waiting::kId: {
      const auto message = ipc::open_packet<ipc::Waiting>(packet);
      if (!message) return std::unexpected(message.error());
      say(message->why.str());
      renewed_ = true;
      return {};
    }
    case ipc::LogFull::kId: {
      const auto message = ipc::open_packet<ipc::LogFull>(packet);
      return message ? on_log_full(*message) : std::unexpected(message.error());
    }
    default:
      return ipc::fail(Fault::kProtocol, "message " + std::to_string(packet.id) + " has no receiver here");
  }
}

ipc::Status Conversation::on_ready(const ipc::Packet& packet) {
  auto message = ipc::open_packet<ipc::Ready>(packet);
  if (!message) return std::unexpected(message.error());
  if (preparation_.request.mode != ipc::RunMode::Server)
    return ipc::fail(Fault::kProtocol, "Ready in a run that is not served");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Ready before BrokerLockedDown");
  if (message->token.reveal().empty()) return ipc::fail(Fault::kProtocol, "Ready without a token");
  region_ = message->region.str();
  token_ = std::move(message->token);
  broker_ready_ = true;
  broker_.channel.gate().enter_serving();
  return {};
}

ipc::Status Conversation::on_issued(const ipc::Packet& packet) {
  auto message = ipc::open_packet<ipc::IssuedKeys>(packet);
  if (!message) return std::unexpected(message.error());
  if (preparation_.request.mode == ipc::RunMode::Server || preparation_.request.mode == ipc::RunMode::Whoami)
    return ipc::fail(Fault::kProtocol, "IssuedKeys in a run that is served, or asks for none");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "IssuedKeys before BrokerLockedDown");
  if (message->access_key_id.str().empty() || message->secret_access_key.reveal().empty() ||
      message->session_token.reveal().empty() || message->expiration.str().empty()) {
    return ipc::fail(Fault::kProtocol, "IssuedKeys without keys");
  }
  issued_ = std::move(*message);
  return {};
}

ipc::Status Conversation::on_identity(const ipc::Packet& packet) {
  auto message = ipc::open_packet<ipc::Whoami>(packet);
  if (!message) return std::unexpected(message.error());
  if (preparation_.request.mode != ipc::RunMode::Whoami)
    return ipc::fail(Fault::kProtocol, "Whoami in a run that did not ask");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Whoami before BrokerLockedDown");
  if (message->arn.empty()) return ipc::fail(Fault::kProtocol, "Whoami without an identity");
  identity_ = std::move(*message);
  return {};
}

ipc::Status Conversation::on_errand(const ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::Errand>(packet);
  if (!message) return std::unexpected(message.error());
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Errand before BrokerLockedDown");
  return errands_.begin(*message);
}

// Only now: what takes them is locked down, and the kernel says so.
ipc::Status Conversation::send_environment_keys() {
  if (!preparation_.environment_keys) return {};
  const ipc::Status sent = broker_.channel.send(*preparation_.environment_keys);
  preparation_.environment_keys.reset();
  return sent;
}

void Conversation::on_notice(const ipc::Notice& notice) const {
  auto severity = ipc::Severity::Warning;
  if (!ipc::severity_from(notice.severity, severity)) severity = ipc::Severity::Warning;
  if (preparation_.request.quiet && severity != ipc::Severity::Warning) return;
  say(notice.text.str());
}

// Without a next file the broker hands nothing out, and asks again: the run goes on when there is room.
ipc::Status Conversation::on_log_full(const ipc::LogFull& full) {
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
  ipc::LogSink sink;
  sink.kind = static_cast<ipc::U8>(next->kind);
  sink.sync = preparation_.request.log_sync ? 1 : 0;
  sink.label = text_of<4096>(next->label);
  if (ipc::Status sent = broker_.channel.send(sink, next->fd.get()); !sent) return sent;
  next_logs_.insert_or_assign(label, std::move(*next));
  return {};
}

ipc::Status Conversation::on_frontend(const ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::FrontendLockedDown>(packet);  // the gate lets nothing else through
  if (!message) return std::unexpected(message.error());
  if (ipc::Status ok = on_locked_down("frontend", message->protocol, frontend_.pid); !ok) return ok;
  frontend_locked_ = true;
  return {};
}

ipc::Status Conversation::on_locked_down(const std::string& who, ipc::U64 protocol, pid_t pid) {
  if (protocol != ipc::kProtocolHash) {
    return ipc::fail(Fault::kConfig, "the " + who + " is of another build than sentinel",
                     "install Sentinel again, whole");
  }
  return check_protection(who, pid);
}

// Only here does the frontend get anything to read from: both are locked down, and the broker has keys.
ipc::Status Conversation::connect_helpers() {
  auto ends = ipc::Channel::socket_pair();
  if (!ends) return std::unexpected(ends.error());
  const OpenListener& listener = preparation_.listener;
  ipc::ListenerOpened opened;
  opened.transport = static_cast<ipc::U8>(listener.transport);
  opened.port = listener.port;
  opened.path = text_of<107>(listener.path);
  if (!listener_told_) {
    if (ipc::Status sent = broker_.channel.send(opened); !sent) return sent;
    listener_told_ = true;
  }
  ipc::FrontendAttached frontend;
  frontend.pid = static_cast<ipc::U32>(frontend_.pid);
  if (ipc::Status sent = broker_.channel.send(frontend, ends->first.get()); !sent) return sent;
  if (ipc::Status sent = frontend_.channel.send(ipc::BrokerChannel{}, ends->second.get()); !sent) return sent;
  ipc::Listener handed;
  handed.transport = opened.transport;
  handed.port = listener.port;
  if (ipc::Status sent = frontend_.channel.send(handed, listener.fd.get()); !sent) return sent;
  attached_ = true;
  return {};
}

std::string Conversation::waiting_for() const {
  if (!broker_locked_) return "the broker to lock itself down";
  const bool served = preparation_.request.mode == ipc::RunMode::Server;
  if (served && !frontend_locked_) return "the frontend to lock itself down";
  return "AWS: identity, policy or credentials";
}

}  // namespace supervisor
