#include "ipc/process/descriptors.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

namespace ipc {
namespace {

// Closed only once all are known: what is closed while the list is read may move others in it.
bool close_listed(int first, int last) {
  DIR* const list = ::opendir("/proc/self/fd");
  if (list == nullptr) return false;
  std::vector<int> numbers;
  for (const dirent* entry = ::readdir(list); entry != nullptr; entry = ::readdir(list)) {
    char* end = nullptr;
    const long number = std::strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || number < first || number > last || number == ::dirfd(list)) continue;
    numbers.push_back(static_cast<int>(number));
  }
  ::closedir(list);
  for (const int number : numbers) ::close(number);
  return true;
}

}  // namespace

bool close_descriptors(int first, int last) {
  if (::syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0U) == 0) return true;
  return (errno == ENOSYS || errno == EPERM) && close_listed(first, last);
}

}  // namespace ipc
