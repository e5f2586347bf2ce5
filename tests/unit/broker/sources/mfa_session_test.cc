// One code for many: who is asked, how often, and when not.
#include "sources/mfa_session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "aws_fakes.h"
#include "errand_fakes.h"
#include "host/aead.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;
using testing::field;
using testing::issued;
using testing::refused;

constexpr char kSerial[] = "arn:aws:iam::111122223333:mfa/marta";
constexpr char kWrong[] = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
constexpr char kMarta[] = "arn:aws:iam::111122223333:user/marta", kNina[] = "arn:aws:iam::111122223333:user/nina",
               kElsewhere[] = "arn:aws:iam::999999999999:user/marta";
constexpr char kEnds[] = "2026-01-27T22:00:00Z";  // the clock stands at ten in the morning

class MfaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    char name[] = "/tmp/mfa_session_test.XXXXXX";
    ASSERT_GE(file_ = ::mkstemp(name), 0);
    path_ = name;
  }
  void TearDown() override {
    runs_.clear();
    ::close(file_);
    ::unlink(path_.c_str());
  }
  SessionStore* new_store() {
    stores_.push_back(std::make_unique<SessionStore>(ipc::UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC)),
                                                     ipc::SecretBuffer::copy_of(std::string(kAeadKeyBytes, 'k'))));
    return stores_.back().get();
  }
  // A run of the same user, with its own long-term key in hand.
  MfaKeys& run(const std::string& process = {}, bool shared = true, BaseKey key = testing::long_term_key()) {
    runs_.push_back(std::make_unique<MfaKeys>(
        MfaParts{aws_.context, errands_, shared ? new_store() : nullptr, testing::endpoint(),
                 MfaPlan{kSerial, process, "marta", "config:3"}, kMfaSessionForRoles, began_, sharing(shared)},
        std::make_unique<FixedKey>(std::move(key))));
    return *runs_.back();
  }
  MfaSharing sharing(bool asked_for) {
    const auto hear = [this](const std::string& sentence) { heard_.push_back(sentence); };
    return {asked_for, hear, hear, [this](std::chrono::sys_seconds made) { made_.push_back(made); }};
  }
  void get(MfaKeys& keys) {
    keys.get([this](const ipc::Result<SharedKey>& key) {
      got_.push_back(key ? (*key)->access_key_id : "error: " + key.error().what);
    });
    aws_.timers.pass(0s);
  }
  void answer_with(const std::string& id) { aws_.http.answer(200, issued("GetSessionToken", kEnds, id)); }
  // Whose the long-term key is, and then a session of the store.
  void say_owners(const std::string& of_key, const std::string& of_session) {
    say_owner(of_key);
    say_owner(of_session);
  }
  void say_owner(const std::string& arn) {
    aws_.http.answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>" + arn +
                              "</Arn><UserId>AIDA</UserId><Account>" + arn.substr(13, 12) +
                              "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>");
  }
  void plant(const std::string& id) {
    const auto now = aws_.context.aws_now();
    IssuedCredentials planted{id, ipc::SecretBuffer::copy_of("s"), ipc::SecretBuffer::copy_of("t"), now + 11h, {}, {}};
    ASSERT_TRUE(new_store()->put({testing::long_term_key().access_key_id, kSerial, kMfaSessionForRoles}, planted, now));
  }
  void refuse_code() { aws_.http.answer(403, refused("AccessDenied", kWrong)); }

  FakeAws aws_;
  broker::Principal began_;  // without a principal: at the start nobody's session is the wrong one
  FakeErrands errands_;
  int file_ = -1;
  std::string path_;
  std::vector<std::unique_ptr<SessionStore>> stores_;
  std::vector<std::unique_ptr<MfaKeys>> runs_;
  std::vector<std::string> got_, heard_;
  std::vector<std::chrono::sys_seconds> made_;
};

TEST_F(MfaTest, ATemporaryKeyIsRefusedBeforeAnybodyIsAsked) {
  BaseKey temporary = testing::long_term_key();
  temporary.session_token = ipc::SecretBuffer::copy_of("a token");
  get(run({}, true, std::move(temporary)));
  ASSERT_EQ(got_.size(), 1u);
  EXPECT_EQ(got_[0].find("error: config:3: profile 'marta' names an MFA device"), 0u) << got_[0];
  EXPECT_EQ(errands_.waiting(), 0u);
}

