#include "caller/witness.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "ipc/process/forked_process.h"
#include "ipc/process/own_status.h"

namespace broker {
namespace {

constexpr std::chrono::seconds kStartDeadline{5};

// The first answer is to no question: the witness is locked down.
ipc::Status wait_until_ready(int fd) {
  pollfd readable{fd, POLLIN, 0};
  WitnessAnswer hello;
  const int ready = ::poll(&readable, 1, static_cast<int>(std::chrono::milliseconds(kStartDeadline).count()));
  if (ready != 1 || ::recv(fd, &hello, sizeof hello, MSG_DONTWAIT) != sizeof hello || hello.ticket != 0) {
    return ipc::fail(ipc::Fault::kSystem, "the process that looks into /proc for the broker could not be locked down");
  }
  return {};
}

}  // namespace

ipc::Result<Witness> Witness::start() {
  auto forked = ipc::fork_process("the process that looks into /proc", run_witness);
  if (!forked) return std::unexpected(forked.error());
  ipc::UniqueFd status = ipc::take_descriptor(forked->socket.get());
  if (ipc::Status ready = wait_until_ready(forked->socket.get()); !ready) {
    forked->socket.reset();
    ::waitpid(forked->pid, nullptr, 0);  // it has ended, or ends with its socket
    return std::unexpected(ready.error());
  }
  return Witness(std::move(forked->socket), std::move(status), forked->pid);
}

bool Witness::gone() {
  WitnessAnswer unwanted;
  while (!gone_ && wanted_.empty() && receive(unwanted) == Reply::kHere) {
  }
  return gone_;
}

Witness::Ticket Witness::ask(WitnessQuestion& question) {
  if (gone_) return 0;
  question.ticket = ++last_ticket_ != 0 ? last_ticket_ : ++last_ticket_;
  ssize_t sent;
  do {
    sent = ::send(fd_.get(), &question, sizeof question, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent != sizeof question) {
    if (errno != EAGAIN) gone_ = true;
    return 0;
  }
  wanted_.push_back(question.ticket);
  return question.ticket;
}

Witness::Ticket Witness::ask_holder(std::uint64_t inode, pid_t root, std::span<const pid_t> left_out) {
  WitnessQuestion question;
  question.task = WitnessTask::kHolder;
  question.inode = inode;
  question.root = root;
  const std::size_t count = std::min(left_out.size(), std::size(question.left_out));
  std::copy_n(left_out.begin(), count, question.left_out);
  return ask(question);
}

Witness::Ticket Witness::ask_executable(pid_t pid) {
  WitnessQuestion question;
  question.task = WitnessTask::kExecutable;
  question.pid = pid;
  return ask(question);
}

// One packet. What no witness of ours writes ends it: it was taken over, or is another program.
Witness::Reply Witness::receive(WitnessAnswer& answer) {
  const ssize_t got = ::recv(fd_.get(), &answer, sizeof answer, MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Reply::kNotYet;
  const bool whole = got == sizeof answer && answer.executable_bytes <= sizeof answer.executable &&
                     answer.comm_bytes <= sizeof answer.comm;
  if (!whole) gone_ = true;
  return whole ? Reply::kHere : Reply::kGone;
}

Witness::Reply Witness::take(Ticket ticket, WitnessAnswer& answer) {
  if (!gone_ && !wanted_.empty() && wanted_.front() != ticket) return Reply::kNotYet;
  Reply reply = gone_ ? Reply::kGone : receive(answer);
  while (reply == Reply::kHere && answer.ticket != ticket) reply = receive(answer);  // to questions that were given up
  if (reply != Reply::kNotYet) std::erase(wanted_, ticket);
  return reply;
}

Witness::Reply Witness::await(Ticket ticket, std::chrono::microseconds budget, WitnessAnswer& answer) {
  const auto end = std::chrono::steady_clock::now() + budget;
  Reply reply = take(ticket, answer);
  while (reply == Reply::kNotYet && wanted_.front() == ticket && std::chrono::steady_clock::now() < end) {
    ::sched_yield();  // the witness may wait for this very core
    reply = take(ticket, answer);
  }
  return reply;
}

void Witness::abandon(Ticket ticket) { std::erase(wanted_, ticket); }

std::string_view executable_of(const WitnessAnswer& answer) {
  return {answer.executable, std::min<std::size_t>(answer.executable_bytes, sizeof answer.executable)};
}

std::string_view comm_of(const WitnessAnswer& answer) {
  return {answer.comm, std::min<std::size_t>(answer.comm_bytes, sizeof answer.comm)};
}

}  // namespace broker
