// What is sealed opens again under the same key and the same bound text, and under nothing else.
#include "host/aead.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

class AeadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    key_ = ipc::SecretBuffer::copy_of(std::string(kAeadKeyBytes, 'k'));
    sealed_ = *seal(key_, "the session", "form 1");
  }
  ipc::SecretBuffer key_;
  std::string sealed_;
};

TEST_F(AeadTest, AnyChangedByteIsRefused) {
  for (std::size_t at = 0; at < sealed_.size(); ++at) {
    std::string changed = sealed_;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(unseal(key_, changed, "form 1")) << at;
  }
}

TEST_F(AeadTest, AnyCutIsRefused) {
  for (std::size_t size = 0; size < sealed_.size(); ++size) {
    EXPECT_FALSE(unseal(key_, std::string_view(sealed_).substr(0, size), "form 1")) << size;
  }
  EXPECT_FALSE(unseal(key_, sealed_ + '\0', "form 1"));
}

TEST_F(AeadTest, AnotherKeyOrBoundTextIsRefused) {
  EXPECT_FALSE(unseal(ipc::SecretBuffer::copy_of(std::string(kAeadKeyBytes, 'K')), sealed_, "form 1"));
  EXPECT_FALSE(unseal(key_, sealed_, "form 2"));
  EXPECT_FALSE(unseal(ipc::SecretBuffer::copy_of("short"), sealed_, "form 1"));
  EXPECT_FALSE(seal(ipc::SecretBuffer::copy_of("short"), "x", ""));
}

TEST_F(AeadTest, OpensAgainAndNeverLooksTheSameTwice) {
  const auto opened = unseal(key_, sealed_, "form 1");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), "the session");
  EXPECT_NE(*seal(key_, "the session", "form 1"), sealed_);
  EXPECT_EQ(sealed_.find("the session"), std::string::npos);
}

TEST_F(AeadTest, NothingCanBeSealedToo) {
  const auto nothing = seal(key_, "", "form 1");
  ASSERT_TRUE(nothing);
  const auto opened = unseal(key_, *nothing, "form 1");
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->reveal().empty());
}

}  // namespace
}  // namespace broker
