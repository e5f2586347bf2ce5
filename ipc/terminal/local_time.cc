#include "ipc/terminal/local_time.h"

#include <array>
#include <ctime>

namespace ipc {

std::string local_time(std::chrono::sys_seconds moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  std::array<char, 64> text;
  ::tzset();
  if (!::localtime_r(&seconds, &parts)) return "?";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %Z", &parts)};
}

}  // namespace ipc
