#include "sources/login/dpop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "full_arena.h"
#include "ipc/secret.h"

namespace broker {
namespace {

// A key made for these tests, as the AWS CLI writes one.
constexpr std::string_view kPem =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIHZV9BZow7ZP9WclMH2KEmn0jGtquro1Nn9SB8IDK0B4oAoGCCqGSM49\n"
    "AwEHoUQDQgAEFyHSBHUu1WC1YeFEMFBFSEtYk4vwF3w7IS1A5bNjRY+rQtE2enKJ\n"
    "r9s5i2MNZWF7ubBnGR+Y1GzGUMjO66d34Q==\n"
    "-----END EC PRIVATE KEY-----\n";

class Dpop : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
};

std::string why(const ipc::Result<DpopKey>& key) { return key ? "a key" : key.error().what; }

std::size_t dots(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '.')); }

TEST_F(Dpop, WhatIsNoKeyOfTheCurveIsRefusedAndNotQuoted) {
  std::string cut(kPem), other(kPem), longer(kPem), headless(kPem.substr(kPem.find('\n') + 1));
  cut.erase(cut.find("\n-----END") - 8, 8);
  other.replace(other.find("EC PRIVATE"), 10, "RS PRIVATE");
  longer.insert(longer.find("\n-----END"), "AAAA");
  for (const std::string& text :
       {std::string(), std::string("x"), cut, other, longer, headless, std::string(DpopKey::kMaxPem + 1, 'A'),
        std::string("-----BEGIN EC PRIVATE KEY----------END EC PRIVATE KEY-----"),
        std::string("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n")}) {
    EXPECT_EQ("has a dpopKey that is no private key of the curve P-256", why(DpopKey::read(text))) << text;
  }
}

TEST_F(Dpop, WithoutRoomForTheKeyNoneIsRead) {
  const testing::FullArena full;
  EXPECT_NE(why(DpopKey::read(kPem)).find("finds no room"), std::string::npos);
}

TEST_F(Dpop, ANewKeyIsWrittenAsItIsRead) {
  const auto made = DpopKey::make(), other = DpopKey::make();
  ASSERT_TRUE(made && other);
  const auto pem = made->pem();
  ASSERT_TRUE(pem);
  EXPECT_NE(pem->reveal(), other->pem()->reveal());
  const auto read = DpopKey::read(pem->reveal());
  ASSERT_TRUE(read) << why(read);
  EXPECT_EQ(pem->reveal(), read->pem()->reveal());
  const auto by_one = made->proof("https://x/", {}), by_other = read->proof("https://x/", {});
  ASSERT_TRUE(by_one && by_other);
  EXPECT_EQ(by_one->substr(0, by_one->find('.')), by_other->substr(0, by_other->find('.')));
}

// What the parts say the stand-in of the sign-in service judges (tests/fakes/dpop_check.py).
TEST_F(Dpop, EachProofIsNew) {
  const auto key = DpopKey::read(kPem);
  ASSERT_TRUE(key) << why(key);
  const std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};
  const auto one = key->proof("https://eu-west-1.signin.aws.amazon.com/v1/token", now);
  const auto two = key->proof("https://eu-west-1.signin.aws.amazon.com/v1/token", now);
  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
  EXPECT_EQ(one->substr(0, one->find('.')), two->substr(0, two->find('.'))) << "the key's half is one";
  EXPECT_EQ(2U, dots(*one));
  EXPECT_EQ(86U, one->size() - one->rfind('.') - 1) << "64 bytes of signature";
  EXPECT_EQ(one->find_first_of("+/="), std::string::npos);
}

}  // namespace
}  // namespace broker
