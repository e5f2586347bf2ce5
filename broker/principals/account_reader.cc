#include "principals/account_reader.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>

#include "ipc/process/forked_process.h"

namespace broker {
namespace {

constexpr std::chrono::seconds kStartDeadline{5};

// The first answer is to no question: the reader is locked down.
bool is_ready(AccountReader& reader) {
  pollfd readable{reader.fd(), POLLIN, 0};
  AccountAnswer hello;
  return ::poll(&readable, 1, static_cast<int>(std::chrono::milliseconds(kStartDeadline).count())) == 1 &&
         reader.take(hello) == AccountReader::Reply::kHere && hello.uid == kNoUid;
}

}  // namespace

ipc::Result<AccountReader> AccountReader::start(std::chrono::milliseconds deadline) {
  auto forked = ipc::fork_process("the process that asks the user database",
                                  [=](ipc::UniqueFd socket) { run_account_reader(std::move(socket), deadline); });
  if (!forked) return std::unexpected(forked.error());
  AccountReader reader(std::move(forked->socket), forked->pid);
  if (is_ready(reader)) return reader;
  reader.fd_.reset();
  ::waitpid(reader.pid(), nullptr, 0);  // it has ended, or ends with its socket
  return ipc::fail(ipc::Fault::kSystem, "the process that asks the user database could not be locked down");
}

bool AccountReader::ask(uid_t uid) {
  const std::string question = write_account_question(uid);
  ssize_t sent;
  do {
    sent = ::send(fd_.get(), question.data(), question.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(question.size());
}

AccountReader::Reply AccountReader::take(AccountAnswer& answer) {
  std::string packet(kMostAnswerBytes, '\0');
  const ssize_t got = ::recv(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Reply::kNotYet;
  if (got <= 0 || static_cast<std::size_t>(got) > packet.size()) return Reply::kGone;
  packet.resize(static_cast<std::size_t>(got));
  auto read = read_account_answer(packet);
  if (!read) return Reply::kGone;
  answer = std::move(*read);
  return Reply::kHere;
}

}  // namespace broker
