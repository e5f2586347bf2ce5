#include "tools/keys/asker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <span>
#include <utility>

#include "ipc/lockdown.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

// Question: a letter, the key's id, its secret, an argument, divided by NUL. Answer: 'g' and its parts, divided by NUL,
// or 'e', the fault, the sentence, NUL, the next step.
constexpr char kReady = 'r', kArn = 'a', kCreate = 'c', kList = 'l', kRemove = 'd';
constexpr std::size_t kMaxPacket = 8 * 1024;

std::optional<SecretBuffer> receive(int channel) {
  SecretBuffer packet = SecretBuffer::with_capacity(kMaxPacket);
  for (;;) {
    const std::span<char> room = packet.room();
    const ssize_t got = ::recv(channel, room.data(), room.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    packet.grow(static_cast<std::size_t>(got));
    return packet;
  }
}

bool send(int channel, std::string_view packet) {
  for (;;) {
    const ssize_t put = ::send(channel, packet.data(), packet.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    return put == static_cast<ssize_t>(packet.size());
  }
}

// The part up to the next NUL, which it takes off.
std::string_view take_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

void put(SecretBuffer& packet, std::initializer_list<std::string_view> parts) {
  packet = SecretBuffer::with_capacity(kMaxPacket);
  for (const std::string_view part : parts) {
    if (!packet.append(part)) return;  // cut off; what reads it finds a part missing
  }
}

// ---- in the child

void put_error(SecretBuffer& packet, const ipc::Error& error) {
  const char fault = static_cast<char>('0' + static_cast<int>(error.fault));
  const std::string what = error.what.substr(0, 2000), next_step = error.next_step.substr(0, 2000);
  put(packet, {"e", {&fault, 1}, what, {"\0", 1}, next_step});
}

SecretBuffer answer_to(AwsSession& session, char question, std::string_view argument) {
  SecretBuffer answer;
  if (question == kReady) put(answer, {"g"});
  if (question == kArn) {
    const auto who = session.identity();
    who ? put(answer, {"g", who->arn}) : put_error(answer, who.error());
  }
  if (question == kCreate) {
    const auto key = session.create_access_key();
    key ? put(answer, {"g", key->access_key_id, {"\0", 1}, key->secret_access_key.reveal()})
        : put_error(answer, key.error());
  }
  if (question == kList) {
    const auto ids = session.access_keys();
    std::string all;
    for (const std::string& id : ids ? *ids : std::vector<std::string>()) all.append(id).append(1, '\0');
    ids ? put(answer, {"g", all}) : put_error(answer, ids.error());
  }
  if (question == kRemove) {
    const auto gone = session.delete_access_key(argument);
    gone ? put(answer, {"g"}) : put_error(answer, gone.error());
  }
  return answer;
}

// Until the tool has no more questions, or is gone.
ipc::Result<std::string> serve(int channel, AwsSession& session) {
  while (std::optional<SecretBuffer> packet = receive(channel)) {
    std::string_view rest = packet->reveal();
    const std::string_view question = take_part(rest), id = take_part(rest), secret = take_part(rest);
    if (question.size() != 1) break;
    session.use(BaseKey{std::string(id), SecretBuffer::copy_of(secret), {}});
    if (!send(channel, answer_to(session, question[0], rest).reveal())) break;
  }
  return std::string();
}

[[noreturn]] void be_the_asker(int channel, const AwsPlace& place) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (!ipc::become_unreadable()) ::_exit(1);
  const auto ended = work_in_this_process(place, [&](AwsSession& session) { return serve(channel, session); });
  if (!ended && ipc::SecretArena::open() && receive(channel)) {  // the first question is whether it could begin
    SecretBuffer why;
    put_error(why, ended.error());
    (void)send(channel, why.reveal());
  }
  ::_exit(0);  // nothing of the tool's own is flushed or freed twice
}

std::unexpected<ipc::Error> gone() {
  return ipc::fail(Fault::kSystem, "the process that asks AWS ended without an answer",
                   "try again; if it stays so, look at the kernel's log for what ended it");
}

}  // namespace

ipc::Result<KeyAsker> KeyAsker::start(const AwsPlace& place) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ipc::system_error("a pair of sockets cannot be made", "try again");
  }
  ipc::UniqueFd ours(ends[0]), theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return ipc::system_error("the process that asks AWS cannot be started", "try again");
  if (child == 0) {
    ours.reset();
    be_the_asker(theirs.get(), place);
  }
  return KeyAsker(child, std::move(ours));
}

KeyAsker::KeyAsker(KeyAsker&& other) noexcept
    : child_(std::exchange(other.child_, -1)), channel_(std::move(other.channel_)) {}

KeyAsker::~KeyAsker() {
  channel_.reset();
  int status = 0;
  while (child_ > 0 && ::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
}

ipc::Result<SecretBuffer> KeyAsker::ask(char question, const BaseKey* key, std::string_view argument) {
  SecretBuffer packet;
  const std::string_view id = key ? std::string_view(key->access_key_id) : "";
  const std::string_view secret = key ? key->secret_access_key.reveal() : "";
  put(packet, {{&question, 1}, {"\0", 1}, id, {"\0", 1}, secret, {"\0", 1}, argument});
  if (!send(channel_.get(), packet.reveal())) return gone();
  std::optional<SecretBuffer> answer = receive(channel_.get());
  if (!answer) return gone();
  std::string_view rest = answer->reveal();
  if (rest.front() == 'g') return SecretBuffer::copy_of(rest.substr(1));
  if (rest.front() != 'e' || rest.size() < 3) return gone();
  const auto fault = static_cast<Fault>(rest[1] - '0');
  rest.remove_prefix(2);
  const std::string_view what = take_part(rest);
  return ipc::fail(fault, std::string(what), std::string(rest));
}

ipc::Status KeyAsker::ready() {
  const auto answer = ask(kReady, nullptr);
  if (!answer) return std::unexpected(answer.error());
  return {};
}

ipc::Result<std::string> KeyAsker::arn(const BaseKey& key) {
  const auto answer = ask(kArn, &key);
  if (!answer) return std::unexpected(answer.error());
  return std::string(answer->reveal());
}

ipc::Result<CreatedKey> KeyAsker::create(const BaseKey& key) {
  const auto answer = ask(kCreate, &key);
  if (!answer) return std::unexpected(answer.error());
  std::string_view secret = answer->reveal();
  const std::string_view id = take_part(secret);
  return CreatedKey{std::string(id), SecretBuffer::copy_of(secret)};
}

ipc::Result<std::vector<std::string>> KeyAsker::list(const BaseKey& key) {
  const auto answer = ask(kList, &key);
  if (!answer) return std::unexpected(answer.error());
  std::vector<std::string> ids;
  for (std::string_view rest = answer->reveal(); !rest.empty();) ids.emplace_back(take_part(rest));
  return ids;
}

ipc::Status KeyAsker::remove(const BaseKey& key, std::string_view access_key_id) {
  const auto answer = ask(kRemove, &key, access_key_id);
  if (!answer) return std::unexpected(answer.error());
  return {};
}

}  // namespace broker
