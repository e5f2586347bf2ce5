// A file is believed only where root and its user alone can have put it there.
#include "ipc/files/trusted_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "ipc/files/search_path.h"
#include "ipc/files/writers.h"

namespace ipc {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kUser = 23456;
constexpr gid_t kOwnGroup = 23456;
constexpr uid_t kOther = 23457;
constexpr gid_t kTheirGroup = 23457;
constexpr Trust kTrust{kUser, kOwnGroup, true};

// As the user, whose rights the product has; back to root at the end.
class AsUser {
 public:
  explicit AsUser(uid_t uid) {
    if (::setegid(uid) != 0 || ::seteuid(uid) != 0) std::abort();
  }
  ~AsUser() {
    if (::seteuid(0) != 0 || ::setegid(0) != 0) std::abort();
  }
};

// A home of the user's below /run, where root alone may write; /tmp is everybody's.
class TrustedPath : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make other users' files: start the tests as root";
    old_mask_ = ::umask(0);
    char name[] = "/run/sentinel-trusted-path-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    ASSERT_EQ(::chmod(name, 0755), 0);
    make_folder("home", kUser, kOwnGroup, 0755);
    make_folder("home/conf", kUser, kOwnGroup, 0755);
    make_file("home/conf/f", kUser, kOwnGroup, 0644);
  }
  void TearDown() override {
    if (folder_.empty()) return;
    std::filesystem::remove_all(folder_);
    ::umask(old_mask_);
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void own(const std::string& name, uid_t uid, gid_t gid, mode_t mode) const {
    ASSERT_EQ(::chown(path(name).c_str(), uid, gid), 0) << name;
    ASSERT_EQ(::chmod(path(name).c_str(), mode), 0) << name;
  }
  void make_folder(const std::string& name, uid_t uid, gid_t gid, mode_t mode) const {
    std::filesystem::create_directory(path(name));
    own(name, uid, gid, mode);
  }
  void make_file(const std::string& name, uid_t uid, gid_t gid, mode_t mode) const {
    std::ofstream(path(name)) << "text";
    own(name, uid, gid, mode);
  }
  void make_link(const std::string& name, const std::string& target, uid_t uid) const {
    std::filesystem::create_symlink(target, path(name));
    ASSERT_EQ(::lchown(path(name).c_str(), uid, uid), 0);
  }

  static Result<TrustedFile> open(const std::string& file, int flags = O_RDONLY, const Trust& trust = kTrust) {
    const AsUser user(trust.uid);
    return open_trusted(file, trust, flags);
  }
  void expect_taken(const std::string& name) const {
    const auto file = open(path(name));
    ASSERT_TRUE(file) << file.error().what;
    char text[8] = {};
    EXPECT_EQ(::read(file->fd.get(), text, sizeof text), 4);
    EXPECT_STREQ(text, "text");
  }
  void expect_refused(const std::string& name, const std::string& what, const std::string& next_step) const {
    const auto file = open(path(name));
    ASSERT_FALSE(file) << name;
    EXPECT_THAT(file.error().what, HasSubstr(what));
    EXPECT_THAT(file.error().next_step, HasSubstr(next_step));
    EXPECT_NE(file.error().sys_errno, ENOENT);
  }
  std::string folder_;
  mode_t old_mask_ = 022;
};

