#include "device/reader.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "ipc/process/forked_process.h"

namespace broker {
namespace {

// What may not be looked at is there as well: the reader says why it cannot be used.
bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

}  // namespace

ipc::Result<PostureReader> PostureReader::start(const PosturePlaces& places) {
  PostureReader reader;
  if (!is_there(places.file) && !is_there(places.program)) return reader;
  auto forked = ipc::fork_process("the process that reads the device's posture",
                                  [&](ipc::UniqueFd socket) { run_posture_reader(std::move(socket), places); });
  if (!forked) return std::unexpected(forked.error());
  reader.fd_ = std::move(forked->socket);
  reader.pid_ = forked->pid;
  return reader;
}

bool PostureReader::ask() {
  constexpr char kQuestion = '?';
  ssize_t sent;
  do {
    sent = ::send(fd_.get(), &kQuestion, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

PostureReader::Reply PostureReader::take(ipc::Result<std::string>& answer) {
  std::string packet(1 + kMaxPostureBytes, '\0');
  const ssize_t got = ::recv(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Reply::kNotYet;
  if (got <= 0 || static_cast<std::size_t>(got) > packet.size()) return Reply::kGone;
  packet.resize(static_cast<std::size_t>(got));
  const bool is_text = packet[0] == static_cast<char>(PostureAnswer::kText);
  packet.erase(0, 1);
  if (is_text) {
    answer = std::move(packet);
  } else {
    answer = ipc::fail(ipc::Fault::kConfig, std::move(packet));
  }
  return Reply::kHere;
}

}  // namespace broker
