#include "serve/task.h"

#include <poll.h>

#include <optional>
#include <utility>

#include "ipc/client/served_profiles.h"

namespace broker {
namespace {

using ipc::Fault;

// Only a served run must say how long: the others have the profile's own lifetime.
bool has_duration(const ipc::Begin& begin) {
  return begin.duration.get().count() != 0 || begin.mode != ipc::RunMode::Server;
}

// A policy here, or a server elsewhere; `sentinel whoami` needs neither.
bool has_one_judge(const ipc::Begin& begin) {
  const int judges = !begin.policy_file.empty() + !begin.policy_parameter.empty() + !begin.remote_url.empty();
  if (begin.remote_url.empty() && !begin.remote_token_file.empty()) return false;
  const bool asks_of_a_policy =
      !begin.session_table.empty() || !begin.policy_key.empty() || !begin.policy_kms_key.empty();
  const bool only_asks = begin.mode == ipc::RunMode::Whoami;
  const bool by_policy = only_asks || begin.mode == ipc::RunMode::Login;  // which no server elsewhere answers
  if (!begin.remote_url.empty() && (asks_of_a_policy || by_policy)) return false;
  return judges == 1 || (judges == 0 && only_asks);
}

// More than one are told apart by what sentinel-credential-process asks for, over the Unix socket alone; and one key of
// the environment, or one server elsewhere, speaks for one.
bool has_profiles(const ipc::Begin& begin, const std::vector<ipc::WantedProfile>& wanted) {
  if (wanted.empty()) return !begin.profile.empty();
  return begin.mode == ipc::RunMode::Server && begin.transport == ipc::Transport::Unix && begin.remote_url.empty() &&
         !begin.environment_keys && wanted.size() + !begin.profile.empty() <= ipc::kMostProfiles;
}

// Takes the messages that say a task, until it is whole.
class Gathering {
 public:
  ipc::Status take(const ipc::Setting& setting, ipc::UniqueFd&) {
    if (!ipc::is_setting(setting.name.str()))
      return ipc::fail(Fault::kProtocol, "a setting that is not in settings.def");
    const auto [at, is_new] = settings_.emplace(setting.name.str(), setting.value.str());
    if (!is_new) return ipc::fail(Fault::kProtocol, "a setting came twice");
    last_setting_ = &at->second;
    return {};
  }
  ipc::Status take(const ipc::SettingRest& rest, ipc::UniqueFd&) {
    if (!last_setting_ || rest.value.empty()) return ipc::fail(Fault::kProtocol, "the rest of no setting");
    if (last_setting_->size() + rest.value.str().size() > ipc::kMostSettingBytes)
      return ipc::fail(Fault::kProtocol, "a setting is longer than any variable");
    *last_setting_ += rest.value.str();
    return {};
  }
  ipc::Status take(ipc::LogSink& sink, ipc::UniqueFd& fd) {
    if (sinks_.size() == kMaxSinks) return ipc::fail(Fault::kProtocol, "more log sinks than there can be");
    sinks_.push_back({std::move(sink), std::move(fd), {}, {}});
    return {};
  }
  ipc::Status take(const ipc::LogHead& head, ipc::UniqueFd& fd) {
    if (sinks_.empty() || sinks_.back().head || sinks_.back().sink.kind != ipc::LogKind::File ||
        sinks_.back().sink.label.str() != head.label.str())
      return ipc::fail(Fault::kProtocol, "the head of a log that did not come before it");
    sinks_.back().head = std::move(fd);
    return {};
  }
  ipc::Status take(const ipc::LogLock& lock, ipc::UniqueFd& fd) {
    for (TaskSink& sink : sinks_) {
      if (sink.sink.label.str() != lock.label.str() || sink.sink.kind != ipc::LogKind::File || sink.lock) continue;
      sink.lock = std::move(fd);
      return {};
    }
    return ipc::fail(Fault::kProtocol, "a lock of no log file");
  }
  ipc::Status take(ipc::WantedProfile& wanted, ipc::UniqueFd&) {
    if (wanted.name.empty()) return ipc::fail(Fault::kProtocol, "a wanted profile without a name");
    if (wanted_.size() == ipc::kMostProfiles) return ipc::fail(Fault::kProtocol, "more profiles than a run serves");
    wanted_.push_back(std::move(wanted));
    return {};
  }
  ipc::Status take(const ipc::PolicyVersions&, ipc::UniqueFd& fd) {
    policy_versions_ = std::move(fd);
    return {};
  }
  ipc::Status take(const ipc::SessionStore&, ipc::UniqueFd& fd) {
    session_store_ = std::move(fd);
    return {};
  }
  ipc::Status take(const ipc::RoleKeyStore&, ipc::UniqueFd& fd) {
    role_keys_ = std::move(fd);
    return {};
  }
  ipc::Status take(const ipc::OpenerStore& store, ipc::UniqueFd& fd) {
    openers_ = std::move(fd);
    remember_ = store.lives.get();
    return {};
  }
  ipc::Status take(const ipc::PolicyText&, ipc::UniqueFd& fd) {
    policy_text_ = std::move(fd);
    return {};
  }
  ipc::Status take(const ipc::ConsolePlace& place, ipc::UniqueFd&) {
    console_ = place.destination.str();
    return {};
  }
  ipc::Status take(ipc::Begin& begin, ipc::UniqueFd&) {
    const bool two_keys = !begin.policy_key.empty() && !begin.policy_kms_key.empty();
    if (!has_profiles(begin, wanted_) || two_keys || !has_duration(begin) || !has_one_judge(begin))
      return ipc::fail(Fault::kProtocol, "Begin is out of bounds");
    if (policy_text_ && begin.policy_file.empty())
      return ipc::fail(Fault::kProtocol, "the text of a policy that Begin does not name");
    if (console_.has_value() != (begin.mode == ipc::RunMode::Login))
      return ipc::fail(Fault::kProtocol, "a page of the console for another kind of run, or none for its own");
    if (role_keys_ && begin.mode != ipc::RunMode::CredentialProcess)
      return ipc::fail(Fault::kProtocol, "a file of kept credentials for another kind of run");
    const bool issues = begin.mode != ipc::RunMode::Whoami;
    if (issues && sinks_.empty()) return ipc::fail(Fault::kProtocol, "Begin without a decision log");
    if (!begin.profile.empty()) wanted_.insert(wanted_.begin(), ipc::WantedProfile{begin.profile, false});
    begin_ = std::move(begin);
    return {};
  }
  // SettingRest goes on with the Setting right before it, and with nothing else.
  void begin_packet(ipc::U16 id) {
    if (id != ipc::SettingRest::kId) last_setting_ = nullptr;
  }
  [[nodiscard]] bool is_whole() const { return begin_.has_value(); }
  Task task() && {
    return {std::move(*begin_),
            std::move(settings_),
            std::move(wanted_),
            std::move(sinks_),
            console_.value_or(""),
            std::move(policy_versions_),
            std::move(session_store_),
            std::move(role_keys_),
            std::move(openers_),
            std::move(policy_text_),
            remember_};
  }

