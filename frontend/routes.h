// The paths that are served, as data; see routes.def.
//
// Runs in: frontend.   Blocks: never.
#pragma once

#include <string_view>

#include "ipc/messages.h"

namespace frontend {

struct Route {
  std::string_view path, method;
  ipc::U16 message;  // what the broker is sent
  bool status;       // of which this is a member
  std::string_view why;
};

#define ROUTE(path, method, message, status, why) Route{path, method, ipc::message::kId, status, why},
inline constexpr Route kRoutes[] = {
#include "routes.def"
};
#undef ROUTE

// The route of exactly this path (no query, no trailing slash, no escapes), or nullptr.
constexpr const Route* find_route(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.path == path) return &route;
  }
  return nullptr;
}

}  // namespace frontend
