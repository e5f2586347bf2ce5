// The moment at which a tool was asked, in whole seconds. A tool ends with its answer, so it needs no clock to be
// handed in (host/clock.h): what a test must choose is an argument of what it tests.
//
// Blocks: never.
#pragma once

#include <chrono>

namespace broker {

inline std::chrono::sys_seconds this_second() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace broker