TEST_F(TrustedPath, TheUsersOwnFileIsOpenedAndReadByTheDescriptorThatWasJudged) {
  expect_taken("home/conf/f");
  const auto file = open(path("home/./conf/../conf//f"));
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->path, path("home/conf/f"));
  struct stat now {};
  ASSERT_EQ(::stat(path("home/conf/f").c_str(), &now), 0);
  EXPECT_EQ(file->status.st_ino, now.st_ino);
  EXPECT_NE(::fcntl(file->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(TrustedPath, AFileThatOthersCanWriteIsRefused) {
  for (const mode_t mode : {0646, 0666, 0602, 0777}) {
    own("home/conf/f", kUser, kOwnGroup, mode);
    expect_refused("home/conf/f", path("home/conf/f") + " can be written by others",
                   "chmod go-w " + path("home/conf/f"));
  }
}

TEST_F(TrustedPath, AGroupMayWriteOnlyWhereItIsTheUsersPrivateOne) {
  own("home/conf/f", kUser, kOwnGroup, 0664);
  own("home/conf", kUser, kOwnGroup, 0775);
  own("home", kUser, kOwnGroup, 02775);
  expect_taken("home/conf/f");
  own("home/conf/f", kUser, kTheirGroup, 0664);
  expect_refused("home/conf/f", "by gid 23457, which is not a group of that user alone", "chmod g-w");
  own("home/conf/f", kUser, 0, 0660);  // root's group has members of its own
  expect_refused("home/conf/f", "can be written by others", "chmod g-w");
  own("home/conf/f", kUser, kOwnGroup, 0664);
  EXPECT_FALSE(open(path("home/conf/f"), O_RDONLY, {kUser, std::nullopt, true})) << "no private group";
}

TEST_F(TrustedPath, AFolderThatOthersCanWriteIsRefusedHoweverFarAbove) {
  own("home", kUser, kOwnGroup, 0777);
  expect_refused("home/conf/f", "the folder " + path("home") + " can be written by others",
                 "chmod go-w " + path("home"));
  own("home", kUser, kTheirGroup, 0775);
  expect_refused("home/conf/f", "the folder " + path("home") + " can be written by others",
                 "chmod g-w " + path("home"));
  own("home", kUser, kOwnGroup, 0755);
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);  // root's own, but open to all
  expect_refused("home/conf/f", "the folder " + folder_ + " can be written by others", "chmod go-w " + folder_);
}

TEST_F(TrustedPath, WhatBelongsToAnotherUserIsRefusedHoweverPrivate) {
  own("home/conf/f", kOther, kOwnGroup, 0644);
  expect_refused("home/conf/f", "does not belong to root or uid 23456 but to uid 23457", "chown 23456");
  own("home/conf/f", kUser, kOwnGroup, 0644);
  own("home", kOther, kOther, 0755);
  expect_refused("home/conf/f", "the folder " + path("home") + " does not belong to root or uid 23456", "chown");
}

TEST_F(TrustedPath, ItSaysWhetherTheFileItselfIsAtFault) {
  const auto fault = [this] {
    const AsUser user(kUser);
    const auto file = open_trusted(path("home/conf/f"), kTrust, O_RDONLY);
    return file ? FileFault::None : file.error().file_fault;
  };
  EXPECT_EQ(fault(), FileFault::None);
  own("home/conf/f", kUser, kOwnGroup, 0666);
  EXPECT_EQ(fault(), FileFault::WritableByOthers);
  own("home/conf/f", kOther, kTheirGroup, 0644);
  EXPECT_EQ(fault(), FileFault::NotTheirs);
  own("home/conf", kOther, kTheirGroup, 0755);
  EXPECT_EQ(fault(), FileFault::None) << "the folder's, whatever the file is";
  own("home/conf", kUser, kOwnGroup, 0777);
  EXPECT_EQ(fault(), FileFault::None);
}

TEST_F(TrustedPath, AStickyFolderIsFineForWhatIsOurs) {
  make_folder("tmp", 0, 0, 01777);
  make_file("tmp/mine", kUser, kOwnGroup, 0600);
  make_file("tmp/roots", 0, 0, 0644);
  make_file("tmp/theirs", kOther, kTheirGroup, 0644);
  expect_taken("tmp/mine");
  expect_taken("tmp/roots");
  expect_refused("tmp/theirs", "does not belong to root or uid 23456", "chown");
  make_folder("tmp/theirs.d", kOther, kTheirGroup, 0755);
  make_file("tmp/theirs.d/f", kUser, kOwnGroup, 0600);
  expect_refused("tmp/theirs.d/f", path("tmp/theirs.d") + " does not belong", "chown");
  own("tmp", kOther, kOther, 01777);  // a sticky folder's owner may replace everything in it
  expect_refused("tmp/mine", "the folder " + path("tmp") + " does not belong", "chown");
  EXPECT_FALSE(open(path("tmp"), O_RDONLY | O_DIRECTORY)) << "others may put files there";
}

TEST_F(TrustedPath, WhereRootAloneIsBelievedNoFolderIsShared) {
  make_file("f", 0, 0, 0644);
  EXPECT_TRUE(open(path("f"), O_RDONLY, trust_root()));
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  EXPECT_FALSE(open(path("f"), O_RDONLY, trust_root()));
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_FALSE(open(path("home/conf/f"), O_RDONLY, trust_root()));
}

TEST_F(TrustedPath, ALinkIsJudgedWhereItLiesAndWhereItLeads) {
  make_link("home/link", "conf/f", kUser);
  make_link("home/far", path("home/link"), kUser);
  make_link("home/d", "conf", kUser);
  for (const char* name : {"home/link", "home/far", "home/d/f", "home/d/../conf/f"}) expect_taken(name);
  make_folder("theirs", kOther, kOther, 0755);
  make_file("theirs/f", kUser, kOwnGroup, 0644);
  make_link("home/out", "../theirs/f", kUser);
  expect_refused("home/out", "the folder " + path("theirs") + " does not belong", "chown");
  make_link("theirs/hop", path("home/conf/f"), kUser);
  make_link("home/hop", "../theirs/hop", kUser);
  expect_refused("home/hop", "the folder " + path("theirs") + " does not belong", "chown");
  make_folder("tmp", 0, 0, 01777);
  make_link("tmp/planted", path("home/conf/f"), kOther);
  expect_refused("tmp/planted", path("tmp/planted") + " does not belong", "chown");
}

TEST_F(TrustedPath, ALinkThatLeadsNowhereIsAMistakeAndNotAnAbsentFile) {
  make_link("home/gone", "nothing", kUser);
  expect_refused("home/gone", "where a link leads", "mend the link");
  make_link("home/round", "round", kUser);
  expect_refused("home/round", "too many links", "");
  const auto made = open(path("home/gone"), O_RDWR | O_CREAT);
  EXPECT_FALSE(made) << "a file is not made through a link";
  EXPECT_FALSE(std::filesystem::exists(path("home/nothing")));
}

TEST_F(TrustedPath, AnAbsentFileIsToldByItsErrno) {
  for (const char* name : {"home/none", "home/none/below"}) {
    const auto file = open(path(name));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().sys_errno, ENOENT);
    EXPECT_EQ(file.error().what, "there is no " + path(name));
  }
}

