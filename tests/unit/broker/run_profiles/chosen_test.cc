// Which profiles a run serves, and in which order; what is left out is said, and what was named is never left out.
#include "run_profiles/chosen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ipc/client/served_profiles.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ipc::WantedProfile named(std::string_view name) { return {ipc::Text<256>(name), false}; }
ipc::WantedProfile fitting(std::string_view pattern) { return {ipc::Text<256>(pattern), true}; }

class ChosenTest : public ::testing::Test {
 protected:
  ipc::Result<ChosenProfiles> choose(const std::vector<ipc::WantedProfile>& wanted) {
    return choose_profiles(wanted, known_, [this](const std::string& name) -> ipc::Result<ResolvedProfile> {
      asked_.push_back(name);
      if (name.starts_with("bad")) return ipc::fail(ipc::Fault::kConfig, name + " has no key", "add one");
      ResolvedProfile profile;
      profile.name = name;
      return profile;
    });
  }
  std::vector<std::string> names(const std::vector<ipc::WantedProfile>& wanted) {
    const auto chosen = choose(wanted);
    if (!chosen) return {"refused: " + chosen.error().what};
    left_out_ = chosen->left_out;
    std::vector<std::string> all;
    for (const ChosenProfile& one : chosen->profiles) all.push_back(one.resolved.name + (one.by_pattern ? "*" : ""));
    return all;
  }
  std::vector<std::string> known_{"bad-1", "default", "dev-a", "dev-b", "prod"};
  std::vector<std::string> asked_, left_out_;
};

TEST_F(ChosenTest, NamesComeInTheirOrderAndThenWhatFits) {
  EXPECT_THAT(names({named("prod"), named("dev-b")}), ElementsAre("prod", "dev-b"));
  EXPECT_THAT(names({named("prod"), fitting("dev-*")}), ElementsAre("prod", "dev-a*", "dev-b*"));
  EXPECT_THAT(names({fitting("dev-?"), named("prod")}), ElementsAre("prod", "dev-a*", "dev-b*"));
  EXPECT_THAT(names({fitting("dev-*"), fitting("*-b"), named("dev-b")}), ElementsAre("dev-b", "dev-a*"));
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(ChosenTest, WhatWasNamedMustBeUsableAndWhatWasFoundIsLeftOut) {
  EXPECT_THAT(names({named("prod"), named("bad-1")}), ElementsAre("refused: bad-1 has no key"));
  EXPECT_THAT(names({named("bad-1"), fitting("*")}), ElementsAre("refused: bad-1 has no key"));
  EXPECT_THAT(names({named("prod"), fitting("bad*")}), ElementsAre("prod"));
  EXPECT_THAT(left_out_, ElementsAre("profile 'bad-1' is left out: bad-1 has no key; add one"));
  EXPECT_THAT(names({fitting("bad*")}), ElementsAre(HasSubstr("none of the profiles that were found can be used: ")));
  EXPECT_THAT(names({fitting("none*")}), ElementsAre("refused: no profile of the AWS files fits 'none*'"));
}

TEST_F(ChosenTest, TheProfileDefaultIsTheFirstOrNotThere) {
  EXPECT_THAT(names({fitting("*")}), ElementsAre("default*", "dev-a*", "dev-b*", "prod*"));
  EXPECT_THAT(names({named("default"), named("prod")}), ElementsAre("default", "prod"));
  EXPECT_THAT(names({named("prod"), fitting("de*")}), ElementsAre("prod", "dev-a*", "dev-b*"));
  EXPECT_THAT(left_out_, ElementsAre(HasSubstr("profile 'default' is left out: a program that names no profile")));
  EXPECT_THAT(names({named("prod"), named("default")}), ElementsAre(HasSubstr("profile 'default' is not the first")));
}

TEST_F(ChosenTest, TooManyAreRefusedBeforeOneIsLookedAt) {
  known_.clear();
  for (std::size_t i = 0; i <= ipc::kMostProfiles; ++i) known_.push_back("p" + std::to_string(i));
  EXPECT_THAT(names({fitting("p*")}), ElementsAre("refused: 65 profiles are asked for, and a run serves at most 64"));
  EXPECT_THAT(asked_, IsEmpty());
  known_.pop_back();
  EXPECT_EQ(names({fitting("p*")}).size(), ipc::kMostProfiles);
}

}  // namespace
}  // namespace broker
