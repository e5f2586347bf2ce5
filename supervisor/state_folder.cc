#include "state_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <initializer_list>

namespace supervisor {
namespace {

ipc::Result<std::string> make_folders(std::string_view base, std::initializer_list<std::string_view> parts,
                                      std::string_view next_step) {
  std::string path(base);
  for (const std::string_view part : parts) {
    path += "/" + std::string(part);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return ipc::system_error("cannot make the folder " + path, next_step);
  }
  return path;
}

}  // namespace

ipc::Result<std::string> make_state_folder(std::string_view home, std::string_view state_home, std::string_view what,
                                           std::string_view next_step) {
  if (state_home.starts_with('/')) {
    (void)::mkdir(std::string(state_home).c_str(), 0700);  // as the XDG base directory specification wants it
    return make_folders(state_home, {"sentinel"}, next_step);
  }
  if (home.starts_with('/')) return make_folders(home, {".local", "state", "sentinel"}, next_step);
  return ipc::fail(ipc::Fault::kConfig,
                   "there is no place for " + std::string(what) + ": you have no home folder in the password database",
                   std::string(next_step));
}

}  // namespace supervisor
