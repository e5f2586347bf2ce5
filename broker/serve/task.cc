#include "serve/task.h"

#include <poll.h>

#include "ipc/sts_limits.h"

namespace broker {
namespace {

using ipc::Fault;

ipc::Status take_setting(const ipc::Packet& packet, Terms& terms) {
  auto setting = ipc::open_packet<ipc::Setting>(packet);
  if (!setting) return std::unexpected(setting.error());
  if (!ipc::is_setting(setting->name.str()))
    return ipc::fail(Fault::kProtocol, "a setting that is not in settings.def");
  if (!terms.settings.emplace(setting->name.str(), setting->value.str()).second) {
    return ipc::fail(Fault::kProtocol, "a setting came twice");
  }
  return {};
}

ipc::Status take_sink(ipc::Packet& packet, Terms& terms) {
  auto sink = ipc::open_packet<ipc::LogSink>(packet);
  if (!sink) return std::unexpected(sink.error());
  ipc::LogKind kind;
  if (sink->sync > 1 || !ipc::log_kind_from(sink->kind, kind) || terms.sinks.size() == kMaxSinks) {
    return ipc::fail(Fault::kProtocol, "a log sink out of bounds");
  }
  terms.sinks.push_back({std::move(packet.descriptor), sink->label.str(), kind, sink->sync == 1});
  return {};
}

// Only a served run must say how long: the others have the profile's own lifetime.
bool duration_fits(const Terms& terms) {
  if (terms.duration.count() == 0) return terms.mode != ipc::RunMode::Server;
  return terms.duration >= ipc::sts::kShortest && terms.duration <= ipc::sts::kLongestOfRole;
}

// A policy here, or a server elsewhere; who only asks who he is needs neither.
bool one_judge(const Terms& terms) {
  const int judges = !terms.policy_file.empty() + !terms.policy_parameter.empty() + !terms.remote_url.empty();
  if (terms.remote_url.empty() && !terms.remote_token_file.empty()) return false;
  const bool asks_of_a_policy =
      !terms.session_table.empty() || !terms.policy_key.empty() || !terms.policy_kms_key.empty();
  const bool only_asks = terms.mode == ipc::RunMode::Whoami;  // which no server elsewhere answers
  if (!terms.remote_url.empty() && (asks_of_a_policy || only_asks)) return false;
  return judges == 1 || (judges == 0 && terms.mode == ipc::RunMode::Whoami);
}

ipc::Status take_begin(const ipc::Packet& packet, Terms& terms) {
  auto begin = ipc::open_packet<ipc::Begin>(packet);
  if (!begin) return std::unexpected(begin.error());
  terms.duration = std::chrono::seconds(begin->duration_s);
  terms.lazy = begin->lazy == 1;
  terms.profile = begin->profile.str();
  terms.policy_parameter = begin->policy_parameter.str();
  terms.policy_file = begin->policy_file.str();
  terms.region = begin->region.str();
  terms.home = begin->home.str();
  terms.os_user = begin->os_user.str();
  terms.session_table = begin->session_table.str();
  terms.policy_key = begin->policy_key.str();
  terms.policy_kms_key = begin->policy_kms_key.str();
  terms.policy_poll = std::chrono::seconds(begin->policy_poll_s);
  terms.policy_max_age = std::chrono::seconds(begin->policy_max_age_s);
  terms.log_key = begin->log_key.str();
  terms.log_key_id = begin->log_key_id.str();
  terms.log_max_bytes = begin->log_max_bytes;
  terms.remote_url = begin->remote_url.str();
  terms.remote_token_file = begin->remote_token_file.str();
  terms.environment_keys = begin->environment_keys == 1;
  terms.environment_follows = begin->environment_follows == 1;
  terms.auto_login = begin->auto_login == 1;
  const bool flags =
      begin->lazy <= 1 && begin->environment_keys <= 1 && begin->environment_follows <= 1 && begin->auto_login <= 1;
  const bool sane = flags && ipc::run_mode_from(begin->mode, terms.mode) && one_judge(terms) &&
                    ipc::transport_from(begin->transport, terms.transport) && !terms.profile.empty() &&
                    duration_fits(terms) && terms.policy_poll >= kShortestPoll && terms.policy_poll <= kLongestPoll &&
                    terms.policy_max_age <= kLongestPolicyAge &&
                    (terms.policy_key.empty() || terms.policy_kms_key.empty());
  if (!sane) return ipc::fail(Fault::kProtocol, "Begin is out of bounds");
  const bool issues = terms.mode != ipc::RunMode::Whoami;
  if (issues && terms.sinks.empty()) return ipc::fail(Fault::kProtocol, "Begin without a decision log");
  return {};
}

ipc::Status wait_for_packet(const ipc::Channel& control, std::chrono::steady_clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  pollfd ready{control.fd(), POLLIN, 0};
  if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) != 1) {
    return ipc::fail(Fault::kProtocol, "the supervisor did not say what to serve");
  }
  return {};
}

