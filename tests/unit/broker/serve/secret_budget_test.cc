// The memory for secrets outlasts a source whose keys are as long as may be, with as many rules at work as may be; and
// where there is no room all the same, one fetch fails and nothing else.
#include "serve/secret_budget.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "full_arena.h"
#include "issuing/chain_run.h"
#include "keys/keys_json.h"
#include "keys/renewed_keys.h"
#include "services/sts.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FullArena;

constexpr char kNoRoom[] = "finds no room in the memory for secrets";

std::string longest_answer(std::string_view action) {
  std::string answer = testing::issued(std::string(action), "2026-01-27T11:00:00Z");
  for (const auto& [name, size] : {std::pair{"issued-secret", kMaxKeySecret}, {"issued-token", kMaxKeyToken}}) {
    answer.replace(answer.find(name), std::string_view(name).size(), std::string(size, 'k'));
  }
  return answer;
}

std::string longest_json() {
  return R"({"AccessKeyId":"ASIALONGEST","SecretAccessKey":")" + std::string(kMaxKeySecret, 's') +
         R"(","SessionToken":")" + std::string(kMaxKeyToken, 't') + R"(","Expiration":"2026-01-27T11:00:00Z"})";
}

// A source of temporary keys that are as long as may be.
class LongestKeys final : public KeyFetch {
 public:
  LongestKeys(AwsContext& aws, OnKeys done) : KeyFetch(std::move(done)) {
    later_ = aws.timers.after(1ms, [this, &aws] {
      auto read = read_keys_json(longest_json(), "SessionToken");
      if (!read) return finish(std::unexpected(read.error()));
      read->keys.expiration = aws.aws_now() + 1h;
      finish(std::move(read->keys));
    });
  }

 private:
  std::unique_ptr<Timer> later_;
};

class SecretBudgetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    profile_.name = profile_.base_profile = "marta";
    profile_.sts = testing::endpoint();
  }
  void use_longest_keys() {
    keys_ = std::make_unique<RenewedKeys>(
        aws_.context, [this](OnKeys done) { return std::make_unique<LongestKeys>(aws_.context, std::move(done)); });
    aws_.context.keys = keys_.get();
  }
  void add_role(const std::string& name) {
    profile_.chain.push_back({"ledger-" + name, "arn:aws:iam::111122223333:role/" + name, "", 0s});
  }
  // As many rules at once as there may be.
  void ask_all() {
    for (std::size_t i = 0; i < KeysByTerms::kMost; ++i) {
      const std::chrono::seconds granted = 3600s - std::chrono::seconds(i);
      issuers_[i] = store_.find_or_make({"marta", "direct", {granted, granted, false}}, "p");
      ask(i);
    }
  }
  void ask(std::size_t i) {
    issuers_[i]->get([this](const ipc::Result<const IssuedCredentials*>& keys) {
      if (!keys) errors_.push_back(keys.error());
    });
  }
  void assert_all_served() {
    ASSERT_TRUE(errors_.empty()) << errors_.front().what;
    for (FreshKeys* issuer : issuers_) {
      ASSERT_TRUE(issuer->current());
      EXPECT_EQ(issuer->current()->session_token.size(), kMaxKeyToken);
    }
  }
  void answer_all(std::size_t links) {
    for (std::size_t i = 0; i < links * KeysByTerms::kMost; ++i) aws_.http.answer(200, longest_answer("AssumeRole"));
  }

  FakeAws aws_;
  ResolvedProfile profile_;
  std::unique_ptr<RenewedKeys> keys_;
  KeysByTerms store_{aws_.context, [this](const IssueTerms& terms) -> StartFetch {
                       return [this, terms](OnKeys done) {
                         return std::make_unique<RoleChainRun>(aws_.context, profile_, terms, std::move(done));
                       };
                     }};
  std::array<FreshKeys*, KeysByTerms::kMost> issuers_{};
  std::vector<ipc::Error> errors_;
};

TEST_F(SecretBudgetTest, KeysThatFindNoRoomAreRefusedAndWhatIsHeldGoesOnBeingServed) {
  use_longest_keys();
  ask_all();
  aws_.timers.pass(1s);
  assert_all_served();
  issuers_[0]->drop();
  {
    const FullArena full;
    ask(0);
    aws_.timers.pass(1s);
    ASSERT_EQ(errors_.size(), 1u);
    EXPECT_EQ(errors_[0].fault, ipc::Fault::kUnavailable);
    EXPECT_EQ(errors_[0].what, std::string("one more copy of the keys of profile 'marta' ") + kNoRoom);
    EXPECT_TRUE(issuers_[1]->current());
    EXPECT_EQ(ipc::SecretBuffer::copy_of("small").reveal(), "small") << "what may not fail does not";
  }
  errors_.clear();
  aws_.timers.pass(2s);  // the pause after a failure
  ask(0);
  aws_.timers.pass(1s);
  assert_all_served();
}

TEST_F(SecretBudgetTest, EveryReaderOfKeysAndTokensSaysThatThereIsNoRoom) {
  const FullArena full;
  const auto by_sts = read_credentials("AssumeRole", longest_answer("AssumeRole"));
  ASSERT_FALSE(by_sts);
  EXPECT_EQ(by_sts.error().what, std::string("the answer to AssumeRole ") + kNoRoom);
  const auto by_json = read_keys_json(longest_json(), "SessionToken");
  ASSERT_FALSE(by_json);
  EXPECT_EQ(by_json.error().what, kNoRoom);
  const auto token = read_token_text("a-token", TokenForm::kHeader);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().what, kNoRoom);
  for (const ipc::Error& error : {by_sts.error(), by_json.error(), token.error()}) {
    EXPECT_EQ(error.fault, ipc::Fault::kUnavailable);
    EXPECT_FALSE(error.next_step.empty());
  }
}

// One profile costs what it always did; each further one has room for the longest keys that AWS is known to give.
TEST(SecretBudget, TheMemoryGrowsWithTheProfilesAndNotForOne) {
  EXPECT_EQ(arena_for(0), ipc::SecretArena::kBytes);
  EXPECT_EQ(arena_for(1), ipc::SecretArena::kBytes);
  EXPECT_EQ(arena_for(2), ipc::SecretArena::kBytes + kOfFurtherProfileBytes);
  EXPECT_EQ(arena_for(ipc::kMostProfiles) % 4096, 0u) << "whole pages";
  EXPECT_LE(2 * arena_for(ipc::kMostProfiles), 16u << 20);
}

// Each has a copy of the same keys, and renews it while it holds the last.
TEST_F(SecretBudgetTest, TheLongestTemporaryKeysServeAsManyRulesAsThereMayBe) {
  use_longest_keys();
  ask_all();
  for (int renewals = 0; renewals < 3; ++renewals) {
    aws_.timers.pass(45min);
    assert_all_served();
  }
}

// Each holds its last keys and those of the first role while it waits for the second's.
TEST_F(SecretBudgetTest, AChainOfRolesWithTheLongestKeysServesAsManyRulesAsThereMayBe) {
  use_longest_keys();
  add_role("prod");
  add_role("audit");
  ask_all();
  aws_.timers.pass(1s);
  answer_all(2);
  assert_all_served();
  aws_.timers.pass(45min);
  EXPECT_EQ(aws_.http.waiting(), KeysByTerms::kMost);
  answer_all(2);
  EXPECT_EQ(aws_.http.waiting(), 0u);
  assert_all_served();
}

}  // namespace
}  // namespace broker
