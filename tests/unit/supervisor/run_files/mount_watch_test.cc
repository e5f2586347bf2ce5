#include "run_files/mount_watch.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

namespace supervisor {
namespace {

TEST(MountWatch, WhatLiesAtAboveAndBelowAPathDecidesWhatIsThere) {
  const std::string table =
      "21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
      "30 21 0:26 / /run/user/1000 rw shared:9 - tmpfs tmpfs rw\n"
      "31 30 0:40 / /run/user/1000/sentinel-AbCdEf rw - fuse evil rw\n"
      "32 31 0:41 / /run/user/1000/sentinel-AbCdEf/config rw - fuse evil rw\n"
      "33 30 0:42 / /run/user/1000/sentinel-AbCdEfg rw - fuse other rw\n"
      "34 30 0:43 / /run/user/1000/doc rw - fuse portal rw\n"
      "35 21 0:44 / /home/a\\040b rw - tmpfs none rw\n";
  EXPECT_EQ(mounts_over(table, {"/run/user/1000/sentinel-AbCdEf"}),
            (std::set<std::string>{"21 /", "30 /run/user/1000", "31 /run/user/1000/sentinel-AbCdEf",
                                   "32 /run/user/1000/sentinel-AbCdEf/config"}));
  EXPECT_EQ(mounts_over(table, {"/home/a b/.local"}), (std::set<std::string>{"21 /", "35 /home/a b"}));
  EXPECT_EQ(mounts_over("", {"/"}), std::set<std::string>());
}

TEST(MountWatch, TellsWhatIsMountedFromThenOnOnce) {
  MountWatch watch;
  EXPECT_EQ(watch.look(), std::nullopt);
  std::string folder = "/tmp/mount-watch-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  watch.begin({folder + "/config"});
  EXPECT_GE(watch.fd(), 0);
  watch.changed();
  EXPECT_EQ(watch.look(), std::nullopt) << "what was there before is no news";
  const bool mounted = ::mount("none", folder.c_str(), "tmpfs", 0, nullptr) == 0;
  const auto told = watch.look(), again = watch.look();
  if (mounted) ::umount2(folder.c_str(), MNT_DETACH);
  ::rmdir(folder.c_str());
  if (!mounted) GTEST_SKIP() << "nothing can be mounted here";
  EXPECT_EQ(told, folder);
  EXPECT_EQ(again, std::nullopt);
  EXPECT_EQ(watch.look(), std::nullopt) << "what was unmounted is under it again";
}

}  // namespace
}  // namespace supervisor
