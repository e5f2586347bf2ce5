// The key store's folder: which names it takes, whose files it believes, and that a file is replaced whole.
#include "keystore/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace broker {
namespace {

namespace fs = std::filesystem;

class KeystoreFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string made = "/tmp/sentinel-store-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    home_ = made;
  }
  void TearDown() override { fs::remove_all(home_); }
  [[nodiscard]] KeystoreFolder store() const { return KeystoreFolder(home_.string()); }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  fs::path home_;
};

TEST_F(KeystoreFolderTest, NamesThatCouldLeaveTheFolderOrHideInItAreRefused) {
  for (const std::string_view name : {"",
                                      ".",
                                      "..",
                                      "../x",
                                      "a/b",
                                      "/etc/passwd",
                                      "a..b",
                                      ".hidden",
                                      "-rf",
                                      "a b",
                                      "a\nb",
                                      "caf\xc3\xa9",
                                      "\xff",
                                      "\xe2\x80\xae"
                                      "abc",
                                      "a:b",
                                      "a*",
                                      "a'b",
                                      "a\"b",
                                      "a$b",
                                      "a\\b",
                                      "~root"}) {
    const ipc::Status good = KeystoreFolder::check_name(name);
    ASSERT_FALSE(good) << name;
    EXPECT_EQ(good.error().what.find('\n'), std::string::npos);
    EXPECT_FALSE(store().has(name)) << name;
    EXPECT_FALSE(store().read(name)) << name;
    EXPECT_FALSE(store().write(name, "text")) << name;
    EXPECT_FALSE(store().remove(name)) << name;
  }
  EXPECT_FALSE(KeystoreFolder::check_name(std::string_view("a\0b", 3)));
  EXPECT_FALSE(KeystoreFolder::check_name(std::string(129, 'a')));
  for (const std::string_view name : {"a", "ledger-prod", "john.doe", "0", "me@corp.example", "a+b=c,d_e"}) {
    EXPECT_TRUE(KeystoreFolder::check_name(name)) << name;
  }
  EXPECT_TRUE(fs::is_empty(home_)) << "a refused name made something";
}

TEST_F(KeystoreFolderTest, WhatOthersMayHaveWrittenIsNotBelieved) {
  ASSERT_TRUE(store().write("ledger", "text"));
  const std::string file = store().path("ledger");
  ASSERT_EQ(::chmod(file.c_str(), 0620), 0);
  EXPECT_FALSE(store().read("ledger"));
  ASSERT_EQ(::chmod(file.c_str(), 0604), 0);
  EXPECT_FALSE(store().read("ledger"));
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(store().folder().c_str(), 0770), 0);
  EXPECT_FALSE(store().read("ledger"));
  ASSERT_EQ(::chmod(store().folder().c_str(), 0700), 0);
  EXPECT_TRUE(store().read("ledger"));
}

TEST_F(KeystoreFolderTest, LinksFoldersAndEndlessFilesAreNoKeys) {
  ASSERT_TRUE(store().write("real", "text"));
  fs::create_symlink(store().path("real"), store().path("link"));
  EXPECT_FALSE(store().read("link"));
  fs::create_directory(store().path("folder"));
  EXPECT_FALSE(store().read("folder"));
  ASSERT_EQ(::mkfifo(store().path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(store().read("pipe"));
  ASSERT_TRUE(store().write("long", std::string(KeystoreFolder::kMaxFileBytes + 1, 'x')));
  EXPECT_FALSE(store().read("long"));
  const auto absent = store().read("absent");
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().what.find("'absent'"), std::string::npos);
}

TEST_F(KeystoreFolderTest, WhatIsWrittenIsTheOwnersAloneAndReplacedWhole) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(store().write("ledger", "first"));
  ::umask(before);
  EXPECT_EQ(mode_of(store().folder()), 0700U);
  EXPECT_EQ(mode_of(store().path("ledger")), 0600U);
  ASSERT_TRUE(store().write("ledger", "second"));
  EXPECT_EQ(*store().read("ledger"), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(store().folder()), {}), 1);
}

TEST_F(KeystoreFolderTest, WhatIsMissingAboveItIsMadeForItsOwnerAlone) {
  const mode_t before = ::umask(0);
  const KeystoreFolder deep((home_ / "data/more/sentinel").string());
  ASSERT_TRUE(deep.write("ledger", "first"));
  ::umask(before);
  for (const char* const made : {"data", "data/more", "data/more/sentinel", "data/more/sentinel/keys"})
    EXPECT_EQ(mode_of((home_ / made).string()), 0700U) << made;
  EXPECT_EQ(deep.path("ledger"), (home_ / "data/more/sentinel/keys/ledger.json").string());
}

TEST_F(KeystoreFolderTest, WithoutAPlaceNothingIsKept) {
  const KeystoreFolder nowhere("");
  EXPECT_FALSE(nowhere.has("ledger"));
  EXPECT_TRUE(nowhere.names()->empty());
  EXPECT_FALSE(nowhere.write("ledger", "first"));
  EXPECT_FALSE(nowhere.read("ledger"));
}

TEST_F(KeystoreFolderTest, AWriteThatFailsLeavesTheOldFile) {
  ASSERT_TRUE(store().write("ledger", "first"));
  // A folder stands where the new file would go.
  fs::create_directory(store().path("other"));
  EXPECT_FALSE(store().write("other", "text"));
  EXPECT_EQ(*store().read("ledger"), "first");
  EXPECT_EQ(std::distance(fs::directory_iterator(store().folder()), {}), 2) << "a half-written file is left";
}

TEST_F(KeystoreFolderTest, ItListsItsOwnFilesAlone) {
  EXPECT_TRUE(store().names()->empty());
  ASSERT_TRUE(store().write("b", "text"));
  ASSERT_TRUE(store().write("a.b", "text"));
  ASSERT_TRUE(store().write("b", "text", ".tpm-public"));
  std::ofstream(store().folder() + "/.c.json.abcdef") << "half";
  std::ofstream(store().folder() + "/x y.json") << "foreign";
  EXPECT_EQ(*store().names(), (std::vector<std::string>{"a.b", "b"}));
  EXPECT_TRUE(store().has("b"));
  ASSERT_TRUE(store().remove("b"));
  EXPECT_FALSE(store().has("b"));
  EXPECT_FALSE(fs::exists(store().path("b", ".tpm-public")));
  EXPECT_EQ(*store().names(), std::vector<std::string>{"a.b"});
}

}  // namespace
}  // namespace broker
