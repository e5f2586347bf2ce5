#include "sources/sign_in/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "ipc/secret.h"
#include "text/ascii.h"

namespace broker {

using ipc::Fault;

namespace {

// A second lock, far behind any content, of one byte: flock(2) says that somebody is at it, this one that it is a
// person. The two kinds of lock know nothing of one another.
struct flock login_mark(short type) {
  struct flock mark {};
  mark.l_type = type;
  mark.l_whence = SEEK_SET;
  mark.l_start = off_t{1} << 40;
  mark.l_len = 1;
  return mark;
}

std::unexpected<ipc::Error> too_large() {
  return ipc::fail(Fault::kProtocol, "is larger than 64 KiB", "remove it; the next login makes it anew");
}

}  // namespace

bool holds_no_sign_in(std::string_view text) { return text.empty() || trimmed(text) == kNoSignIn; }

SignInFile& SignInFile::operator=(SignInFile&& other) noexcept {
  if (this == &other) return *this;
  unlock();
  file_ = std::move(other.file_);
  locked_ = std::exchange(other.locked_, false);
  return *this;
}

ipc::Result<WipedBytes> SignInFile::read() const {
  WipedBytes text;
  std::array<char, 4096> piece;
  ipc::Status status;
  while (text.view().size() <= kMaxBytes) {
    const ssize_t got = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(text.view().size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = ipc::system_error("cannot be read");
    if (got <= 0) break;
    text.append({piece.data(), static_cast<std::size_t>(got)});
  }
  ipc::wipe(piece.data(), piece.size());
  if (!status) return std::unexpected(status.error());
  if (text.view().size() > kMaxBytes) return too_large();
  return text;
}

// Filled up with blanks to the length that it had, which JSON allows: the broker may cut no file, or it could cut its
// log. So there is no moment either at which the file is empty or half of it is old.
ipc::Status SignInFile::replace(std::string_view text) const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return ipc::system_error("cannot be looked at");
  if (std::max(static_cast<std::size_t>(status.st_size), text.size()) > kMaxBytes) return too_large();
  std::string whole(text);
  whole.resize(std::max(static_cast<std::size_t>(status.st_size), text.size()), ' ');
  ssize_t put = 0;
  do {
    put = ::pwrite(file_.get(), whole.data(), whole.size(), 0);
  } while (put < 0 && errno == EINTR);
  ipc::wipe(whole.data(), whole.size());
  if (put < 0) return ipc::system_error("cannot be written");
  if (static_cast<std::size_t>(put) != whole.size())
    return ipc::fail(Fault::kSystem, "was written in part: the disk is full");
  if (::fdatasync(file_.get()) != 0) return ipc::system_error("cannot be put on the disk");
  return {};
}

bool SignInFile::nameless() const {
  struct stat status {};
  return ::fstat(file_.get(), &status) != 0 || status.st_nlink == 0;
}

ipc::Result<bool> SignInFile::try_lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return locked_ = true;
  if (errno == EWOULDBLOCK || errno == EINTR) return false;
  return ipc::system_error("cannot be locked");
}

void SignInFile::say_login_is_shown() const {
  struct flock mark = login_mark(F_WRLCK);
  (void)::fcntl(file_.get(), F_OFD_SETLK, &mark);  // without it others try for themselves
}

bool SignInFile::another_shows_login() const {
  struct flock mark = login_mark(F_WRLCK);
  return ::fcntl(file_.get(), F_OFD_GETLK, &mark) == 0 && mark.l_type != F_UNLCK;
}

// Said and not left to close(2): the supervisor opened the file, and may have its copy of the descriptor still.
void SignInFile::unlock() {
  if (!locked_ || !file_) return;
  locked_ = false;
  struct flock mark = login_mark(F_UNLCK);
  (void)::fcntl(file_.get(), F_OFD_SETLK, &mark);
  (void)::flock(file_.get(), LOCK_UN);
}

}  // namespace broker
