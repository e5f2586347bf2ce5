// A frontend that has been taken over: it stands where sentinel-frontend stands, locks itself down by the same code,
// and then does what a client's request path names. Clients get its findings as plain text, since it has no other
// words.
//
//   GET /creds                    served honestly, as by the real one
//   GET /attack/descriptor/NAME   passes that descriptor as a client's       GET /attack/call/NAME      a forbidden
//   call GET /attack/message/NAME      a bad packet to the broker                 GET /attack/control/NAME   to the
//   supervisor GET /attack/listen/NAME       serves, and reads on its own duplicate     GET /attack/result         what
//   it read there GET /attack/keep              keeps the connection                       GET /attack/use-kept asks in
//   its name GET /attack/forge             with another token                         GET /attack/crash, stall/N,
//   flood/N, leave
//
// Runs in: hostile tests, started by the real supervisor. The file `attack` beside it says how to begin (Beginning
// below) and where the run listens.
#include <seccomp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <cerrno>
#include <fstream>
#include <vector>

#include "channel_numbers.h"
#include "hostile_calls.h"
#include "hostile_descriptors.h"
#include "hostile_messages.h"
#include "ipc/client/answer_mac.h"
#include "isolation.h"
#include "sandbox.h"
#include "supervisor_link.h"

namespace hostile {
namespace {

struct Beginning {
  std::string behaviour;
  Target target;
};

struct Client {
  int fd = -1;
  std::string path, authorization, nonce;
};

ipc::Channel g_control, g_broker;
ipc::UniqueFd g_listener;
int g_epoll = -1;
Baits g_baits;
std::vector<int> g_kept;
std::string g_result = "nothing was read";
std::string g_behaviour;
ipc::U32 g_request = 0;

[[noreturn]] void leave(int status) { ::_exit(status); }

// Waits for `fd`, or for `other` if there is one; false after five seconds.
bool wait_for(int fd, int other = -1) {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  if (::epoll_ctl(g_epoll, EPOLL_CTL_ADD, fd, &wanted) != 0) return false;
  if (other >= 0) ::epoll_ctl(g_epoll, EPOLL_CTL_ADD, other, &wanted);
  epoll_event happened{};
  const int ready = ::epoll_wait(g_epoll, &happened, 1, 5000);
  ::epoll_ctl(g_epoll, EPOLL_CTL_DEL, fd, &wanted);
  if (other >= 0) ::epoll_ctl(g_epoll, EPOLL_CTL_DEL, other, &wanted);
  return ready == 1;
}

Beginning read_beginning() {
  char path[4096] = {};
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) leave(2);
  const std::string self(path);
  std::ifstream file(self.substr(0, self.rfind('/')) + "/attack");
  Beginning beginning;
  std::string kind;
  file >> beginning.behaviour >> kind;
  beginning.target.tcp = kind == "tcp";
  if (beginning.target.tcp) file >> beginning.target.port;
  if (kind == "unix") file >> beginning.target.path;
  return beginning;
}

// ---- a request, as the real one would treat it
// -----------------------------------------------------------------------

bool serve(int client, std::string_view authorization, std::string_view nonce = {}, std::string_view profile = {}) {
  ipc::ServeClient message;
  message.request = ++g_request;
  message.transport = ipc::Transport::Tcp;  // a lie, half of the time
  (void)message.authorization.assign(authorization);
  (void)message.nonce.assign(nonce);
  (void)message.profile.assign(profile);
  return g_broker.send(message, client).has_value();
}

// The broker's Done, as text. Ends the process, as the real one does, when the broker is gone.
std::string await_done() {
  ipc::Packet packet;
  while (true) {
    const auto arrival = g_broker.receive(packet);
    if (!arrival || *arrival == ipc::Arrival::PeerGone) leave(15);
    if (*arrival == ipc::Arrival::Message) break;
    if (!wait_for(g_broker.fd())) return "no answer";
  }
  const auto done = ipc::open_packet<ipc::Done>(packet);
  return done ? "done, closed " + std::to_string(done->closed) : "malformed";
}

void say(int client, const std::string& text) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  (void)::sendto(client, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
}

// Whatever can be had from a descriptor by the calls that are allowed.
std::string read_all(int fd) {
  std::string text;
  char part[4096];
  for (const int flags : {MSG_DONTWAIT | MSG_PEEK, MSG_DONTWAIT | 0}) {
    const ssize_t got = ::recvfrom(fd, part, sizeof part, flags, nullptr, nullptr);
    if (got > 0) text.append(part, static_cast<std::size_t>(got));
  }
  return text;
}

// ---- attacks
// ---------------------------------------------------------------------------------------------------------

void pass_descriptor(const Client& client, const std::string& name) {
  if (name == "control-channel") g_baits[name] = {g_control.fd(), -1};
  if (name == "broker-channel") g_baits[name] = {g_broker.fd(), -1};
  if (name == "listener") g_baits[name] = {g_listener.get(), -1};
  const auto bait = g_baits.find(name);
  if (bait == g_baits.end() || bait->second.pass < 0) return say(client.fd, "no such descriptor");
  const bool sent = serve(bait->second.pass, client.authorization);
  const std::string done = sent ? await_done() : "not sent";
  const std::string read = bait->second.read >= 0 ? read_all(bait->second.read) : "";
  say(client.fd, done + "; read " + std::to_string(read.size()) + " bytes: " + read);
}

void send_bad_packet(const Client& client, ipc::Channel& channel, const std::string& name) {
  const BadPacket packet = bad_packet(name, client.authorization);
  if (!packet.known) return say(client.fd, "no such packet");
  const int error = send_packet(channel.fd(), packet, client.fd);
  if (error != 0) return say(client.fd, "the kernel refused: " + std::to_string(error));
  if (channel.fd() == g_broker.fd()) (void)await_done();
}

// Serves the client honestly, with an ear on its own duplicate of the connection.
void listen_in(const Client& client, const std::string& name) {
  if (name == "timestamping") (void)make_call("timestamping", client.fd);
  if (name == "redirect") {
    (void)make_call("connect-nowhere", client.fd);
    (void)make_call("connect-elsewhere", client.fd);
  }
  (void)serve(client.fd, client.authorization);
  const std::string done = await_done();
  const std::string heard = read_all(client.fd);
  g_result = done + "; heard " + std::to_string(heard.size()) + " bytes: " + heard;
  if (name != "timestamping") return;
  char part[8192];
  const ssize_t got = ::recv(client.fd, part, sizeof part, MSG_ERRQUEUE | MSG_DONTWAIT);
  g_result +=
      "; error queue " + std::to_string(got) + ": " + std::string(part, got > 0 ? static_cast<std::size_t>(got) : 0);
}

// What the attacker gets from its own sending, to show that the trick works here when nobody prevents it.
void show_trick(const Client& client) {
  (void)make_call("timestamping", client.fd);
  say(client.fd, "canary");
  char part[8192] = {};
  ssize_t got = -1;
  for (int i = 0; i < 1000 && got < 0; ++i) got = ::recv(client.fd, part, sizeof part, MSG_ERRQUEUE | MSG_DONTWAIT);
  g_result = std::string(part, got > 0 ? static_cast<std::size_t>(got) : 0);
}

void use_kept(const Client& client) {
  if (g_kept.empty()) return say(client.fd, "nothing kept");
  (void)serve(g_kept.back(), client.authorization);
  const std::string done = await_done();
  say(client.fd, done + "; heard: " + read_all(g_kept.back()));
}

// Asks `times` over in a client's name, and never reads what the broker says of it.
void stall(const Client& client, int times) {
  for (int i = 0; i < times; ++i) {
    if (!serve(client.fd, client.authorization) && !wait_for(g_broker.fd())) break;
  }
  leave(15);
}

// A hundred at a time: one that lets more answers lie is cut off (see stall).
void flood(const Client& client, int times) {
  int sent = 0, answered = 0;
  while (answered < times) {
    const bool more = sent < times && sent - answered < 100 && serve(g_baits["socketpair"].pass, "");
    if (more)
      ++sent;
    else if (await_done() == "no answer")
      break;
    else
      ++answered;
  }
  say(client.fd, std::to_string(answered));
}

[[noreturn]] void crash() {
  volatile int* const nowhere = nullptr;
  *nowhere = 1;
  leave(99);
}

void attack(const Client& client, const std::string& what) {
  const std::size_t slash = what.find('/');
  const std::string kind = what.substr(0, slash), name = slash == std::string::npos ? "" : what.substr(slash + 1);
  if (kind == "descriptor") return pass_descriptor(client, name);
  if (kind == "message") return send_bad_packet(client, g_broker, name);
  if (kind == "control") return send_bad_packet(client, g_control, name);
  if (kind == "call") return say(client.fd, "returned " + std::to_string(make_call(name, client.fd)));
  if (kind == "listen") return listen_in(client, name);
  if (kind == "show-trick") return show_trick(client);
  if (kind == "result") return say(client.fd, g_result);
  if (kind == "keep") return g_kept.push_back(client.fd);
  if (kind == "use-kept") return use_kept(client);
  if (kind == "forge") return (void)(serve(client.fd, std::string(43, 'A')) && !await_done().empty());
  if (kind == "stall") return stall(client, std::stoi(name));
  if (kind == "flood") return flood(client, std::stoi(name));
  if (kind == "crash") crash();
  if (kind == "leave") leave(0);
  say(client.fd, "no such attack");
}

// ---- clients
// ---------------------------------------------------------------------------------------------------------

bool read_request(Client& client) {
  std::string head;
  char part[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recvfrom(client.fd, part, sizeof part, MSG_DONTWAIT, nullptr, nullptr);
    if (got > 0) {
      head.append(part, static_cast<std::size_t>(got));
    } else if (got == 0 || !wait_for(client.fd)) {
      return false;
    }
  }
  client.path = head.substr(4, head.find(' ', 4) - 4);
  const std::string name = "Authorization: ";
  if (const std::size_t at = head.find(name); at != std::string::npos) {
    client.authorization = head.substr(at + name.size(), head.find("\r\n", at) - at - name.size());
  }
  const std::string nonce = "Sentinel-Nonce: ";
  if (const std::size_t at = head.find(nonce); at != std::string::npos)
    client.nonce = head.substr(at + nonce.size(), ipc::kNonceLength);
  return true;
}

// Keys of the attacker's own, in a form that nobody can tell from the broker's but by its MAC.
void answer_with_own_keys(int client, const std::string& header) {
  const std::string body =
      R"({"AccessKeyId":"ASIAATTACKERSOWN0000","SecretAccessKey":"attackers/own","Token":"attackers","Expiration":"2099-01-01T00:00:00Z"})";
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + header +
                             "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
  (void)::sendto(client, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
}

bool forge(const Client& client) {
  const std::string mac(ipc::kAnswerMacLength, '0');
  if (g_behaviour == "own-keys") return answer_with_own_keys(client.fd, ""), true;
  if (g_behaviour == "own-keys-and-mac")
    return answer_with_own_keys(client.fd, "Sentinel-Answer-Mac: " + mac + "\r\n"), true;
  return false;
}

void treat(Client& client) {
  if (forge(client)) return;
  if (g_behaviour == "own-keys-first") answer_with_own_keys(client.fd, "");  // and the broker's own answer behind them
  // Of a nonce that was answered before, or of none, the broker makes an answer that is true and old.
  if (g_behaviour == "another-nonce") client.nonce = std::string(ipc::kNonceLength, '0');
  if (g_behaviour == "no-nonce") client.nonce.clear();
  // Of the client's own, named where it named none: of several it could be another.
  const std::string_view profile = g_behaviour == "another-profile" ? "ledger-prod" : "";
  const std::string prefix = "/attack/";
  if (client.path.starts_with(prefix)) {
    attack(client, client.path.substr(prefix.size()));
  } else if (serve(client.fd, client.authorization, client.nonce, profile)) {
    (void)await_done();
  }
}

[[noreturn]] void serve_clients() {
  while (true) {
    ipc::Packet packet;
    const auto arrival = g_control.receive(packet);
    if (!arrival || *arrival == ipc::Arrival::PeerGone) leave(0);
    Client client;
    client.fd = ::accept4(g_listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client.fd < 0) {
      (void)wait_for(g_listener.get(), g_control.fd());
      continue;
    }
    if (read_request(client)) treat(client);
    if (g_kept.empty() || g_kept.back() != client.fd) ::close(client.fd);
  }
}

// ---- the beginning
// ---------------------------------------------------------------------------------------------------

// A filter that the supervisor sees, and that forbids nothing.
void pretend_sandbox() {
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  (void)::seccomp_load(filter);
  ::seccomp_release(filter);
}

void lock_down(const std::string& behaviour) {
  if (behaviour == "unlocked") return;
  if (behaviour == "unfiltered") return (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (behaviour == "lax") return pretend_sandbox();
  (void)frontend::isolate();
  if (!frontend::enter_sandbox()) leave(12);
}

void report(const std::string& behaviour) {
  ipc::FrontendLockedDown message;
  message.protocol = behaviour == "other-build" ? 1 : ipc::kProtocolHash;
  if (behaviour.starts_with("says-"))
    (void)send_packet(g_control.fd(), bad_packet(behaviour.substr(5), ""), g_control.fd());
  (void)g_control.send(message, behaviour == "adds-descriptor" ? g_control.fd() : -1);
  if (behaviour == "says-it-twice") (void)g_control.send(message);
}

void receive_listener() {
  while (!g_listener || !g_broker.open()) {
    ipc::Packet packet;
    const auto arrival = g_control.receive(packet);
    if (!arrival || *arrival == ipc::Arrival::PeerGone) leave(0);
    if (*arrival == ipc::Arrival::Nothing) {
      (void)wait_for(g_control.fd());
    } else if (packet.id == ipc::Listener::kId) {
      g_listener = std::move(packet.descriptor);
    } else {
      const auto broker = ipc::open_packet<ipc::BrokerChannel>(packet);
      g_broker = ipc::Channel(std::move(packet.descriptor), ipc::Side::Frontend, ipc::Side::Broker);
      g_broker.only_from(static_cast<pid_t>(broker.value().pid));
      g_broker.gate().enter_serving();
    }
  }
}

int run() {
  if (!ipc::become_unreadable()) leave(12);
  const Beginning beginning = read_beginning();
  g_behaviour = beginning.behaviour;
  auto control = frontend::adopt_control_channel();
  if (!control) leave(10);
  if (beginning.behaviour == "crash") crash();
  g_epoll = ::epoll_create1(EPOLL_CLOEXEC);
  g_baits = make_baits(beginning.target);
  if (!frontend::settle_descriptors()) leave(11);
  lock_down(beginning.behaviour);
  g_control = ipc::Channel(std::move(*control), ipc::Side::Frontend, ipc::Side::Supervisor);
  if (!g_control.only_from_maker()) leave(10);
  report(beginning.behaviour);
  receive_listener();
  // The connection that we made to the run's own listener before lock-down is the first in its queue.
  if (const auto end = g_baits.find("client-end"); end != g_baits.end()) {
    g_baits["own-connection"] = {::accept4(g_listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK),
                                 end->second.read};
  }
  serve_clients();
}

}  // namespace
}  // namespace hostile

int main() { return hostile::run(); }
