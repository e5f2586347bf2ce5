#include "keys/fresh_keys.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "issuing/chain_run.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::issued;
using testing::refused;

class FreshKeysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    profile_.name = profile_.base_profile = "marta";
    aws_.use(testing::long_term_key());
    profile_.sts = testing::endpoint();
    profile_.chain.push_back({"ledger-prod", "arn:aws:iam::111122223333:role/ledger-prod", "", 0s});
    make({"marta", "direct", {900s, 900s, false}});
  }
  void make(const IssueTerms& terms) {
    const StartFetch fetch = [this, terms](OnKeys done) {
      return std::make_unique<RoleChainRun>(aws_.context, profile_, terms, std::move(done));
    };
    issuer_ = std::make_unique<FreshKeys>(aws_.context, fetch,
                                          KeyEvents{[this](const IssuedCredentials&) { ++issues_; },
                                                    [this](const ipc::Error&, std::chrono::seconds left) {
                                                      ++failures_;
                                                      left_ = left;
                                                    }});
  }
  void get() {
    issuer_->get([this](ipc::Result<const IssuedCredentials*> keys) {
      ++answers_;
      got_ = keys ? (*keys)->access_key_id : "error: " + keys.error().what;
    });
  }
  // Answers the request that waits with keys that live 15 minutes from now.
  void answer_with(const std::string& id, std::chrono::seconds life = 900s) {
    const auto end = std::chrono::floor<std::chrono::seconds>(aws_.clock.wall()) + life;
    const auto day = std::chrono::floor<std::chrono::days>(end);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(end - day);
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), int(time.hours().count()), int(time.minutes().count()),
                  int(time.seconds().count()));
    aws_.http.answer(200, issued("AssumeRole", text, id));
  }
  void refuse() { aws_.http.answer(403, refused("AccessDenied")); }
  // Lets every try of one run fail.
  void network_down() {
    while (aws_.http.waiting() > 0) {
      aws_.http.fail(ipc::Fault::kUnavailable);
      if (aws_.http.waiting() == 0 && aws_.timers.armed() && failures_ == failures_before_)
        aws_.timers.pass(aws_.timers.wait());
    }
    failures_before_ = failures_;
  }
  std::size_t calls() const { return aws_.http.requests.size(); }

  FakeAws aws_;
  ResolvedProfile profile_;
  std::unique_ptr<FreshKeys> issuer_;
  int answers_ = 0, issues_ = 0, failures_ = 0, failures_before_ = 0;
  std::chrono::seconds left_{-1};
  std::string got_;
};

TEST_F(FreshKeysTest, AFailureIsToldToEveryWaiterAndAsksNothingMore) {
  for (int i = 0; i < 50; ++i) get();
  refuse();
  EXPECT_EQ(answers_, 50);
  EXPECT_EQ(got_.find("error: role 1 of 1"), 0u) << got_;
  EXPECT_EQ(calls(), 1u);
  EXPECT_FALSE(aws_.timers.armed());  // nothing runs by itself without keys
  EXPECT_EQ(left_, 0s);
}

