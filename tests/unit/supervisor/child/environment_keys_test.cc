#include "child/environment_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace supervisor {
namespace {

// An environment as a process has it, whose strings stay to be looked at.
class Environment {
 public:
  explicit Environment(std::vector<std::string> entries) : entries_(std::move(entries)) {
    for (std::string& entry : entries_) pointers_.push_back(entry.data());
    pointers_.push_back(nullptr);
  }
  char** get() { return pointers_.data(); }
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> entries;
    for (char* const* entry = pointers_.data(); *entry; ++entry) entries.emplace_back(*entry);
    return entries;
  }
  [[nodiscard]] std::string bytes() const {
    std::string all;
    for (const std::string& entry : entries_) all += entry;
    return all;
  }

 private:
  std::vector<std::string> entries_;
  std::vector<char*> pointers_;
};

// It refuses no run that does not use it: the broker, which knows, does (sources/open.cc).
TEST(EnvironmentKeys, AValueThatNoFieldCanHoldIsNamedAndWipedAllTheSame) {
  Environment environment({"AWS_SECRET_ACCESS_KEY=" + std::string(257, 's'), "AWS_ACCESS_KEY_ID=AKIA",
                           "AWS_SESSION_TOKEN=" + std::string(12289, 't')});
  const auto keys = take_environment_keys(environment.get());
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->too_long.str(), "AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN");
  EXPECT_TRUE(keys->secret_access_key.reveal().empty() && keys->session_token.reveal().empty());
  EXPECT_EQ(environment.bytes().find("sss"), std::string::npos);
}

TEST(EnvironmentKeys, NothingIsTakenWhereNothingIs) {
  Environment environment(
      {"PATH=/bin", "AWS_REGION=eu-1", "AWS_SECRET_ACCESS_KEY=", "AWS_SECRET_ACCESS_KEYX=keep", "AWS_SESSION_TOKEN"});
  const auto keys = take_environment_keys(environment.get());
  EXPECT_FALSE(keys);
  EXPECT_EQ(environment.left(), (std::vector<std::string>{"PATH=/bin", "AWS_REGION=eu-1", "AWS_SECRET_ACCESS_KEYX=keep",
                                                          "AWS_SESSION_TOKEN"}));
}

TEST(EnvironmentKeys, EveryCopyIsWipedWhereItLiesAndTakenOutOfTheList) {
  Environment environment({"AWS_ACCESS_KEY_ID=AKIAONE", "AWS_SECRET_ACCESS_KEY=secret-one", "HOME=/h",
                           "AWS_SECRET_ACCESS_KEY=secret-two", "AWS_SECURITY_TOKEN=old-token",
                           "AWS_SESSION_TOKEN=new-token", "AWS_CONTAINER_AUTHORIZATION_TOKEN=container"});
  const auto keys = take_environment_keys(environment.get());
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->access_key_id.str(), "AKIAONE");
  EXPECT_EQ(keys->secret_access_key.reveal(), "secret-one") << "the first counts, as for getenv";
  EXPECT_EQ(keys->session_token.reveal(), "new-token");
  EXPECT_EQ(keys->container_token.reveal(), "container");
  EXPECT_EQ(environment.left(), (std::vector<std::string>{"HOME=/h"}));
  for (const char* value : {"AKIAONE", "secret", "token=", "-token", "=container"})
    EXPECT_EQ(environment.bytes().find(value), std::string::npos) << value;
}

TEST(EnvironmentKeys, TheOldNameOfTheTokenCountsWhereTheNewOneIsNotThere) {
  Environment environment({"AWS_SECURITY_TOKEN=old-token"});
  EXPECT_EQ(take_environment_keys(environment.get())->session_token.reveal(), "old-token");
}

// CI systems set what is not there to nothing.
TEST(EnvironmentKeys, EmptyIsAbsent) {
  Environment environment({"AWS_ACCESS_KEY_ID=AKIA", "AWS_SESSION_TOKEN=", "AWS_SECURITY_TOKEN=old-token"});
  EXPECT_EQ(take_environment_keys(environment.get())->session_token.reveal(), "old-token");
  Environment none({"AWS_ACCESS_KEY_ID=AKIA", "AWS_SESSION_TOKEN="});
  EXPECT_TRUE(take_environment_keys(none.get())->session_token.reveal().empty());
}

}  // namespace
}  // namespace supervisor
