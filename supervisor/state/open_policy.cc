#include "state/open_policy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::size_t kLongestPolicy = std::size_t{256} * 1024;  // as of a policy's file
constexpr char kNameAFile[] = "name a file with --policy-file, or write <(command)";

// The number in /dev/fd/63 and /proc/self/fd/63; -1: it is no such name.
int descriptor_in(std::string_view path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    const std::string_view digits = path.substr(folder.size());
    int number = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
  }
  return -1;
}

ipc::Result<std::string> read_text(int fd, const std::string& path) {
  std::string text(kLongestPolicy + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ipc::system_error("cannot read the policy " + path, kNameAFile);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  if (size <= kLongestPolicy) return text;
  return ipc::fail(Fault::kConfig, "the policy " + path + " is longer than 256 KiB", kNameAFile);
}

// What the broker gets cannot be changed behind its back, by none of those who hold it.
ipc::Result<ipc::UniqueFd> sealed(const std::string& text) {
  ipc::UniqueFd memory(::memfd_create("sentinel-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory || ::write(memory.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
    return ipc::system_error("cannot keep the policy in memory");
  }
  return memory;
}

}  // namespace

ipc::Result<ipc::UniqueFd> read_open_policy(const std::string& path) {
  const int number = descriptor_in(path);
  if (number < 0) return ipc::UniqueFd();
  // The descriptor itself: to open its name again asks for rights that who handed it over need not have given.
  const ipc::UniqueFd fd(::fcntl(number, F_DUPFD_CLOEXEC, 3));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return ipc::system_error("cannot open the policy " + path, kNameAFile);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
    return ipc::fail(Fault::kConfig, "the policy " + path + " is neither a file nor a pipe", kNameAFile);
  const ipc::Result<std::string> text = read_text(fd.get(), path);
  if (!text) return std::unexpected(text.error());
  return sealed(*text);
}

}  // namespace supervisor
