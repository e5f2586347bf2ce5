// The highest version seen goes up only, across runs, and a file that cannot be trusted admits nothing.
#include "policy/source/versions.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace broker {
namespace {

using ::testing::HasSubstr;

const std::string kSomeHash(64, 'a'), kOther(64, 'b');

class PolicyVersionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/policy_versions_test.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A run of its own.
  [[nodiscard]] PolicyVersions run(int flags = O_RDWR) const {
    return PolicyVersions(ipc::UniqueFd(::open(path().c_str(), flags | O_CREAT | O_CLOEXEC, 0600)));
  }
  static std::string admit(PolicyVersions& versions, std::uint64_t version, const std::string& hash = kSomeHash,
                           const std::string& name = "/p") {
    const auto admitted = versions.admit({name, version, hash}, "the policy");
    return admitted ? "admitted" : admitted.error().what;
  }
  [[nodiscard]] std::string path() const { return folder_ + "/policy-versions"; }
  void write(const std::string& text) const { std::ofstream(path(), std::ios::trunc) << text; }
  [[nodiscard]] std::string text() const {
    std::stringstream read;
    read << std::ifstream(path()).rdbuf();
    return read.str();
  }

  std::string folder_;
};

TEST_F(PolicyVersionsTest, AnOlderVersionIsRefusedInALaterRun) {
  PolicyVersions first = run();
  EXPECT_EQ(admit(first, 9), "admitted");
  EXPECT_EQ(admit(first, 10), "admitted");
  PolicyVersions second = run();
  EXPECT_THAT(admit(second, 9), HasSubstr("it is version 9, and version 10 was in force here"));
  EXPECT_THAT(admit(second, 10, kOther), HasSubstr("another text under the same version 10"));
  EXPECT_EQ(admit(second, 10), "admitted");
  EXPECT_EQ(admit(second, 1, kSomeHash, "/other"), "admitted") << "each policy has its own versions";
  EXPECT_EQ(text(), "/other\t1\t" + kSomeHash + "\n/p\t10\t" + kSomeHash + "\n");
}

TEST_F(PolicyVersionsTest, AVersionThatAnotherRunSawMeanwhileCounts) {
  PolicyVersions one = run(), two = run();
  EXPECT_EQ(admit(one, 1), "admitted");
  EXPECT_EQ(admit(two, 2), "admitted");
  EXPECT_THAT(admit(one, 1), HasSubstr("version 2 was in force"));
}

TEST_F(PolicyVersionsTest, AFileThatWasEmptiedTakesNothingBackWithinARun) {
  PolicyVersions one = run();
  EXPECT_EQ(admit(one, 5), "admitted");
  write("");
  EXPECT_THAT(admit(one, 4), HasSubstr("version 5 was in force"));
  EXPECT_EQ(admit(one, 5), "admitted");
  EXPECT_EQ(text(), "/p\t5\t" + kSomeHash + "\n") << "and it is written again";
}

TEST_F(PolicyVersionsTest, ACorruptFileAdmitsNothingAndIsNamed) {
  for (const std::string& bad :
       {std::string("nonsense\n"), "/p\t1\t" + kSomeHash, "/p\t0\t" + kSomeHash + "\n", "/p\t01\t" + kSomeHash + "\n",
        "/p\t-1\t" + kSomeHash + "\n", "/p\t1\t" + kSomeHash.substr(1) + "\n", "/p\t1\t" + kSomeHash + "\t\n",
        "\t1\t" + kSomeHash + "\n", "/p\t1\t" + kSomeHash + "\n/p\t2\t" + kSomeHash + "\n",
        "/p\t99999999999999999999\t" + kSomeHash + "\n", std::string("\n"),
        std::string(PolicyVersions::kMaxBytes + 1, '\n')}) {
    write(bad);
    PolicyVersions versions = run();
    EXPECT_THAT(admit(versions, 3), HasSubstr("policy-versions ")) << bad.substr(0, 100);
    EXPECT_EQ(text(), bad) << "it is left as it is";
  }
}

TEST_F(PolicyVersionsTest, WhatCannotBeWrittenIsNotAdmitted) {
  PolicyVersions versions = run(O_RDONLY);
  EXPECT_THAT(admit(versions, 1), HasSubstr("cannot write"));
  EXPECT_THAT(admit(versions, 1), HasSubstr("cannot write")) << "not remembered as written either";
}

TEST_F(PolicyVersionsTest, AFileThatAnotherProcessHoldsIsWaitedForAndThenRefused) {
  PolicyVersions versions = run();
  const ipc::UniqueFd other(::open(path().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  const auto admitted = versions.admit({"/p", 1, kSomeHash}, "the policy");
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().fault, ipc::Fault::kUnavailable);
  ASSERT_EQ(::flock(other.get(), LOCK_UN), 0);
  EXPECT_EQ(admit(versions, 1), "admitted");
}

TEST_F(PolicyVersionsTest, AFullFileAdmitsNoNewName) {
  PolicyVersions versions = run();
  std::string last;
  for (int i = 0; i < 60 && last != "refused"; ++i) {
    last = admit(versions, 1, kSomeHash, "/" + std::string(2000, 'x') + std::to_string(i)) == "admitted" ? "" : "refused";
  }
  EXPECT_EQ(last, "refused");
  EXPECT_LE(text().size(), PolicyVersions::kMaxBytes);
}

TEST_F(PolicyVersionsTest, WithoutAFileTheRunRemembers) {
  PolicyVersions versions;
  EXPECT_FALSE(versions.lasts());
  EXPECT_EQ(admit(versions, 2), "admitted");
  EXPECT_THAT(admit(versions, 1), HasSubstr("older"));
}

}  // namespace
}  // namespace broker
