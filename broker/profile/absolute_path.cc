#include "profile/absolute_path.h"

#include "profile/files.h"

namespace broker {

ipc::Result<std::string> absolute_path(std::string_view path, std::string_view home, std::string_view place) {
  if (path.starts_with("~/")) {
    if (home.empty())
      return refuse_at(place,
                       "'~' needs a home folder: HOME is no absolute path, and the password database has none for you",
                       "set HOME, or give an absolute path");
    return std::string(home) + std::string(path.substr(1));
  }
  if (path.starts_with('/')) return std::string(path);
  return refuse_at(place, "'" + std::string(path) + "' is not an absolute path", "give an absolute path");
}

}  // namespace broker
