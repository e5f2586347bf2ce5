// Which refusal an override lifts, for whom, and until when.
#include "policy/overrides.h"

#include <gtest/gtest.h>

#include "policy/evaluate.h"
#include "text/hex.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr sys_seconds kNow{1'800'000'000s};
constexpr char kId[] = "0123456789abcdef";

Approval approval() { return {kId, "marta", "ledger-prod", Approval::Status::kApproved, kNow - 10min, kNow + 23h, 1h}; }
BreakGlass event() {
  return {"fedcba9876543210", "marta", "ledger-prod", BreakGlass::Status::kActive, kNow - 1min, kNow + 1h};
}

std::optional<Lift> lift(const Overrides& on_record, Obstacle obstacle = Obstacle::kDenyRule,
                         std::string_view user = "marta", std::string_view profile = "ledger-prod",
                         sys_seconds now = kNow) {
  const auto found = find_lift(obstacle, on_record, user, profile, now);
  EXPECT_TRUE(found);
  return found ? *found : std::nullopt;
}

constexpr Obstacle kAll[] = {
#define OBSTACLE(name, approval, break_glass, why) Obstacle::k##name,
#include "policy/overrides.def"
};

// ---- what nothing lifts --------------------------------------------------------------------------------------------

TEST(Overrides, RequireServerIsLiftedByNothing) {
  for (const Obstacle obstacle : {Obstacle::kServer, Obstacle::kTracking, Obstacle::kServerTracking}) {
    EXPECT_FALSE(lift({{approval()}, {event()}}, obstacle));
  }
}

TEST(Overrides, WhatIsNotPolicyIsLiftedByNothing) {
  for (const Obstacle obstacle :
       {Obstacle::kPolicyUnusable, Obstacle::kLifetime, Obstacle::kCaller, Obstacle::kToken}) {
    EXPECT_FALSE(lift({{approval()}, {event()}}, obstacle));
  }
}

TEST(Overrides, TheTableIsWhatIsLifted) {
  for (const Obstacle obstacle : kAll) {
    EXPECT_EQ(lift({{approval()}, {}}, obstacle).has_value(), approval_lifts(obstacle));
    EXPECT_EQ(lift({{}, {event()}}, obstacle).has_value(), break_glass_lifts(obstacle));
  }
}

// The real evaluator's answers, each with the obstacle that it is.
TEST(Overrides, EachEffectIsTheObstacleOfItsMode) {
  struct Case {
    Effect effect;
    Mode mode;
    std::optional<Obstacle> obstacle;
  };
  const Case cases[] = {{Effect::kDeny, Mode::kServer, Obstacle::kDenyRule},
                        {Effect::kRequireApproval, Mode::kServer, Obstacle::kApproval},
                        {Effect::kRequireServer, Mode::kServer, std::nullopt},
                        {Effect::kRequireServer, Mode::kCli, Obstacle::kServer},
                        {Effect::kRequireServerSession, Mode::kServer, Obstacle::kTracking},
                        {Effect::kRequireServerSession, Mode::kCli, Obstacle::kServerTracking},
                        {Effect::kAllow, Mode::kCli, std::nullopt}};
  for (const Case& c : cases) {
    Policy policy;
    Rule rule;
    rule.name = "ledger";
    rule.effect = c.effect;
    rule.conditions.users = {"marta"};
    policy.rules.push_back(rule);
    EXPECT_EQ(obstacle_of(evaluate(policy, {"marta", "ledger-prod", c.mode, kNow})), c.obstacle) << word(c.effect);
  }
  EXPECT_EQ(obstacle_of(evaluate(Policy{}, {"marta", "ledger-prod", Mode::kServer, kNow})), Obstacle::kNoRule);
}

// ---- approvals -----------------------------------------------------------------------------------------------------

TEST(Overrides, OnlyAnApprovedRequestGrants) {
  for (const auto status : {Approval::Status::kPending, Approval::Status::kDenied, Approval::Status::kExpired,
                            Approval::Status::kCancelled}) {
    Approval other = approval();
    other.status = status;
    EXPECT_FALSE(lift({{other}, {}}));
  }
}

