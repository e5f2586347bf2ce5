#include "ipc/result.h"

#include <cstring>

namespace ipc {

std::unexpected<Error> system_error(std::string_view what, std::string_view next_step) {
  const int saved = errno;
  std::string text(what);
  text += ": ";
  text += strerrordesc_np(saved) ? strerrordesc_np(saved) : "unknown error";
  return std::unexpected(Error{Fault::kSystem, std::move(text), std::string(next_step), saved});
}

std::string said(const Error& error) {
  if (error.what.find_first_not_of(" \t\r\n") != std::string::npos) return error.what;
  switch (error.fault) {
    case Fault::kRefused:
      return "refused, and no reason was given";
    case Fault::kUnavailable:
      return "not possible now, and no reason was given";
    default:
      return "it failed, and no reason was given";
  }
}

}  // namespace ipc
