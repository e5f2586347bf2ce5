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

}  // namespace ipc
