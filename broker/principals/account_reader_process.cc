// The reader's side: closes everything, gives up what it can, hands each question to a lookup, until the broker has
// gone.
//
// Runs in: account reader, forked from the broker before any secret was read; and, after its fork, account lookup.
// Blocks: on its sockets; a lookup on the databases.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "ipc/process/forked_process.h"
#include "ipc/process/lockdown.h"
#include "principals/account_lookup.h"
#include "principals/account_reader.h"

namespace broker {
namespace {

using ipc::Fault;
using Steady = std::chrono::steady_clock;

#define REFUSE SENTINEL_REFUSE
constexpr ipc::SyscallRule kRefused[] = {
#include "principals/account_syscalls.def"
};
#undef REFUSE
static_assert(ipc::every_rule_has_a_reason(kRefused));

constexpr int kSocket = 3;  // behind /dev/null as 0, 1 and 2; everything above it closed
constexpr std::chrono::milliseconds kReapAgain{20};

constexpr ipc::ResourceLimit kLimits[] = {
    {RLIMIT_CORE, 0, "nothing of the broker's start may end in a file"},
    {RLIMIT_FSIZE, 0, "it writes no file"},
    {RLIMIT_NOFILE, 64, "sockets, and the files of a database"},
};

// Where libraries, their settings and their databases lie. Folders: a file that is replaced, as useradd replaces
// /etc/passwd, would not be readable again.
const ipc::ReadablePath kReadable[] = {
    {"/etc"},
    {"/usr"},
    {"/lib"},
    {"/lib64"},
    {"/dev/urandom"},
    {"/run/systemd/userdb"},
    {"/run/systemd/resolve"},  // resolv.conf, for a server that has a name
    {"/run/NetworkManager"},
    {"/run/resolvconf"},
    {"/var/lib/sss"},
    {"/var/lib/extrausers"},
    {"/var/lib/misc"},  // nss_db
    {"/var/db"},
    {"/var/yp"},
};

ipc::Status lock_down_reader() {
  ipc::LockdownSpec spec{};
  spec.rules = kRefused;
  spec.default_action = SCMP_ACT_ALLOW;
  spec.readable = kReadable;
  spec.may_connect_tcp = true;
  spec.limits = kLimits;
  const ipc::Result<std::string> done = ipc::lock_down(spec);
  if (!done) return std::unexpected(done.error());
  return {};
}

bool send_packet(const std::string& packet) {
  return ::send(kSocket, packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size());
}

bool send_why_not(uid_t uid, std::string why) {
  return send_packet(write_account_answer(uid, ipc::fail(Fault::kUnavailable, std::move(why))));
}

// ---- a lookup

// The broker's socket goes as its own takes the number. The reader kills it, and the kernel does so when the reader was
// killed itself.
[[noreturn]] void run_lookup(ipc::UniqueFd socket, uid_t uid, pid_t reader) {
  ::prctl(PR_SET_NAME, "sentinel-look", 0, 0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || ::getppid() != reader) ::_exit(1);
  if (::dup3(socket.get(), kSocket, O_CLOEXEC) != kSocket) ::_exit(1);
  socket.reset();
  ::_exit(send_packet(write_account_answer(uid, look_up_account(uid))) ? 0 : 1);
}

struct Running {
  ipc::UniqueFd socket;  // none: answered, and not yet reaped
  pid_t pid = 0;
  uid_t uid = 0;
  Steady::time_point end;
};

// ---- the reader

class Reader {
 public:
  explicit Reader(std::chrono::milliseconds deadline) : deadline_(deadline) {}
  void run() {
    while (wait() && take_question() && take_answers()) {
      end_late();
      reap();
    }
    for (const Running& each : running_) ::kill(each.pid, SIGKILL);
  }