TEST_F(MfaTest, WhoSendsTheQuestionAwayIsLeftInPeace) {
  MfaKeys& keys = run();
  get(keys);
  errands_.fail({ipc::Fault::kRefused, "the question was sent away", "", 0});
  ASSERT_EQ(got_.size(), 1u);
  EXPECT_EQ(got_[0], "error: no MFA code for profile 'marta': the question was sent away");
  aws_.timers.pass(MfaKeys::kQuiet - 1s);
  get(keys);
  EXPECT_EQ(got_.size(), 2u) << "told at once";
  EXPECT_EQ(errands_.waiting(), 0u);
  aws_.timers.pass(2s);
  get(keys);
  EXPECT_EQ(errands_.waiting(), 1u);
}

TEST_F(MfaTest, AWrongCodeIsAskedForAgainAndNotForEver) {
  get(run());
  for (int i = 0; i < MfaKeys::kTries; ++i) {
    ASSERT_EQ(errands_.waiting(), 1u) << i;
    EXPECT_EQ(errands_.last().text.detail, i == 0 ? "" : "the last code was refused");
    errands_.answer("12345" + std::to_string(i));
    refuse_code();
  }
  ASSERT_EQ(got_.size(), 1u);
  EXPECT_NE(got_[0].find("AWS refused the MFA code"), std::string::npos);
  EXPECT_EQ(errands_.waiting(), 0u);
}

// The words are AWS's own.
TEST_F(MfaTest, ADeviceThatIsNotTheUsersIsNoWrongCode) {
  std::string next_step;
  MfaKeys& keys = run();
  keys.get([&](const ipc::Result<SharedKey>& key) { next_step = key ? "" : key.error().next_step; });
  aws_.timers.pass(0s);
  errands_.answer("123456");
  aws_.http.answer(403,
                   refused("AccessDenied",
                           "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA "
                           "serial number is valid and associated with this user."));
  EXPECT_NE(next_step.find("check mfa_serial"), std::string::npos) << next_step;
  get(keys);
  EXPECT_EQ(errands_.waiting(), 0u) << "asked again for a code that cannot help";
}

TEST_F(MfaTest, WhatIsNoCodeIsNeverSent) {
  get(run());
  for (const char* odd : {"12345", "12345a", "1234567\n"}) errands_.answer(odd);
  ASSERT_EQ(got_.size(), 1u);
  EXPECT_NE(got_[0].find("six digits"), std::string::npos);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(MfaTest, AProgramThatIsWrongOnceIsWrong) {
  get(run("ykman oath"));
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::RunMfaProcess);
  EXPECT_EQ(errands_.last().text.subject, "ykman oath");
  errands_.answer("123456\n");
  refuse_code();
  ASSERT_EQ(got_.size(), 1u);
  EXPECT_EQ(errands_.waiting(), 0u);
}

TEST_F(MfaTest, AnotherRefusalOfAwsIsNoWrongCode) {
  get(run());
  errands_.answer("123456");
  aws_.http.answer(403, refused("AccessDenied", "not authorized to perform sts:GetSessionToken"));
  ASSERT_EQ(got_.size(), 1u);
  EXPECT_EQ(got_[0].find("error: MFA session for the key of profile 'marta'"), 0u) << got_[0];
  EXPECT_EQ(errands_.waiting(), 0u);
}

TEST_F(MfaTest, OneCodeMakesOneSessionForAllThatWait) {
  MfaKeys& keys = run();
  for (int i = 0; i < 20; ++i) get(keys);
  EXPECT_EQ(errands_.waiting(), 1u);
  EXPECT_EQ(errands_.last().text.subject, kSerial);
  errands_.answer(" 123456\n");
  ASSERT_EQ(aws_.http.requests.size(), 1u);
  EXPECT_EQ(field(aws_.http.last(), "TokenCode"), "123456");
  EXPECT_EQ(field(aws_.http.last(), "SerialNumber"), "arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fmarta");
  EXPECT_EQ(field(aws_.http.last(), "DurationSeconds"), "43200");
  answer_with("ASIAONE");
  EXPECT_EQ(got_, std::vector<std::string>(20, "ASIAONE"));
}

TEST_F(MfaTest, AnotherRunFindsTheSessionAndAsksNobody) {
  get(run());
  errands_.answer("123456");
  answer_with("ASIAONE");
  get(run());
  EXPECT_EQ(got_.size(), 1u) << "not before AWS has said whose both are";
  say_owners(kMarta, kMarta);
  EXPECT_EQ(got_, (std::vector<std::string>{"ASIAONE", "ASIAONE"}));
  EXPECT_EQ(errands_.errands.size(), 1u);
  EXPECT_EQ(made_, std::vector{aws_.context.aws_now()}) << "made for twelve hours, which all lie ahead";
  EXPECT_NE(heard_.at(0).find("another run of yours made at 2026-01-27T10:00:00Z"), std::string::npos) << heard_.at(0);
}

