// An error that came without a next step gets one: nobody is left with a problem and no way on.
//
// Runs in: broker and its tools.   Blocks: never.   Owns: nothing.
#pragma once

#include <string_view>

#include "ipc/result.h"

namespace broker {

// What the error already advises stands.
[[nodiscard]] inline ipc::Error advised(ipc::Error error, std::string_view advice) {
  if (error.next_step.empty()) error.next_step = advice;
  return error;
}

}  // namespace broker