TEST(Overrides, UserAndProfileAreComparedWhole) {
  const Overrides on_record{{approval()}, {event()}};
  for (const char* user : {"", "Marta", "marta ", "mart", "eve"})
    EXPECT_FALSE(lift(on_record, Obstacle::kDenyRule, user));
  for (const char* profile : {"", "Ledger-prod", "ledger-*", "ledger"}) {
    EXPECT_FALSE(lift(on_record, Obstacle::kDenyRule, "marta", profile));
  }
}

TEST(Overrides, AnEmptyUserIsNobodyEvenWhereOneIsOnRecord) {
  Approval nobody = approval();
  nobody.requester = "";
  BreakGlass also = event();
  also.invoker = "";
  EXPECT_FALSE(lift({{nobody}, {also}}, Obstacle::kDenyRule, ""));
}

TEST(Overrides, AnApprovalGrantsToItsLastSecondAndNotBeyond) {
  // The window begins with the request.
  EXPECT_TRUE(lift({{approval()}, {}}, Obstacle::kDenyRule, "marta", "ledger-prod", kNow + 50min));
  EXPECT_FALSE(lift({{approval()}, {}}, Obstacle::kDenyRule, "marta", "ledger-prod", kNow + 50min + 1s));
  Approval expiring = approval();
  expiring.expires_at = kNow;
  EXPECT_TRUE(lift({{expiring}, {}}));
  expiring.expires_at = kNow - 1s;
  EXPECT_FALSE(lift({{expiring}, {}}));
  expiring.expires_at = {};
  EXPECT_FALSE(lift({{expiring}, {}}));
}

TEST(Overrides, AnApprovalThatMakesNoSenseGrantsNothing) {
  Approval future = approval(), endless = approval(), unnamed = approval(), odd = approval();
  future.created_at = kNow + 1s;
  endless.duration = 0s;
  unnamed.id = "";
  odd.id = "0123456789ABCDEF";
  EXPECT_FALSE(lift({{future, endless, unnamed, odd}, {}}));
  Approval long_one = approval();
  long_one.duration = 24h;  // more than anybody may ask for
  EXPECT_EQ(lift({{long_one}, {}})->ends, long_one.created_at + 8h);
}

TEST(Overrides, AnApprovalIsInTheMarkerAndItsEndIsTheEarlier) {
  const auto found = lift({{approval()}, {}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->approval_id, kId);
  EXPECT_EQ(found->break_glass_id, "");
  EXPECT_EQ(found->marker, sha256_hex(kId).substr(0, 8));
  EXPECT_EQ(found->ends, kNow + 50min);
  Approval early = approval();
  early.expires_at = kNow + 5min;
  EXPECT_EQ(lift({{early}, {}})->ends, kNow + 5min);
}

TEST(Overrides, OfSeveralTheOneThatEndsLastGrants) {
  Approval later = approval();
  later.id = "1111111111111111";
  later.created_at = kNow - 5min;
  EXPECT_EQ(lift({{approval(), later}, {}})->approval_id, later.id);
  EXPECT_EQ(lift({{later, approval()}, {}})->approval_id, later.id);
}

// ---- break-glass ---------------------------------------------------------------------------------------------------

TEST(Overrides, OnlyAnActiveEventGrants) {
  for (const auto status : {BreakGlass::Status::kClosed, BreakGlass::Status::kExpired}) {
    BreakGlass other = event();
    other.status = status;
    EXPECT_FALSE(lift({{}, {other}}));
  }
}

TEST(Overrides, AnEventGrantsToItsLastSecondAndNotBeyond) {
  EXPECT_TRUE(lift({{}, {event()}}, Obstacle::kDenyRule, "marta", "ledger-prod", kNow + 1h));
  EXPECT_FALSE(lift({{}, {event()}}, Obstacle::kDenyRule, "marta", "ledger-prod", kNow + 1h + 1s));
}

TEST(Overrides, AnApprovalComesBeforeAnEvent) {
  EXPECT_EQ(lift({{approval()}, {event()}})->approval_id, kId);
  const auto found = lift({{}, {event()}});
  EXPECT_EQ(found->break_glass_id, "fedcba9876543210");
  EXPECT_EQ(found->approval_id, "");
  EXPECT_EQ(found->marker, "direct");
}

}  // namespace
}  // namespace broker
