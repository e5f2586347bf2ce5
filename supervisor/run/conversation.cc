#include "run/conversation.h"

#include "ipc/client/served_profiles.h"
#include "ipc/command_settings.h"
#include "ipc/process/lockdown.h"
#include "ipc/process/own_status.h"
#include "ipc/task_limits.h"
#include "ipc/text/login_page.h"
#include "run/deadlines.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;
using ipc::Side;

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
        error_.next_step = stranger ? ipc::kAgainstStranger
                                    : "install Sentinel again, whole; if it comes back, report it with this line";
      }
      return Heard::Refused;
    }
  }
}

ipc::Status Conversation::on_broker(ipc::Packet& packet) {
  if (packet.id == ipc::BrokerLockedDown::kId) witness_status_ = std::move(packet.descriptor);
  return ipc::open_as_one_of<ipc::BrokerLockedDown, ipc::ServedProfile, ipc::CommandSetting, ipc::Ready,
                             ipc::IssuedKeys, ipc::Whoami, ipc::WhoamiRole, ipc::ConsolePage, ipc::Standing,
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

ipc::Status Conversation::take(const ipc::ServedProfile& served) {
  if (preparation_.request.task.mode != ipc::RunMode::Server)
    return ipc::fail(Fault::kProtocol, "ServedProfile in a run that is not served");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "ServedProfile before BrokerLockedDown");
  const std::size_t most = preparation_.request.wanted.empty() ? 1 : ipc::kMostProfiles;
  if (profiles_.size() == most) return ipc::fail(Fault::kProtocol, "ServedProfile too often");
  const std::string& asked = preparation_.request.task.profile.str();
  const std::string& name = served.name.str();
  if (!ipc::is_profile_name(name)) return ipc::fail(Fault::kProtocol, "ServedProfile with a name that is none");
  if (profiles_.empty() && !asked.empty() && name != asked)
    return ipc::fail(Fault::kProtocol, "ServedProfile in another order than they were asked for");
  for (const CommandProfile& before : profiles_) {
    if (before.name == name) return ipc::fail(Fault::kProtocol, "ServedProfile of the same name twice");
  }
  profiles_.push_back({name, served.region.str(), {}});
  return {};
}

ipc::Status Conversation::take(ipc::CommandSetting& setting) {
  if (preparation_.request.task.mode != ipc::RunMode::Server)
    return ipc::fail(Fault::kProtocol, "CommandSetting in a run that is not served");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "CommandSetting before BrokerLockedDown");
  if (profiles_.empty()) return ipc::fail(Fault::kProtocol, "CommandSetting before ServedProfile");
  std::vector<ipc::CommandSetting>& settings = profiles_.back().settings;
  if (settings.size() == ipc::kMostCommandSettings || told_settings_ == ipc::kMostRunSettings)
    return ipc::fail(Fault::kProtocol, "CommandSetting too often");
  if (ipc::Status fit = ipc::check_command_setting(setting); !fit) return fit;
  if (ipc::is_told(settings, setting)) return ipc::fail(Fault::kProtocol, "CommandSetting of the same name twice");
  settings.push_back(std::move(setting));
  ++told_settings_;
  return {};
}

ipc::Status Conversation::take(ipc::Ready& ready) {
  if (preparation_.request.task.mode != ipc::RunMode::Server)
    return ipc::fail(Fault::kProtocol, "Ready in a run that is not served");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Ready before BrokerLockedDown");
  if (profiles_.empty()) return ipc::fail(Fault::kProtocol, "Ready without a ServedProfile");
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
  if (mode != ipc::RunMode::Cli && mode != ipc::RunMode::CredentialProcess)
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

ipc::Status Conversation::take(ipc::ConsolePage& page) {
  if (preparation_.request.task.mode != ipc::RunMode::Login)
    return ipc::fail(Fault::kProtocol, "ConsolePage in a run that did not ask");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "ConsolePage before BrokerLockedDown");
  if (!ipc::is_web_page(page.url.reveal())) return ipc::fail(Fault::kProtocol, "ConsolePage without a page");
  page_ = std::move(page);
  return {};
}

ipc::Status Conversation::take(ipc::WhoamiRole& role) {
  if (preparation_.request.task.mode != ipc::RunMode::Whoami)
    return ipc::fail(Fault::kProtocol, "WhoamiRole in a run that did not ask");
  if (!broker_locked_ || identity_)
    return ipc::fail(Fault::kProtocol, "WhoamiRole before BrokerLockedDown or after Whoami");
  if (role.role_arn.empty() || roles_.size() == ipc::kMostRolesTold)
    return ipc::fail(Fault::kProtocol, "WhoamiRole is out of bounds");
  roles_.push_back(std::move(role));
  return {};
}

ipc::Status Conversation::take(ipc::Standing& standing) {
  if (preparation_.request.task.mode == ipc::RunMode::Whoami)
    return ipc::fail(Fault::kProtocol, "Standing in a run that issues nothing");
  if (!broker_locked_) return ipc::fail(Fault::kProtocol, "Standing before BrokerLockedDown");
  standing_ = std::move(standing);
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
  lines_.say(waiting.why.str());
  renewed_ = true;
  return {};
}

ipc::Status Conversation::take(const ipc::Notice& notice) {
  const bool warns = notice.severity == ipc::Severity::Warning;
  const ipc::Ink ink = warns                                       ? ipc::Ink::kWarn
                       : notice.severity == ipc::Severity::Refusal ? ipc::Ink::kBad
                                                                   : ipc::Ink::kNone;
  if (!preparation_.request.quiet || warns) lines_.say(notice.text.str(), ink);
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

ipc::Error Conversation::overdue() const {
  const bool served = preparation_.request.task.mode == ipc::RunMode::Server;
  std::string whom = "AWS: identity, policy or credentials";
  if (served && !frontend_locked_) whom = "the frontend to lock itself down";
  if (!broker_locked_) whom = "the broker to lock itself down";
  return {Fault::kUnavailable,
          "not ready after " + std::to_string(kStartDeadline.count()) + " seconds, waiting for " + whom,
          "check the network and the endpoint, then try again", 0};
}

}  // namespace supervisor
