// The paths that are served, as data; see routes.def.
//
// Runs in: frontend.   Blocks: never.
#pragma once

#include <string_view>

#include "ipc/messages.h"

namespace frontend {

struct Route {
  std::string_view path, method;
  ipc::U16 message;    // what the broker is sent
  bool status;         // of which this is a member
  bool names_profile;  // the path goes on with a profile's name
  std::string_view why;
};

#define ROUTE(path, method, message, status, why) Route{path, method, ipc::message::kId, status, false, why},
#define PROFILE_ROUTE(path, method, message, status, why) Route{path, method, ipc::message::kId, status, true, why},
inline constexpr Route kRoutes[] = {
#include "routes.def"
};
#undef ROUTE
#undef PROFILE_ROUTE

// The route of exactly this path (no query, no trailing slash, no escapes), or the one whose profile's name is all that
// follows; else nullptr. Whether that is a name is not looked at.
constexpr const Route* find_route(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.path == path ? !route.names_profile : route.names_profile && path.starts_with(route.path)) return &route;
  }
  return nullptr;
}

}  // namespace frontend
