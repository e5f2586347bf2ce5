// Another /etc for this process and its children, in a mount namespace of its own, with databases of the test's. A
// whole folder: other tests make users in the host's meanwhile, and a file that is replaced loses what is mounted on
// it. Needs root.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace broker::testing {

class OwnEtc {
 public:
  OwnEtc() {
    char name[] = "/tmp/sentinel_own_etc_XXXXXX";
    folder_ = ::mkdtemp(name);
    ::chmod(folder_.c_str(), 0755);
    put("nsswitch.conf", "passwd: files\ngroup: files\n");
    put("passwd", "root:x:0:0::/:/bin/sh\n");
    put("group", "root:x:0:\n");
    works_ = ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0 &&
             ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount(folder_.c_str(), "/etc", nullptr, MS_BIND, nullptr) == 0;
  }
  OwnEtc(const OwnEtc&) = delete;
  OwnEtc& operator=(const OwnEtc&) = delete;
  ~OwnEtc() {
    if (works_) ::umount2("/etc", MNT_DETACH);
    std::filesystem::remove_all(folder_);
    std::filesystem::remove_all(folder_ + ".elsewhere");
  }
  [[nodiscard]] bool works() const { return works_; }

  // In the place of an older one, as useradd does it.
  void put(const std::string& name, const std::string& text) {
    std::ofstream(path("new")) << text;
    ::chmod(path("new").c_str(), 0644);
    ASSERT_EQ(::rename(path("new").c_str(), path(name).c_str()), 0);
  }
  // Who opens it to read waits, as for a server that does not answer.
  void put_what_hangs(const std::string& name) {
    ASSERT_EQ(::mkfifo(path("new").c_str(), 0644), 0);
    ASSERT_EQ(::rename(path("new").c_str(), path(name).c_str()), 0);
  }
  // A link to a file that everyone may read, and that lies outside of /etc.
  void put_elsewhere(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + ".elsewhere") << text;
    ::chmod((folder_ + ".elsewhere").c_str(), 0644);
    ASSERT_EQ(::symlink((folder_ + ".elsewhere").c_str(), path("new").c_str()), 0);
    ASSERT_EQ(::rename(path("new").c_str(), path(name).c_str()), 0);
  }

 private:
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  bool works_ = false;
  std::string folder_;
};

}  // namespace broker::testing
