#include "child/own_cgroup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

bool write_to(const std::string& path, const std::string& text) {
  const ipc::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool is_there(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

// What stands behind "0::" in /proc/self/cgroup; a path that leads out of the namespace is none of ours.
std::string own_path(const std::string& proc) {
  std::ifstream file(proc + "/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/") && line.find("/..") == std::string::npos) return line.substr(3);
  }
  return {};
}

// Where the one hierarchy of cgroup v2 is mounted, and which part of it.
struct Mount {
  std::string root, point;
};
Mount cgroup_mount(const std::string& proc) {
  std::ifstream file(proc + "/mountinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words(line);
    std::string skipped;
    Mount mount;
    words >> skipped >> skipped >> skipped >> mount.root >> mount.point;
    return mount;
  }
  return {};
}

// The folder of our own cgroup; empty where it cannot be seen.
std::string own_folder(const std::string& proc) {
  std::string path = own_path(proc);
  const Mount mount = cgroup_mount(proc);
  if (path.empty() || mount.point.empty()) return {};
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return {};
    path.erase(0, mount.root.size());
  }
  return path == "/" || path.empty() ? mount.point : mount.point + path;
}

// A manager such as systemd wants to be the only one that makes cgroups, but where it says that it is not.
bool is_ours_to_divide(const std::string& folder) {
  char mark = 0;
  if (::getxattr(folder.c_str(), "user.delegate", &mark, 1) == 1) return mark == '1';
  return !is_there("/run/systemd/system");
}

}  // namespace

OwnCgroup OwnCgroup::make(const std::string& proc) {
  const std::string folder = own_folder(proc);
  if (folder.empty() || !is_ours_to_divide(folder)) return {};
  std::string path = folder + "/sentinel-XXXXXX";
  if (!::mkdtemp(path.data())) return {};
  OwnCgroup made(path);
  if (is_there(path + "/cgroup.kill")) return made;
  made.remove();
  return {};
}

bool OwnCgroup::take_in(pid_t pid) {
  if (path_.empty()) return false;
  if (write_to(path_ + "/cgroup.procs", std::to_string(pid))) return true;
  remove();
  path_.clear();
  return false;
}

void OwnCgroup::kill() const {
  if (!path_.empty()) (void)write_to(path_ + "/cgroup.kill", "1");
}

void OwnCgroup::remove() const {
  if (path_.empty()) return;
  std::vector<std::string> folders{path_};
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error) && !it->is_symlink(error)) folders.push_back(it->path());
  }
  for (; !folders.empty(); folders.pop_back()) (void)::rmdir(folders.back().c_str());
}

}  // namespace supervisor
