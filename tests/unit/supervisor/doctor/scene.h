// A made-up host for the checks of `sentinel doctor`: a folder that stands for /, and a user at /home/marta.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "doctor/host.h"

namespace supervisor {

class DoctorScene : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "doctor-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    host_.root = name;
    host_.uid = host_.uid_of_root = ::geteuid();  // the files of a test are its user's
    host_.private_group = ::getegid();
    host_.user = "marta";
    host_.home = "/home/marta";
    host_.now = 1'800'000'000;  // 2027-01-15T08:00:00Z
    host_.offline = true;
    mode("/", 0755);
    folder("/home", 0755);
    folder("/home/marta", 0755);
    folder("/home/marta/.aws", 0755);
  }
  void TearDown() override { std::filesystem::remove_all(host_.root); }

  void mode(const std::string& path, unsigned bits) {
    std::filesystem::permissions(host_.at(path), std::filesystem::perms(bits));
  }
  void folder(const std::string& path, unsigned bits = 0755) {
    std::filesystem::create_directories(host_.at(path));
    mode(path, bits);
  }
  void file(const std::string& path, const std::string& text, unsigned bits = 0600) {
    std::filesystem::create_directories(std::filesystem::path(host_.at(path)).parent_path());
    std::ofstream(host_.at(path)) << text;
    mode(path, bits);
  }
  void credentials(const std::string& text) { file("/home/marta/.aws/credentials", text); }
  void config(const std::string& text) { file("/home/marta/.aws/config", text); }
  void set(const std::string& name, const std::string& value) { host_.environment.push_back(name + "=" + value); }

  Host host_;
};

}  // namespace supervisor

#define EXPECT_NO(found, words)                                \
  do {                                                         \
    const Found answer_ = (found);                             \
    EXPECT_EQ(answer_.answer, Answer::No) << answer_.subject;  \
    EXPECT_THAT(answer_.subject, ::testing::HasSubstr(words)); \
  } while (false)
#define EXPECT_YES(found)                                      \
  do {                                                         \
    const Found answer_ = (found);                             \
    EXPECT_EQ(answer_.answer, Answer::Yes) << answer_.subject; \
  } while (false)
#define EXPECT_UNTOLD(found, words)                                   \
  do {                                                                \
    const Found answer_ = (found);                                    \
    EXPECT_EQ(answer_.answer, Answer::CannotTell) << answer_.subject; \
    EXPECT_THAT(answer_.subject, ::testing::HasSubstr(words));        \
  } while (false)
