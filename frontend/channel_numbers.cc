#include "channel_numbers.h"

#include <fcntl.h>
#include <unistd.h>

namespace frontend {

ipc::Status keep_broker_descriptor() {
  if (::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, kBrokerDescriptor) != kBrokerDescriptor)
    return ipc::fail(ipc::Fault::kSystem, "descriptor " + std::to_string(kBrokerDescriptor) + " is taken");
  return {};
}

ipc::Status settle_descriptors() {
  for (int fd = 0; fd < kFirstClosable;) {
    fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return ipc::system_error("filling the low descriptors");
    if (fd >= kFirstClosable) ::close(fd);
  }
  if (::close(kBrokerDescriptor) != 0) return ipc::system_error("freeing the broker's descriptor");
  return {};
}

}  // namespace frontend
