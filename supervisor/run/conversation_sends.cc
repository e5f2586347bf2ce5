// The part of Conversation that tells the helpers what they work on.
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include "run/conversation.h"
#include "run/deadlines.h"

namespace supervisor {
namespace {

template <std::size_t N>
ipc::Text<N> text_of(const std::string& value) {
  return ipc::Text<N>(std::string_view(value));  // lengths were checked when the options were
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

}  // namespace

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
  if (sent && preparation_.openers) sent = broker.send(preparation_.request.remember, preparation_.openers.get());
  if (sent && preparation_.role_keys) sent = broker.send(ipc::RoleKeyStore{}, preparation_.role_keys.get());
  if (sent && preparation_.request.task.mode == ipc::RunMode::Login) sent = broker.send(preparation_.request.console);
  for (const ipc::WantedProfile& wanted : preparation_.request.wanted) {
    if (sent) sent = send_when_there_is_room(broker, wanted);
  }
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

// Only now: what takes them is locked down, and the kernel says so.
ipc::Status Conversation::send_environment_keys() {
  if (!preparation_.environment_keys) return {};
  const ipc::Status sent = broker_.channel.send(*preparation_.environment_keys);
  preparation_.environment_keys.reset();
  if (sent && early_tampered_) (void)broker_.channel.send(*early_tampered_);
  return sent;
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

}  // namespace supervisor
