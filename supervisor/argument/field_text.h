// The text of an option on its way into a field of the task.
//
// Runs in: supervisor.   Blocks: never.   Fails: kUsage, with the option and the number of bytes that fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

// A value that the protocol table cannot carry whole is refused rather than cut.
template <std::size_t N>
ipc::Status take_text(std::string_view option, const std::string& value, ipc::Text<N>& field) {
  if (field.assign(value)) return {};
  return ipc::fail(ipc::Fault::kUsage, "--" + std::string(option) + " is longer than " + std::to_string(N) + " bytes",
                   "shorten it");
}

}  // namespace supervisor