ipc::Status receive_until(ipc::Channel& control, ipc::Packet& packet, std::chrono::steady_clock::time_point end) {
  for (;;) {
    if (ipc::Status ready = wait_for_packet(control, end); !ready) return ready;
    const auto arrival = control.receive(packet);
    if (!arrival) return std::unexpected(arrival.error());
    if (*arrival == ipc::Arrival::PeerGone) return ipc::fail(Fault::kProtocol, "the supervisor is gone");
    if (*arrival == ipc::Arrival::Message) return {};
  }
}

}  // namespace

ipc::Status receive_within_patience(ipc::Channel& control, ipc::Packet& packet) {
  return receive_until(control, packet, std::chrono::steady_clock::now() + kPatience);
}

ipc::Result<Terms> receive_terms(ipc::Channel& control) {
  Terms terms;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    ipc::Packet packet;
    if (ipc::Status came = receive_until(control, packet, end); !came) return std::unexpected(came.error());
    ipc::Status taken;
    if (packet.id == ipc::SessionStore::kId) terms.session_store = std::move(packet.descriptor);
    if (packet.id == ipc::Setting::kId) taken = take_setting(packet, terms);
    if (packet.id == ipc::PolicyVersions::kId) terms.policy_versions = std::move(packet.descriptor);
    if (packet.id == ipc::LogSink::kId) taken = take_sink(packet, terms);
    if (packet.id == ipc::Begin::kId) taken = take_begin(packet, terms);
    if (!taken) return std::unexpected(taken.error());
    if (packet.id == ipc::Begin::kId) return terms;
  }
}

ipc::Result<CallerKeys> receive_caller_keys(ipc::Channel& control) {
  ipc::Packet packet;
  if (ipc::Status came = receive_within_patience(control, packet); !came) return std::unexpected(came.error());
  if (packet.id != ipc::EnvironmentKeys::kId) {
    return ipc::fail(ipc::Fault::kProtocol, "the keys of the environment were announced, and something else came");
  }
  const auto message = ipc::open_packet<ipc::EnvironmentKeys>(packet);
  // The channel has other owners before it is read again, each with what the last one's buffer held.
  ipc::wipe(const_cast<char*>(packet.payload.data()), packet.payload.size());
  if (!message) return std::unexpected(message.error());
  CallerKeys keys;
  keys.key.access_key_id = message->access_key_id.str();
  keys.key.secret_access_key = ipc::SecretBuffer::copy_of(message->secret_access_key.reveal());
  if (!message->session_token.reveal().empty())
    keys.key.session_token = ipc::SecretBuffer::copy_of(message->session_token.reveal());
  if (!message->container_token.reveal().empty())
    keys.container_token = ipc::SecretBuffer::copy_of(message->container_token.reveal());
  return keys;
}

}  // namespace broker
