#include "profile/absolute_path.h"

#include <algorithm>
#include <climits>

#include "profile/files.h"

namespace broker {

ipc::Result<std::string> absolute_path(std::string_view path, std::string_view home, std::string_view place) {
  if (path.size() >= PATH_MAX) return refuse_at(place, "the value is longer than any path", "give an absolute path");
  // Such a file is most often not there, and no file is as good as an empty one.
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (path.ends_with('\n') || path.ends_with('\r'))
    return refuse_at(place, "the path ends with a line break; CI secrets often do", "set it to the path alone");
  if (std::ranges::any_of(path, is_control))
    return refuse_at(place, "the path has a control character in it", "set it to the path alone");
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
