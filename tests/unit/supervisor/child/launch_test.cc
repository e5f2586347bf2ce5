#include "child/launch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

namespace supervisor {
namespace {

class Launch : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string make(const std::string& name, mode_t mode) const {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(path.substr(0, path.rfind('/')));
    std::ofstream(path) << "#!/bin/sh\n";
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string folder_ = "/tmp/launch-test-XXXXXX";
};

void make_helpers(const std::function<std::string(const std::string&, mode_t)>& make, mode_t mode) {
  make("broker/sentinel-broker", mode);
  make("frontend/sentinel-frontend", mode);
  make("supervisor/sentinel-credential-process", mode);
}

TEST_F(Launch, HelpersAreFoundInABuildFolderAndInAnInstallation) {
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  EXPECT_EQ(find_helpers_beside(folder_ + "/supervisor/sentinel")->broker, folder_ + "/broker/sentinel-broker");
  for (const char* name : {"sentinel-broker", "sentinel-frontend", "sentinel-credential-process"}) {
    make(std::string("libexec/sentinel/") + name, 0711);
  }
  EXPECT_EQ(find_helpers_beside(folder_ + "/bin/sentinel")->frontend, folder_ + "/libexec/sentinel/sentinel-frontend");
}

TEST_F(Launch, AHelperThatOthersMayWriteIsRefused) {
  for (const mode_t mode : {0775, 0757}) {
    make_helpers([this](const std::string& name, mode_t m) { return make(name, m); }, mode);
    const auto paths = find_helpers_beside(folder_ + "/supervisor/sentinel");
    ASSERT_FALSE(paths);
    EXPECT_NE(paths.error().what.find("may be written by others"), std::string::npos);
  }
}

TEST_F(Launch, AHelperThatMayNotBeExecutedIsNamedWithTheReason) {
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  make("broker/sentinel-broker", 0644);
  const auto paths = find_helpers_beside(folder_ + "/supervisor/sentinel");
  ASSERT_FALSE(paths);
  EXPECT_EQ(paths.error().what, "helper program " + folder_ + "/broker/sentinel-broker cannot be executed: Permission denied");
}

TEST_F(Launch, AHelperThatIsASymbolicLinkOrMissingIsRefused) {
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  std::filesystem::remove(folder_ + "/frontend/sentinel-frontend");
  EXPECT_FALSE(find_helpers_beside(folder_ + "/supervisor/sentinel"));
  std::filesystem::create_symlink("/bin/true", folder_ + "/frontend/sentinel-frontend");
  EXPECT_NE(find_helpers_beside(folder_ + "/supervisor/sentinel").error().what.find("not a regular file"),
            std::string::npos);
}

TEST_F(Launch, AHelperOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  make_helpers([this](const std::string& name, mode_t mode) { return make(name, mode); }, 0755);
  ASSERT_EQ(::chown((folder_ + "/broker/sentinel-broker").c_str(), 12345, 12345), 0);
  EXPECT_NE(find_helpers_beside(folder_ + "/supervisor/sentinel").error().what.find("belongs to another user"),
            std::string::npos);
}

}  // namespace
}  // namespace supervisor
