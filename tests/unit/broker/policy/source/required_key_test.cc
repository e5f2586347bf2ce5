// No option weakens the host's key, and a key file that others could have written is no key.
#include "policy/source/required_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "signing_keys.h"

namespace broker {
namespace {

using ::testing::HasSubstr;

class PolicyKeyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Not under /tmp, which everybody may write: a host's key is believed only where root alone can have put it.
    char in_root[] = "/policy_key_test.XXXXXX", in_tmp[] = "/tmp/policy_key_test.XXXXXX";
    char* const made = ::geteuid() == 0 ? ::mkdtemp(in_root) : ::mkdtemp(in_tmp);
    ASSERT_NE(made, nullptr);
    folder_ = made;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0644) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static std::string choose(const std::string& host, const std::string& file, const std::string& kms) {
    const auto key = choose_policy_key(host, file, kms);
    if (!key) return key.error().what;
    return key->enforced() ? "enforced by " + key->place : "not enforced";
  }

  std::string folder_;
  std::string pem_ = testing::make_rsa_pair(2048).open, other_pem_ = testing::make_rsa_pair(2048).open;
};

TEST_F(PolicyKeyTest, WithoutAnyKeyNothingIsEnforced) { EXPECT_EQ(choose("/absent", "", ""), "not enforced"); }

TEST_F(PolicyKeyTest, AnOptionsKeyIsEnforced) {
  const std::string path = write("k.pub", pem_);
  EXPECT_EQ(choose("/absent", path, ""), "enforced by " + path);
  EXPECT_EQ(choose("/absent", "", "alias/fleet"), "enforced by the KMS key");
}

TEST_F(PolicyKeyTest, AKeyThatOthersMayWriteIsRefused) {
  EXPECT_THAT(choose("/absent", write("a", pem_, 0664), ""), HasSubstr("can be written by others"));
  EXPECT_THAT(choose("/absent", write("b", pem_, 0646), ""), HasSubstr("can be written by others"));
}

TEST_F(PolicyKeyTest, WhatIsNoKeyFileIsRefused) {
  EXPECT_THAT(choose("/absent", folder_ + "/none", ""), HasSubstr("cannot open the policy key"));
  EXPECT_THAT(choose("/absent", folder_, ""), HasSubstr("not a regular file"));
  EXPECT_THAT(choose("/absent", write("long", std::string(kMaxKeyFileBytes + 1, 'x')), ""), HasSubstr("longer than"));
  EXPECT_THAT(choose("/absent", write("text", "hello"), ""), HasSubstr("not a public key in PEM"));
}

TEST_F(PolicyKeyTest, TheHostsKeyBindsWhateverTheOptionsSay) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to own the host's key";
  const std::string host = write("policy.pub", pem_);
  EXPECT_EQ(choose(host, "", ""), "enforced by " + host);
  EXPECT_EQ(choose(host, write("same", pem_), ""), "enforced by " + host);
  EXPECT_THAT(choose(host, write("other", other_pem_), ""), HasSubstr("--policy-key names another key than " + host));
  EXPECT_THAT(choose(host, "", "alias/fleet"), HasSubstr("--policy-kms-key names another key than " + host));
}

TEST_F(PolicyKeyTest, AHostsKeyThatIsBrokenOrNotRootsRefusesEverything) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a file away";
  EXPECT_THAT(choose(write("broken", "x"), "", ""), HasSubstr("not a public key in PEM"));
  const std::string host = write("given", pem_);
  ASSERT_EQ(::chown(host.c_str(), 65534, 65534), 0);
  EXPECT_THAT(choose(host, "", ""), HasSubstr("does not belong to root"));
}

}  // namespace
}  // namespace broker