 private:
  // The broker's socket first, then each lookup's. False where the system gives no more.
  bool wait() {
    fds_.assign(1, {kSocket, POLLIN, 0});
    for (const Running& each : running_) fds_.push_back({each.socket.get(), POLLIN, 0});  // -1 is passed over
    const int ready = ::poll(fds_.data(), fds_.size(), milliseconds_to_sleep());
    if (ready < 0) fds_.assign(fds_.size(), {-1, 0, 0});
    return ready >= 0 || errno == EINTR;
  }

  int milliseconds_to_sleep() const {
    std::chrono::milliseconds sleep{-1};
    for (const Running& each : running_) {
      const auto left =
          each.socket ? std::chrono::ceil<std::chrono::milliseconds>(each.end - Steady::now()) : kReapAgain;
      if (sleep.count() < 0 || left < sleep) sleep = std::max(left, std::chrono::milliseconds(0));
    }
    return static_cast<int>(sleep.count());
  }

  // False where the broker has gone, or says what it never says.
  bool take_question() {
    if (fds_[0].revents == 0) return true;
    char packet[kQuestionBytes + 1];
    const ssize_t got = ::recv(kSocket, packet, sizeof packet, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    const auto uid = read_account_question({packet, static_cast<std::size_t>(got)});
    return uid && begin(*uid);
  }

  bool begin(uid_t uid) {
    if (running_.size() >= AccountReader::kMostLookups)
      return send_why_not(uid, "the user database has left too many questions without an answer");
    const pid_t reader = ::getpid();
    auto forked = ipc::fork_process("a lookup in the user database", [&](ipc::UniqueFd socket) {
      running_.clear();  // the sockets of the others
      run_lookup(std::move(socket), uid, reader);
    });
    if (!forked) return send_why_not(uid, forked.error().what);
    running_.push_back({std::move(forked->socket), forked->pid, uid, Steady::now() + deadline_});
    return true;
  }

  bool take_answers() {
    for (std::size_t i = 1; i < fds_.size(); ++i) {
      if (fds_[i].revents != 0 && !pass_on(running_[i - 1])) return false;
    }
    return true;
  }

  // As it came, if it is what a lookup of ours writes about this very uid.
  bool pass_on(Running& lookup) {
    std::string packet(kMostAnswerBytes, '\0');
    const ssize_t got = ::recv(lookup.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    packet.resize(static_cast<std::size_t>(std::clamp<ssize_t>(got, 0, kMostAnswerBytes)));
    const auto answer = read_account_answer(packet);
    finish(lookup);
    if (answer && answer->uid == lookup.uid && got == static_cast<ssize_t>(packet.size())) return send_packet(packet);
    return send_why_not(lookup.uid, "the lookup ended before it had an answer");
  }

  void end_late() {
    for (Running& each : running_) {
      if (!each.socket || Steady::now() < each.end) continue;
      finish(each);
      (void)send_why_not(each.uid, "the user database did not answer in time");
    }
  }

  // One that waits for a disk or a network file system may outlive its signal; it keeps its place until it ends.
  static void finish(Running& lookup) {
    ::kill(lookup.pid, SIGKILL);
    lookup.socket.reset();
  }

  void reap() {
    std::erase_if(running_,
                  [](const Running& each) { return !each.socket && ::waitpid(each.pid, nullptr, WNOHANG) != 0; });
  }

  std::chrono::milliseconds deadline_;
  std::vector<Running> running_;
  std::vector<pollfd> fds_;
};

}  // namespace

void run_account_reader(ipc::UniqueFd socket, std::chrono::milliseconds deadline) {
  ::signal(SIGCHLD, SIG_DFL);
  const ipc::KeptDescriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};  // as what libraries print on
  const ipc::KeptDescriptor kept[] = {nothing, nothing, nothing, {socket.release()}};
  if (!ipc::begin_forked_process("sentinel-acct", kept) || ::clearenv() != 0 || ::chdir("/") != 0) ::_exit(1);
  if (!lock_down_reader() || !send_packet(write_account_answer(kNoUid, Account{kNoUid}))) ::_exit(1);
  Reader(deadline).run();
  ::_exit(0);
}

}  // namespace broker
