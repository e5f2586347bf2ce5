#include "principals/account.h"

#include <fstream>

namespace broker {

uid_t host_overflow_uid() {
  std::ifstream file("/proc/sys/kernel/overflowuid");
  uid_t uid = kOverflowUid;
  return file >> uid ? uid : kOverflowUid;
}

}  // namespace broker