TEST_F(FreshKeysTest, AfterAFailureAFloodOfClientsReachesStsOncePerPause) {
  get();
  refuse();
  for (int i = 0; i < 100; ++i) get();
  EXPECT_EQ(answers_, 101);
  EXPECT_EQ(calls(), 1u);
  aws_.timers.pass(5s);
  for (int i = 0; i < 100; ++i) get();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(FreshKeysTest, KeysThatAreAboutToEndAreNotHandedOut) {
  get();
  answer_with("ASIAFIRST");
  const auto renewing = issuer_->current();
  ASSERT_TRUE(renewing);
  aws_.timers.pass(900s - FreshKeys::kLeastLife);
  EXPECT_TRUE(issuer_->current());
  aws_.timers.pass(1s);
  EXPECT_FALSE(issuer_->current());
}

TEST_F(FreshKeysTest, KeysThatStsIssuedTooShortAreAFailure) {
  get();
  answer_with("ASIASHORT", 59s);
  EXPECT_EQ(got_.find("error: the keys that came end in 59 s"), 0u) << got_;
  EXPECT_FALSE(issuer_->current());
  EXPECT_EQ(issues_, 0);
}

TEST_F(FreshKeysTest, NoSentenceCountsBackwards) {
  get();
  answer_with("ASIAOLD", -817733232s);
  EXPECT_EQ(got_.find("error: the keys that came have ended already, at "), 0u) << got_;
  EXPECT_EQ(got_.find('-', got_.find(" at ") + std::string(" at 2000-01-01T").size()), std::string::npos) << got_;
}

// ---- the end, by the clock of who is told it

TEST_F(FreshKeysTest, TheEndThatIsToldIsByThisMachinesClock) {
  for (const std::chrono::seconds off : {0s, 5400s, -5400s}) {
    aws_.context.clock_offset = off;
    issuer_->drop();
    get();
    answer_with("ASIAKEYS", 900s + off);  // of the fake's own clock, which is ours
    ASSERT_TRUE(issuer_->current());
    const auto now = std::chrono::floor<std::chrono::seconds>(aws_.clock.wall());
    EXPECT_EQ(issuer_->end_by_this_clock(), now + 900s) << off.count();
    EXPECT_EQ(issuer_->current()->expiration, now + 900s + off) << "AWS's is not touched";
  }
}

// What was learned of the clock does not hold any more: keys must not look good for longer than they are.
TEST_F(FreshKeysTest, AClockThatIsSetInBetweenMakesNoKeysLookLonger) {
  get();
  answer_with("ASIAKEYS");
  aws_.clock.set_wall(aws_.clock.wall() - 90min);
  const auto now = std::chrono::floor<std::chrono::seconds>(aws_.clock.wall());
  EXPECT_EQ(issuer_->end_by_this_clock(), now + 900s);
}

// Two minutes: handed out until 30 s are left, renewed at 80 s, so that there is a key at every moment.
TEST_F(FreshKeysTest, UnderAHardExpiryThereIsAKeyAtEveryMoment) {
  Narrowing narrowing;
  narrowing.hard_expiry = 120s;
  make({"marta", "direct", {120s, 900s, true}, std::nullopt, std::make_shared<const Narrowing>(narrowing)});
  get();
  answer_with("ASIAFIRST");
  for (int second = 0; second < 600; ++second) {
    aws_.timers.pass(1s);
    const IssuedCredentials* keys = issuer_->current();
    ASSERT_TRUE(keys) << second;
    EXPECT_LE(keys->expiration, aws_.context.aws_now() + 120s);
    if (second % 3 == 0 && aws_.http.waiting() > 0) answer_with("ASIANEXT");
  }
  EXPECT_GE(calls(), 6u);
  EXPECT_LE(calls(), 9u);
}

TEST_F(FreshKeysTest, KeysOfAShortLifeAreNotHandedOutInTheirLastQuarter) {
  Narrowing narrowing;
  narrowing.hard_expiry = 120s;
  make({"marta", "direct", {120s, 900s, true}, std::nullopt, std::make_shared<const Narrowing>(narrowing)});
  get();
  answer_with("ASIAFIRST");
  aws_.timers.pass(90s);
  EXPECT_TRUE(issuer_->current());
  aws_.timers.pass(1s);
  EXPECT_FALSE(issuer_->current());
}

TEST_F(FreshKeysTest, IsIdleOnlyWhileNothingIsUnderWay) {
  EXPECT_TRUE(issuer_->idle());
  bool idle_in_callback = true;
  issuer_->get([&](const ipc::Result<const IssuedCredentials*>&) { idle_in_callback = issuer_->idle(); });
  EXPECT_FALSE(issuer_->idle());
  answer_with("ASIAFIRST");
  EXPECT_FALSE(idle_in_callback);
  EXPECT_TRUE(issuer_->idle());
}

TEST_F(FreshKeysTest, AClockSetBackDoesNotMakeKeysLiveLonger) {
  get();
  answer_with("ASIAFIRST");
  aws_.clock.pass(850s);
  aws_.clock.set_wall(aws_.clock.wall() - 24h);
  EXPECT_FALSE(issuer_->current());
}

TEST_F(FreshKeysTest, AClockSetForwardEndsThemOnTheWallClock) {
  get();
  answer_with("ASIAFIRST");
  aws_.clock.set_wall(aws_.clock.wall() + 850s);
  EXPECT_FALSE(issuer_->current());
}

TEST_F(FreshKeysTest, AFailedRenewalNeverReplacesGoodKeys) {
  get();
  answer_with("ASIAFIRST");
  aws_.timers.pass(aws_.timers.wait());
  ASSERT_EQ(aws_.http.waiting(), 1u);
  refuse();
  EXPECT_EQ(failures_, 1);
  EXPECT_GT(left_, 60s);
  get();
  EXPECT_EQ(got_, "ASIAFIRST");
}

TEST_F(FreshKeysTest, FailedRenewalsGoOnWithPausesUntilTheKeysEnd) {
  get();
  answer_with("ASIAFIRST");
  aws_.timers.pass(aws_.timers.wait());
  refuse();
  int renewals = 1;
  while (aws_.timers.armed()) {
    const auto pause = aws_.timers.wait();
    EXPECT_GE(pause, 2500ms);
    EXPECT_LE(pause, 60s);
    aws_.timers.pass(pause);
    refuse();
    ASSERT_LT(++renewals, 50);
  }
  EXPECT_GT(renewals, 4);
  EXPECT_FALSE(issuer_->current());
  get();
  EXPECT_EQ(got_.find("error: "), 0u);
}

TEST_F(FreshKeysTest, ARenewalAfterFailuresReplacesTheKeys) {
  get();
  answer_with("ASIAFIRST");
  aws_.timers.pass(aws_.timers.wait());
  failures_before_ = failures_;
  network_down();
  aws_.timers.pass(aws_.timers.wait());
  answer_with("ASIASECOND");
  get();
  EXPECT_EQ(got_, "ASIASECOND");
  EXPECT_EQ(issues_, 2);
}

TEST_F(FreshKeysTest, OneRunServesEveryoneWhoAsks) {
  for (int i = 0; i < 1000; ++i) get();
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(answers_, 0);
  answer_with("ASIAFIRST");
  EXPECT_EQ(answers_, 1000);
  EXPECT_EQ(got_, "ASIAFIRST");
  for (int i = 0; i < 1000; ++i) get();
  EXPECT_EQ(answers_, 2000);
  EXPECT_EQ(calls(), 1u);
}

TEST_F(FreshKeysTest, RenewsAtAboutTwoThirdsOfTheLifeAndServesTheOldKeysMeanwhile) {
  get();
  answer_with("ASIAFIRST");
  EXPECT_EQ(aws_.timers.wait(), Clock::SinceBoot(600s));
  aws_.timers.pass(599s);
  EXPECT_EQ(calls(), 1u);
  aws_.timers.pass(1s);
  EXPECT_EQ(calls(), 2u);
  get();
  EXPECT_EQ(got_, "ASIAFIRST");
  answer_with("ASIASECOND");
  get();
  EXPECT_EQ(got_, "ASIASECOND");
}

TEST_F(FreshKeysTest, OneCallPerRenewalPeriodHoweverManyAsk) {
  get();
  answer_with("ASIAFIRST");
  for (int minute = 0; minute < 60; ++minute) {
    for (int i = 0; i < 100; ++i) get();
    aws_.timers.pass(1min);
    if (aws_.http.waiting() > 0) answer_with("ASIANEXT");
  }
  EXPECT_EQ(calls(), 7u);  // one, and one each ten minutes
}

TEST_F(FreshKeysTest, AMissedTimerIsMadeUpForByTheNextClient) {
  get();
  answer_with("ASIAFIRST");
  aws_.clock.pass(700s);  // the machine slept; no timer fired
  get();
  EXPECT_EQ(got_, "ASIAFIRST");
  EXPECT_EQ(calls(), 2u);
  get();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(FreshKeysTest, AWaiterMayAskAgainFromItsCallback) {
  int depth = 0;
  std::function<void(ipc::Result<const IssuedCredentials*>)> again = [&](ipc::Result<const IssuedCredentials*>) {
    if (++depth < 5) issuer_->get(again);
  };
  issuer_->get(again);
  refuse();
  EXPECT_EQ(depth, 5);
}

TEST_F(FreshKeysTest, DestroyedInTheMiddleItCallsNobody) {
  get();
  issuer_.reset();
  EXPECT_EQ(aws_.http.waiting(), 0u);
  EXPECT_FALSE(aws_.timers.armed());
  EXPECT_EQ(answers_, 0);
}

TEST(IssuerTimes, RenewalFallsAroundTwoThirds) {
  EXPECT_EQ(renewal_delay(900s, 0.5), 600s);
  EXPECT_EQ(renewal_delay(900s, 0.0), 555s);
  EXPECT_EQ(renewal_delay(900s, 1.0), 645s);
}

TEST(IssuerTimes, PausesGrowToAMinute) {
  EXPECT_EQ(failure_pause(1, ipc::Fault::kUnavailable, 0), 1s);
  EXPECT_EQ(failure_pause(2, ipc::Fault::kUnavailable, 0), 2s);
  EXPECT_EQ(failure_pause(1, ipc::Fault::kRefused, 0), 5s);
  EXPECT_EQ(failure_pause(1, ipc::Fault::kRefused, 1), 2500ms);
  for (int n = 7; n < 1000; n += 99) EXPECT_EQ(failure_pause(n, ipc::Fault::kUnavailable, 0), 60s);
}

}  // namespace
}  // namespace broker
