// What a broker judges its runs by is opened once, and each run hears of it for as long as it listens.
#include "policy/source/in_force.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "aws_fakes.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string of_one_rule(const std::string& rule) {
  return "version: \"1\"\nrules:\n  - name: " + rule + "\n    effect: allow\n    conditions: { profiles: [p] }\n";
}

struct Heard final : PolicyInForce::Hearer {
  std::vector<std::string> words;
  void on_policy_changed(const ipc::Result<const Policy*>& policy) override {
    words.push_back(policy ? (*policy)->rules.at(0).name : "none");
  }
  void on_policy_stale(const ipc::Error* why) override { words.emplace_back(why ? "stale" : "fresh"); }
  void on_policy_warning(const std::string& sentence) override { words.push_back(sentence); }
};

class PolicyInForceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ipc::SecretArena::open()); }
  void SetUp() override {
    char name[] = "/tmp/in_force_test.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/policy.yaml";
    write("one");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& rule) {
    std::ofstream(folder_ + "/new") << of_one_rule(rule);
    ASSERT_EQ(::chmod((folder_ + "/new").c_str(), 0644), 0);
    std::filesystem::rename(folder_ + "/new", path_);
  }
  auto open(std::string parameter, std::string file) {
    NamedPolicy named{std::move(parameter), std::move(file), {}};
    named.told_between_requests = false;  // each look below is a request's
    return PolicyInForce::open(
        {nullptr, aws_.context, testing::endpoint(), testing::endpoint(), PolicyKey{}, PolicyVersions()},
        std::move(named), first_);
  }
  static std::string rule_of(PolicySource& source) {
    const auto policy = source.current(SystemClock().since_boot());
    return policy ? (*policy)->rules.at(0).name : policy.error().what;
  }

  std::string folder_, path_;
  testing::FakeAws aws_;
  Heard first_;
};

TEST_F(PolicyInForceTest, AFileThatIsNoPolicyIsRefused) {
  std::ofstream(path_) << "rules";
  const auto policy = open("", path_);
  ASSERT_FALSE(policy);
  EXPECT_THAT(policy.error().what, HasSubstr(path_ + ":1:1: "));
}

TEST_F(PolicyInForceTest, WithoutANameNothingIsPermitted) {
  auto policy = open("", "");
  ASSERT_TRUE(policy) << policy.error().what;
  const auto current = (*policy)->current({});
  ASSERT_TRUE(current);
  EXPECT_THAT((*current)->rules, IsEmpty());
}

TEST_F(PolicyInForceTest, EachRunHearsOfAChangeUntilItEnds) {
  auto policy = open("", path_);
  ASSERT_TRUE(policy) << policy.error().what;
  Heard second;
  (*policy)->listen(second);
  write("two");
  EXPECT_EQ(rule_of(**policy), "two");
  (*policy)->stop_listening(second);
  write("three");
  EXPECT_EQ(rule_of(**policy), "three");
  EXPECT_THAT(first_.words, ElementsAre("two", "three"));
  EXPECT_THAT(second.words, ElementsAre("two"));
}

TEST_F(PolicyInForceTest, TheSourceIsStartedOnceForAllRuns) {
  aws_.use(testing::long_term_key());
  auto policy = open("/sentinel/p", "");
  ASSERT_TRUE(policy) << policy.error().what;
  std::vector<std::string> told;
  const auto tell = [&told](const std::string& whom) {
    return [&told, whom](const ipc::Status& started) { told.push_back(whom + (started ? " yes" : " no")); };
  };
  (*policy)->start(tell("first"));
  (*policy)->start(tell("second"));
  EXPECT_THAT(told, IsEmpty());
  ASSERT_EQ(aws_.http.waiting(), 1u);
  aws_.http.answer(200, R"({"Parameter":{"Name":"/sentinel/p","Value":"rules","Version":1}})");
  EXPECT_THAT(told, ElementsAre("first no", "second no"));
  (*policy)->start(tell("third"));
  EXPECT_EQ(aws_.http.waiting(), 0u);
  EXPECT_EQ(told.back(), "third no");
}

}  // namespace
}  // namespace broker