 private:
  std::optional<ipc::Begin> begin_;
  ipc::Settings settings_;
  std::string* last_setting_ = nullptr;  // into settings_: what SettingRest goes on with
  std::vector<ipc::WantedProfile> wanted_;
  std::vector<TaskSink> sinks_;
  std::optional<std::string> console_;
  ipc::UniqueFd policy_versions_, session_store_, policy_text_, role_keys_, openers_;
  std::chrono::seconds remember_{0};
};

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

std::size_t Task::most_profiles() const {
  for (const ipc::WantedProfile& one : wanted) {
    if (one.pattern) return ipc::kMostProfiles;
  }
  return wanted.size();
}

ipc::Status receive_within_patience(ipc::Channel& control, ipc::Packet& packet) {
  return receive_until(control, packet, std::chrono::steady_clock::now() + kPatience);
}

ipc::Result<Task> receive_task(ipc::Channel& control) {
  Gathering gathering;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!gathering.is_whole()) {
    ipc::Packet packet;
    if (ipc::Status came = receive_until(control, packet, end); !came) return std::unexpected(came.error());
    gathering.begin_packet(packet.id);
    const ipc::Status taken =
        ipc::open_as_one_of<ipc::Setting, ipc::SettingRest, ipc::WantedProfile, ipc::LogSink, ipc::LogLock,
                            ipc::LogHead, ipc::PolicyVersions, ipc::SessionStore, ipc::RoleKeyStore, ipc::OpenerStore,
                            ipc::PolicyText, ipc::ConsolePlace, ipc::Begin>(
            packet, [&](auto& message) { return gathering.take(message, packet.descriptor); });
    if (!taken) return std::unexpected(taken.error());
  }
  return std::move(gathering).task();
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
  keys.too_long = message->too_long.str();
  keys.key.access_key_id = message->access_key_id.str();
  keys.key.secret_access_key = ipc::SecretBuffer::copy_of(message->secret_access_key.reveal());
  if (!message->session_token.reveal().empty())
    keys.key.session_token = ipc::SecretBuffer::copy_of(message->session_token.reveal());
  if (!message->container_token.reveal().empty())
    keys.container_token = ipc::SecretBuffer::copy_of(message->container_token.reveal());
  return keys;
}

}  // namespace broker