// At the first use of the run, when nobody knows yet whom it begins as.
TEST_F(MfaTest, ASessionOfAnotherPrincipalOrAccountIsNeverUsedAndTheUserIsTold) {
  for (const char* owner : {kNina, kElsewhere}) {
    plant("ASIAPLANTED");
    get(run());
    EXPECT_EQ(errands_.waiting(), 0u);
    say_owners(kMarta, owner);
    ASSERT_EQ(errands_.waiting(), 1u) << owner;
    EXPECT_NE(heard_.back().find(owner), std::string::npos) << heard_.back();
    errands_.answer("123456");
    answer_with("ASIAONE");
    EXPECT_EQ(got_.back(), "ASIAONE");
    EXPECT_TRUE(made_.empty());
    runs_.clear();
  }
}

TEST_F(MfaTest, ASessionThatAwsHasForgottenIsNotUsedAndNobodyIsAccused) {
  plant("ASIAGONE");
  get(run());
  say_owner(kMarta);
  aws_.http.answer(403, refused("InvalidClientTokenId", "The security token included in the request is invalid."));
  EXPECT_EQ(errands_.waiting(), 1u);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(MfaTest, RunsAtTheSameTimeAskOnce) {
  get(run());
  get(run());
  EXPECT_EQ(errands_.waiting(), 1u) << "the second waits for the first one's session";
  errands_.answer("123456");
  answer_with("ASIAONE");
  aws_.timers.pass(1s);
  say_owners(kMarta, kMarta);
  EXPECT_EQ(got_, (std::vector<std::string>{"ASIAONE", "ASIAONE"}));
  EXPECT_EQ(errands_.errands.size(), 1u);
}

TEST_F(MfaTest, ARunThatEndsInTheMiddleLeavesTheTurnToTheNext) {
  get(run());
  get(run());
  runs_.erase(runs_.begin());
  aws_.timers.pass(1s);
  EXPECT_EQ(errands_.waiting(), 1u);
  EXPECT_EQ(errands_.errands.size(), 2u);
}

// The file is the user's: any program of his, the command of a run too, can lock it and go on for ever.
TEST_F(MfaTest, ALockThatNobodyLetsGoOfIsNotWaitedForForEver) {
  const SessionStore* const hostile = new_store();
  ASSERT_TRUE(*hostile->try_lock());
  get(run());
  aws_.timers.pass(5min + 30s);
  EXPECT_EQ(errands_.waiting(), 0u) << "a human has five minutes";
  aws_.timers.pass(1min);
  ASSERT_EQ(errands_.waiting(), 1u);
  errands_.answer("123456");
  answer_with("ASIAONE");
  EXPECT_EQ(got_, std::vector<std::string>{"ASIAONE"});
}

TEST_F(MfaTest, WithoutAStoreEachRunAsksForItself) {
  get(run({}, false));
  errands_.answer("123456");
  answer_with("ASIAONE");
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_NE(heard_[0].find("--share-mfa"), std::string::npos) << "how the next prompt could be saved";
  get(run({}, false));
  EXPECT_EQ(errands_.waiting(), 1u);
}

// Whoever writes the store needs no more than the user's uid.
TEST_F(MfaTest, ASessionOfAnotherPrincipalInTheStoreIsNoRenewal) {
  MfaKeys& keys = run();
  get(keys);
  errands_.answer("123456");
  answer_with("ASIAONE");
  began_.account = "111122223333";
  began_.user = "marta";
  began_.arn = "arn:aws:iam::111122223333:user/marta";
  for (const char* owner : {kNina, kMarta}) {
    plant(owner == kNina ? "ASIANINAS" : "ASIAPLANTED");
    keys.refuse(keys.held()->key);
    aws_.timers.pass(2min);  // after the pause that follows a refusal
    get(keys);
    say_owners(owner, owner);  // of a long-term key that was changed as well
    say_owner(owner);
  }
  EXPECT_EQ(got_, (std::vector<std::string>{"ASIAONE",
                                            "error: the source gives the keys of arn:aws:iam::111122223333:user/nina "
                                            "now, and this run began as arn:aws:iam::111122223333:user/marta",
                                            "ASIAPLANTED"}));
}

TEST_F(MfaTest, TheNextCodeIsAskedForAheadOfTheEnd) {
  MfaKeys& keys = run();
  get(keys);
  errands_.answer("123456");
  answer_with("ASIAONE");
  aws_.timers.pass(11h + 30min);
  EXPECT_EQ(errands_.waiting(), 0u) << "half an hour is enough for a human";
  aws_.timers.pass(10min);
  EXPECT_EQ(errands_.waiting(), 1u);
  get(keys);
  EXPECT_EQ(got_.back(), "ASIAONE") << "nobody waits for the human meanwhile";
}

}  // namespace
}  // namespace broker
