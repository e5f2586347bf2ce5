#include "profile/absolute_path.h"

#include <climits>

#include "profile/files.h"

namespace broker {

ipc::Result<std::string> absolute_path(std::string_view path, std::string_view home, std::string_view place) {
  if (path.size() >= PATH_MAX) return refuse_at(place, "the value is longer than any path", "give an absolute path");
  if (path.starts_with("~/")) {
    if (home.empty()) return refuse_at(place, "'~' needs a home folder", "give an absolute path");
    return std::string(home) + std::string(path.substr(1));
  }
  if (path.starts_with('/')) return std::string(path);
  return refuse_at(place, "'" + std::string(path) + "' is not an absolute path", "give an absolute path");
}

}  // namespace broker