TEST_F(TrustedPath, OnlyAPlainFileIsOpened) {
  ASSERT_EQ(::mkfifo(path("home/pipe").c_str(), 0600), 0);
  ASSERT_EQ(::chown(path("home/pipe").c_str(), kUser, kOwnGroup), 0);
  expect_refused("home/pipe", "not a regular file", "");
  expect_refused("home/conf", "not a regular file", "");
  expect_refused("home/conf/f/below", path("home/conf/f") + " is not a folder", "");
  EXPECT_FALSE(open("/dev/null", O_RDWR));
  EXPECT_FALSE(open("/", O_RDONLY));
  EXPECT_FALSE(open("home/conf/f", O_RDONLY)) << "relative";
  EXPECT_FALSE(open(path("home/conf/f"), O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(open(path("home/conf"), O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(open(path("home/pipe"), O_PATH)) << "who only looks may look at all kinds";
}

TEST_F(TrustedPath, AMissingFileIsMadePrivateWhereNobodyElseCanBeFirst) {
  const auto made = open(path("home/new"), O_RDWR | O_CREAT);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->status.st_uid, kUser);
  EXPECT_EQ(made->status.st_mode & 07777, 0600u);
  EXPECT_TRUE(open(path("home/new"), O_RDWR | O_CREAT)) << "and found the next time";
  make_folder("open", kUser, kOwnGroup, 0777);
  EXPECT_FALSE(open(path("open/new"), O_RDWR | O_CREAT));
  EXPECT_FALSE(std::filesystem::exists(path("open/new")));
}

// As when several runs begin at once, and the log is not there yet.
TEST_F(TrustedPath, AFileThatAnotherProcessMakesMeanwhileIsOpenedToo) {
  constexpr int kOpeners = 4, kFiles = 400;
  const std::string home = path("home");
  std::vector<pid_t> openers;
  for (int i = 0; i < kOpeners; ++i) {
    const pid_t opener = ::fork();
    ASSERT_GE(opener, 0);
    if (opener > 0) {
      openers.push_back(opener);
      continue;
    }
    if (::setegid(kOwnGroup) != 0 || ::seteuid(kUser) != 0) ::_exit(2);
    for (int file = 0; file < kFiles; ++file) {
      if (!open_trusted(home + "/made-" + std::to_string(file), kTrust, O_RDWR | O_CREAT, 0600)) ::_exit(1);
    }
    ::_exit(0);
  }
  for (const pid_t opener : openers) {
    int status = 0;
    ASSERT_EQ(::waitpid(opener, &status, 0), opener);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(TrustedPath, ItSaysWhetherTheUserCanChangeTheFile) {
  make_file("roots", 0, 0, 0644);
  make_folder("srv", 0, 0, 0755);
  make_file("srv/f", 0, 0, 0644);
  make_file("srv/mine", kUser, kOwnGroup, 0444);
  const auto can_change = [this](const std::string& name) {
    const auto file = open(path(name));
    EXPECT_TRUE(file) << name;
    return file && file->user_can_change;
  };
  EXPECT_FALSE(can_change("roots"));
  EXPECT_FALSE(can_change("srv/f"));
  EXPECT_TRUE(can_change("srv/mine")) << "its owner may change its mode";
  EXPECT_TRUE(can_change("home/conf/f"));
  make_file("home/roots", 0, 0, 0644);
  EXPECT_TRUE(can_change("home/roots")) << "replaced in the user's own folder";
  own("srv", 0, kOwnGroup, 0775);
  EXPECT_TRUE(can_change("srv/f")) << "replaced by the user's group";
  make_link("home/srv", path("roots"), kUser);
  EXPECT_TRUE(can_change("home/srv")) << "the link is the user's";
}

// user::rw-, user:kOther:rw-, group::r--, mask::rw-, other::r--: the kernel shows the mask as the group's bits.
std::string list_with_writer(std::uint16_t tag, std::uint32_t id) {
  struct Row {
    std::uint16_t tag, rights;
    std::uint32_t id;
  };
  constexpr std::uint32_t kNone = 0xffffffff;
  const Row user{0x01, 6, kNone}, named{tag, 6, id}, group{0x04, 4, kNone}, mask{0x10, 6, kNone}, other{0x20, 4, kNone};
  std::string list("\2\0\0\0", 4);
  const auto add = [&list](const Row& row) { list.append(reinterpret_cast<const char*>(&row), sizeof row); };
  add(user);
  if (tag == 0x02) add(named);
  add(group);
  if (tag == 0x08) add(named);
  add(mask);
  add(other);
  return list;
}

TEST_F(TrustedPath, AnAccessListThatLetsOthersWriteCountsAsTheModeDoes) {
  const auto set = [this](const std::string& name, const std::string& list) {
    return ::setxattr(path(name).c_str(), "system.posix_acl_access", list.data(), list.size(), 0) == 0;
  };
  if (!set("home/conf/f", list_with_writer(0x02, kOther))) GTEST_SKIP() << "this file system keeps no access lists";
  struct stat st {};
  ASSERT_EQ(::stat(path("home/conf/f").c_str(), &st), 0);
  EXPECT_NE(st.st_mode & S_IWGRP, 0u) << "the mask shows";
  expect_refused("home/conf/f", "by its access list", "setfacl -b");
  ASSERT_TRUE(set("home/conf/f", list_with_writer(0x08, kTheirGroup)));
  expect_refused("home/conf/f", "by its access list", "setfacl -b");
  ASSERT_TRUE(set("home/conf/f", list_with_writer(0x02, kUser)));
  expect_taken("home/conf/f");
  ASSERT_TRUE(set("home", list_with_writer(0x02, kOther)));
  expect_refused("home/conf/f", "the folder " + path("home"), "");
}

// A program of that name in a folder of the user's would be started before the system's.
TEST_F(TrustedPath, ASearchPathKeepsTheFoldersThatRootAloneCanWrite) {
  make_folder("bin", 0, 0, 0755);
  make_folder("open", 0, 0, 0777);
  make_folder("shared", 0, 0, 01777);
  const std::string bin = path("bin");
  EXPECT_EQ(trusted_search_path(path("home") + ":" + bin + ":" + path("open") + ":bin::/none:" + path("shared") +
                                ":/usr/bin"),
            bin + ":/usr/bin");
  EXPECT_EQ(trusted_search_path(""), "/usr/bin:/bin");
  EXPECT_EQ(trusted_search_path(path("home")), "/nonexistent") << "an empty one would be the current folder";
}

TEST(TrustedGroup, AGroupThatOthersMayHaveIsNotPrivate) {
  EXPECT_EQ(private_group(0), std::nullopt) << "images run other users with root's group";
  EXPECT_EQ(private_group(65534), std::nullopt) << "nobody's group is named nogroup, and others have it";
  EXPECT_EQ(private_group(4'000'000'000), std::nullopt) << "no such account";
}

TEST(TrustedGroup, AFileSystemWithoutModesIsNamed) {
  EXPECT_STREQ(system_without_modes(0x4d44), "vfat");
  EXPECT_STREQ(system_without_modes(static_cast<long>(0xff534d42)), "cifs");
  EXPECT_EQ(system_without_modes(0xef53), nullptr) << "ext4 keeps them";
}

}  // namespace
}  // namespace ipc
