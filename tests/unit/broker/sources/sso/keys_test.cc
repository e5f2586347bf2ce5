#include "sources/sso/keys.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "aws_fakes.h"
#include "errand_fakes.h"
#include "full_arena.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;
using testing::header_of;

constexpr std::string_view kStart = "https://ledger.awsapps.com/start";

// One run of the broker with its own errands and its own network; the folder of token files is the user's.
struct OneRun {
  FakeAws& aws;
  FakeErrands errands;
  std::vector<std::string> warnings{}, answers{};
  StartFetch start{};
  std::unique_ptr<KeyFetch> fetch{};

  OneRun(FakeAws& of, const SsoPlan& plan, bool auto_login) : aws(of) {
    start = sso_keys(aws.context, errands, plan,
                     {auto_login, false, "dev", [this](const std::string& sentence) { warnings.push_back(sentence); }});
  }
  void get() {
    fetch = start([this](const ipc::Result<IssuedCredentials>& keys) {
      answers.push_back(keys ? keys->access_key_id : keys.error().what + " | " + keys.error().next_step);
    });
  }
  [[nodiscard]] std::string last() const { return answers.empty() ? "no answer" : answers.back(); }
};

class SsoKeys : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    std::string pattern = (std::filesystem::temp_directory_path() / "sso-XXXXXX").string();
    ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
    folder_ = pattern;
    plan_.session = "ledger";
    plan_.start_url = kStart;
    plan_.account_id = "111122223333";
    plan_.role_name = "LedgerRead";
    plan_.region = "eu-central-1";
    plan_.scopes = {"sso:account:access"};
    plan_.oidc = {"https://oidc.example.com", "oidc.example.com", true, ""};
    plan_.portal = {"https://portal.example.com", "portal.example.com", true, ""};
    plan_.place = "~/.aws/config:3";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path token_path() { return folder_ / (sso_token_name(plan_) + ".json"); }
  std::filesystem::path client_path() { return folder_ / (sso_client_name(plan_) + ".json"); }
  void write(const std::filesystem::path& path, std::string_view text) { std::ofstream(path) << text; }
  std::string read(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string at(std::chrono::seconds from_now) {
    return std::string(rfc3339(std::chrono::floor<std::chrono::seconds>(aws_.clock.wall()) + from_now).text());
  }
  std::string token_text(std::string_view access, std::chrono::seconds life, std::string_view more = "") {
    return R"({"startUrl":")" + std::string(kStart) + R"(","region":"eu-central-1","accessToken":")" +
           std::string(access) + R"(","expiresAt":")" + at(life) + '"' + std::string(more) + "}";
  }
  std::string renewable(std::chrono::seconds registration = 24h) {
    return R"(,"clientId":"client-1","clientSecret":"hidden-1","registrationExpiresAt":")" + at(registration) +
           R"(","refreshToken":"again-1")";
  }
  // Does the errand that waits for a file, as the supervisor does: by its name, made where it is missing.
  void open_file(OneRun& run) {
    ASSERT_EQ(1U, run.errands.waiting());
    const auto& errand = run.errands.last();
    ASSERT_EQ(ipc::ErrandKind::OpenTokenCache, errand.kind);
    EXPECT_EQ("dev", errand.text.profile);
    const auto path = folder_ / (errand.text.subject + ".json");
    run.errands.opened(ipc::UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)));
  }
  void begin(OneRun& run) {
    run.get();
    open_file(run);
  }
  void give_keys(const std::string& id = "ASIAROLE") {
    ASSERT_TRUE(aws_.http.last().url.starts_with("https://portal.example.com/federation/credentials?"));
    const auto end = std::chrono::floor<std::chrono::milliseconds>(aws_.clock.wall() + 1h).time_since_epoch().count();
    aws_.http.answer(200, R"({"roleCredentials":{"accessKeyId":")" + id +
                              R"(","secretAccessKey":"hidden","sessionToken":"token","expiration":)" +
                              std::to_string(end) + "}}");
  }
  void refuse_portal(long status, const std::string& code) {
    HttpAnswer answer;
    answer.status = status;
    answer.error_type = code;
    answer.body.append(R"({"message":"No access"})");
    aws_.http.answer(std::move(answer));
  }
  void refuse_oidc(const std::string& word, long status = 400) {
    aws_.http.answer(status, R"({"error":")" + word + R"(","error_description":"because"})");
  }
  void give_token(const std::string& access, const std::string& more = R"(,"refreshToken":"again-2")") {
    ASSERT_EQ("https://oidc.example.com/token", aws_.http.last().url);
    aws_.http.answer(200, R"({"accessToken":")" + access + R"(","expiresIn":28800)" + more + "}");
  }
  void give_registration() {
    ASSERT_EQ("https://oidc.example.com/client/register", aws_.http.last().url);
    const auto ends = std::chrono::floor<std::chrono::seconds>(aws_.clock.wall() + 24h * 90).time_since_epoch().count();
    aws_.http.answer(200, R"({"clientId":"client-2","clientSecret":"hidden-2","clientSecretExpiresAt":)" +
                              std::to_string(ends) + "}");
  }
  void give_device(int lives = 600, int interval = 5) {
    ASSERT_EQ("https://oidc.example.com/device_authorization", aws_.http.last().url);
    aws_.http.answer(200, R"({"deviceCode":"device-1","userCode":"BCDF-GHJK","expiresIn":)" + std::to_string(lives) +
                              R"(,"interval":)" + std::to_string(interval) +
                              R"(,"verificationUriComplete":"https://device.example.com/?user_code=BCDF-GHJK"})");
  }
  // From the token file to the page that the user sees.
  void show_login(OneRun& run) {
    begin(run);
    open_file(run);  // of the registration
    give_registration();
    give_device();
    refuse_oidc("authorization_pending");
    ASSERT_EQ(ipc::ErrandKind::ShowLogin, run.errands.last().kind);
  }
  [[nodiscard]] std::string token_sent() const { return header_of(aws_.http.last(), "x-amz-sso_bearer_token"); }

  std::filesystem::path folder_;
  SsoPlan plan_;
  FakeAws aws_;
};

// ---- no token, and nobody who may ask for one ----------------------------------------------------------------------

TEST_F(SsoKeys, WithoutATokenTheSentenceSaysHowToSignIn) {
  OneRun run(aws_, plan_, false);
  begin(run);
  EXPECT_EQ("~/.aws/config:3: nobody is signed in | run `aws sso login --profile dev`, or start with --auto-login",
            run.last());
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(SsoKeys, ATokenThatHasEndedIsNotSent) {
  write(token_path(), token_text("access-1", 10s));
  OneRun run(aws_, plan_, false);
  begin(run);
  EXPECT_EQ("~/.aws/config:3: the token of https://ledger.awsapps.com/start has ended at " + at(10s) +
                " | run `aws sso login --profile dev`, or start with --auto-login",
            run.last());
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(SsoKeys, AFileThatMakesNoSenseIsNamed) {
  const std::pair<std::string, std::string> rows[] = {
      {"<html>", "is not one JSON object"},
      {std::string(100'000, ' '), "is larger than 64 KiB"},
      {R"({"accessToken":5})", "has a value for accessToken that is no text"}};
  for (const auto& [text, why] : rows) {
    write(token_path(), text);
    OneRun run(aws_, plan_, false);
    begin(run);
    EXPECT_TRUE(run.last().starts_with("~/.aws/config:3: the token file ~/.aws/sso/cache/" + sso_token_name(plan_) +
                                       ".json " + why))
        << run.last();
  }
}

TEST_F(SsoKeys, ATokenThatFindsNoRoomIsNeitherReplacedNorALoginAskedFor) {
  const std::string text = token_text("access-1", 8h, renewable());
  write(token_path(), text);
  OneRun run(aws_, plan_, true);
  const testing::FullArena full;
  begin(run);
  EXPECT_TRUE(
      run.last().starts_with("~/.aws/config:3: the token file finds no room in the memory for secrets | try again"))
      << run.last();
  EXPECT_TRUE(aws_.http.requests.empty());
  EXPECT_EQ(text, read(token_path()));
}

TEST_F(SsoKeys, ATokenOfAnotherStartUrlIsNotSent) {
  write(token_path(),
        R"({"startUrl":"https://other.awsapps.com/start","accessToken":"access-1","expiresAt":")" + at(8h) + "\"}");
  OneRun run(aws_, plan_, false);
  begin(run);
  EXPECT_TRUE(run.last().starts_with("~/.aws/config:3: the token that is kept is of another start URL than"))
      << run.last();
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(SsoKeys, AFileThatCannotBeOpenedEndsTheTry) {
  OneRun run(aws_, plan_, true);
  run.get();
  run.errands.fail({ipc::Fault::kRefused, "the token file belongs to another user", "remove it"});
  EXPECT_EQ("~/.aws/config:3: the token file belongs to another user | remove it", run.last());
}

// ---- what the portal refuses ---------------------------------------------------------------------------------------

TEST_F(SsoKeys, ARoleThatTheUserMayNotHaveIsNamed) {
  for (const auto& [status, code] :
       {std::pair<long, std::string>{403, "ForbiddenException"}, {404, "ResourceNotFoundException"}}) {
    write(token_path(), token_text("access-1", 8h, renewable()));
    OneRun run(aws_, plan_, true);
    begin(run);
    refuse_portal(status, code);
    EXPECT_EQ(
        "~/.aws/config:3: IAM Identity Center gives the user who is signed in no role 'LedgerRead' in account "
        "111122223333: GetRoleCredentials at portal.example.com failed: " +
            code + ": No access | check sso_account_id and sso_role_name, and that the user is assigned both",
        run.last());
    EXPECT_EQ(0U, aws_.http.waiting());
  }
}

// A proxy's or a captive portal's no is none of Identity Center's.
TEST_F(SsoKeys, APageInThePlaceOfAnAnswerIsNoRefusalOfTheRole) {
  write(token_path(), token_text("access-1", 8h, renewable()));
  OneRun run(aws_, plan_, true);
  begin(run);
  aws_.http.answer(403, "<html>Log in to the guests' network</html>");
  EXPECT_TRUE(
      run.last().starts_with("~/.aws/config:3: GetRoleCredentials at portal.example.com failed: HTTP status 403 "
                             "with a page for people | what answered is no service of AWS"))
      << run.last();
}

TEST_F(SsoKeys, ATokenThatWasEndedEarlyIsRefusedWithoutALogin) {
  write(token_path(), token_text("access-1", 8h));
  OneRun run(aws_, plan_, false);
  begin(run);
  refuse_portal(401, "UnauthorizedException");
  open_file(run);
  EXPECT_EQ(
      "~/.aws/config:3: the token of https://ledger.awsapps.com/start was ended by IAM Identity Center | run `aws "
      "sso login --profile dev`, or start with --auto-login",
      run.last());
}

TEST_F(SsoKeys, ATokenIsFetchedAnewOnceAndNoMore) {
  write(token_path(), token_text("access-1", 8h, renewable()));
  OneRun run(aws_, plan_, false);
  begin(run);
  refuse_portal(401, "UnauthorizedException");
  open_file(run);
  give_token("access-2");
  EXPECT_EQ("access-2", token_sent());
  refuse_portal(401, "UnauthorizedException");
  EXPECT_TRUE(run.last().starts_with("~/.aws/config:3: a token that was fetched anew is refused, too")) << run.last();
  EXPECT_EQ(0U, run.errands.waiting());
}

TEST_F(SsoKeys, AThrottledPortalIsAskedAgain) {
  write(token_path(), token_text("access-1", 8h));
  OneRun run(aws_, plan_, false);
  begin(run);
  refuse_portal(429, "TooManyRequestsException");
  aws_.timers.pass(10s);
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
}

TEST_F(SsoKeys, AnAnswerWithoutKeysIsNamed) {
  write(token_path(), token_text("access-1", 8h));
  OneRun run(aws_, plan_, false);
  begin(run);
  aws_.http.answer(200, R"({"roleCredentials":{"accessKeyId":"ASIAROLE"}})");
  EXPECT_EQ(
      "~/.aws/config:3: the answer to GetRoleCredentials has no secretAccessKey | check that the endpoint is AWS "
      "IAM Identity Center",
      run.last());
}

// ---- a token that is there -----------------------------------------------------------------------------------------

TEST_F(SsoKeys, AGoodTokenIsUsedAsItIs) {
  const std::string text = token_text("access-1", 8h, renewable());
  write(token_path(), text);
  OneRun run(aws_, plan_, true);
  begin(run);
  EXPECT_EQ("access-1", token_sent());
  EXPECT_EQ("", header_of(aws_.http.last(), "Authorization"));
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
  EXPECT_EQ(text, read(token_path()));
}

TEST_F(SsoKeys, ATokenWhoseUserSignedInAgainMeanwhileIsFound) {
  write(token_path(), token_text("access-1", 8h));
  OneRun run(aws_, plan_, false);
  begin(run);
  write(token_path(), token_text("access-2", 8h));
  refuse_portal(401, "UnauthorizedException");
  open_file(run);
  EXPECT_EQ("access-2", token_sent());
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
}

// ---- renewing ------------------------------------------------------------------------------------------------------

TEST_F(SsoKeys, ATokenThatEndsSoonIsRenewedAndKept) {
  write(token_path(), token_text("access-1", 10min, renewable() + R"(,"identity":{"a":1})"));
  OneRun run(aws_, plan_, false);
  begin(run);
  EXPECT_NE(std::string::npos, aws_.http.last().body.find(R"("refreshToken":"again-1")"));
  give_token("access-2");
  EXPECT_EQ("access-2", token_sent());
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
  const auto kept = read_sso_token(read(token_path()));
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ("access-2", kept->access.reveal());
  EXPECT_EQ("again-2", kept->refresh.reveal());
  EXPECT_EQ(at(8h), rfc3339(kept->ends).text());
  EXPECT_EQ("client-1", kept->client.id);
  ASSERT_EQ(1U, kept->others.size());
}

TEST_F(SsoKeys, WhatCannotBeKeptIsUsedAndSaid) {
  write(token_path(), token_text("access-1", 10min, renewable()));
  OneRun run(aws_, plan_, false);
  run.get();
  run.errands.opened(ipc::UniqueFd(::open(token_path().c_str(), O_RDONLY | O_CLOEXEC)));
  give_token("access-2");
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
  ASSERT_EQ(1U, run.warnings.size());
  EXPECT_EQ(0U, run.warnings[0].find("the token file of IAM Identity Center cannot be written")) << run.warnings[0];
}

TEST_F(SsoKeys, ARegistrationThatHasEndedRenewsNothing) {
  write(token_path(), token_text("access-1", 5s, renewable(-1s)));
  OneRun run(aws_, plan_, false);
  begin(run);
  EXPECT_TRUE(run.last().starts_with("~/.aws/config:3: the token of")) << run.last();
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(SsoKeys, ARenewalThatIsRefusedLeavesAGoodTokenInUse) {
  write(token_path(), token_text("access-1", 10min, renewable()));
  OneRun run(aws_, plan_, false);
  begin(run);
  refuse_oidc("invalid_grant");
  EXPECT_EQ("access-1", token_sent());
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
}

TEST_F(SsoKeys, ARenewalThatIsRefusedIsSaid) {
  write(token_path(), token_text("access-1", 5s, renewable()));
  OneRun run(aws_, plan_, false);
  begin(run);
  refuse_oidc("invalid_grant");
  EXPECT_NE(std::string::npos, run.last().find("has ended at " + at(5s) +
                                               " and cannot be renewed (CreateToken at "
                                               "oidc.example.com failed: invalid_grant: because)"))
      << run.last();
}

TEST_F(SsoKeys, WhereTheCliRenewedFirstItsTokenIsTaken) {
  write(token_path(), token_text("access-1", 5s, renewable()));
  OneRun run(aws_, plan_, false);
  begin(run);
  write(token_path(), token_text("access-of-the-cli", 8h, renewable()));
  refuse_oidc("invalid_grant");
  EXPECT_EQ("access-of-the-cli", token_sent());
}

TEST_F(SsoKeys, ANetworkThatIsAwayShowsNoLogin) {
  write(token_path(), token_text("access-1", 5s, renewable()));
  OneRun run(aws_, plan_, true);
  begin(run);
  for (int i = 0; i < 8 && run.answers.empty(); ++i) {
    if (aws_.http.waiting() > 0) aws_.http.fail(ipc::Fault::kUnavailable);
    aws_.timers.pass(6s);
  }
  EXPECT_NE(std::string::npos, run.last().find("cannot be renewed")) << run.last();
  EXPECT_EQ(0U, run.errands.waiting());
}

// ---- logging in ----------------------------------------------------------------------------------------------------

TEST_F(SsoKeys, ALoginThatIsDeniedEndsTheTryAndIsNotShownAgain) {
  OneRun run(aws_, plan_, true);
  show_login(run);
  run.errands.shown();
  aws_.timers.pass(5s);
  refuse_oidc("access_denied");
  EXPECT_EQ(
      "~/.aws/config:3: nobody is signed in, and logging in failed: the login was denied in the browser | start "
      "again, and approve it there",
      run.last());
  begin(run);
  EXPECT_EQ(
      "~/.aws/config:3: nobody is signed in, and the login that this run showed was not completed | run `aws sso "
      "login --profile dev`",
      run.last());
  write(token_path(), token_text("access-3", 8h));  // by hand meanwhile
  begin(run);
  EXPECT_EQ("access-3", token_sent());
}

TEST_F(SsoKeys, ALoginThatNobodyApprovesEnds) {
  OneRun run(aws_, plan_, true);
  show_login(run);
  for (int i = 0; i < 200 && run.answers.empty(); ++i) {
    aws_.timers.pass(5s);
    if (aws_.http.waiting() > 0) refuse_oidc("authorization_pending");
  }
  EXPECT_NE(std::string::npos, run.last().find("nobody approved the login in time")) << run.last();
  EXPECT_LE(aws_.http.requests.size(), 125U);
}

TEST_F(SsoKeys, ALoginThatCannotBeShownEndsTheTry) {
  OneRun run(aws_, plan_, true);
  show_login(run);
  run.errands.fail({ipc::Fault::kRefused, "there is no browser and no terminal", "use --stdout"});
  EXPECT_NE(std::string::npos, run.last().find("there is no browser and no terminal | use --stdout")) << run.last();
}

TEST_F(SsoKeys, AServerThatAsksForPatienceGetsIt) {
  OneRun run(aws_, plan_, true);
  show_login(run);
  aws_.timers.pass(5s);
  refuse_oidc("slow_down");
  aws_.timers.pass(9s);
  EXPECT_EQ(0U, aws_.http.waiting());
  aws_.timers.pass(1s);
  EXPECT_EQ(1U, aws_.http.waiting());
}

TEST_F(SsoKeys, ALoginIsKeptWithItsRegistration) {
  OneRun run(aws_, plan_, true);
  show_login(run);
  EXPECT_EQ("https://device.example.com/?user_code=BCDF-GHJK", run.errands.last().text.subject);
  EXPECT_EQ("BCDF-GHJK", run.errands.last().text.detail);
  run.errands.shown();
  aws_.timers.pass(5s);
  give_token("access-1");
  EXPECT_EQ("access-1", token_sent());
  give_keys();
  EXPECT_EQ("ASIAROLE", run.last());
  const auto kept = read_sso_token(read(token_path()));
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ(kStart, kept->start_url);
  EXPECT_EQ("eu-central-1", kept->region);
  EXPECT_EQ("again-2", kept->refresh.reveal());
  EXPECT_EQ("client-2", kept->client.id);
  ASSERT_TRUE(read_sso_client(read(client_path())));
}

TEST_F(SsoKeys, ARegistrationThatIsKeptIsUsedAndAWithdrawnOneMadeAnew) {
  write(client_path(), R"({"clientId":"client-1","clientSecret":"hidden-1","expiresAt":")" + at(24h) +
                           R"(","scopes":["sso:account:access"]})");
  OneRun run(aws_, plan_, true);
  begin(run);
  open_file(run);
  EXPECT_NE(std::string::npos, aws_.http.last().body.find(R"("clientId":"client-1")"));
  refuse_oidc("invalid_client", 401);
  give_registration();
  EXPECT_NE(std::string::npos, aws_.http.last().body.find(R"("clientId":"client-2")"));
  refuse_oidc("invalid_client", 401);  // and no third time
  EXPECT_NE(std::string::npos, run.last().find("InvalidClientException")) << run.last();
}

// An approval can come before the first question is answered; what was approved must be on the terminal all the same.
TEST_F(SsoKeys, ThePageIsShownBeforeTheFirstQuestion) {
  OneRun run(aws_, plan_, true);
  begin(run);
  open_file(run);
  give_registration();
  give_device();
  ASSERT_EQ(ipc::ErrandKind::ShowLogin, run.errands.last().kind);
  EXPECT_EQ("https://device.example.com/?user_code=BCDF-GHJK", run.errands.last().text.subject);
  give_token("access-1");
  EXPECT_EQ("access-1", token_sent());
}

TEST_F(SsoKeys, AHostileFileIsReplacedByALogin) {
  write(token_path(), "[[[[ a longer text than the token is, so that something must be done about its end: " +
                          std::string(2000, 'x'));
  OneRun run(aws_, plan_, true);
  show_login(run);
  aws_.timers.pass(5s);
  give_token("access-1");
  const auto kept = read_sso_token(read(token_path()));
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ("access-1", kept->access.reveal());
}

// ---- many runs -----------------------------------------------------------------------------------------------------

TEST_F(SsoKeys, OfManyRunsOneShowsALoginAndAllHaveItsToken) {
  OneRun first(aws_, plan_, true);
  show_login(first);
  std::deque<OneRun> others;
  for (int i = 0; i < 9; ++i) begin(others.emplace_back(aws_, plan_, true));
  aws_.timers.pass(5s);
  EXPECT_EQ(1U, aws_.http.waiting());
  for (OneRun& run : others) {
    EXPECT_EQ(ipc::ErrandKind::ShowLogin, run.errands.last().kind);  // to say what it waits for: no page
    EXPECT_EQ("", run.errands.last().text.subject);
    run.errands.fail({ipc::Fault::kRefused, "nobody cares", {}});
  }
  give_token("access-1");
  aws_.timers.pass(1s);
  EXPECT_EQ(10U, aws_.http.waiting());
  for (int i = 0; i < 10; ++i) give_keys("ASIAROLE" + std::to_string(i));
  EXPECT_EQ("ASIAROLE0", first.last());
  for (const OneRun& run : others) EXPECT_TRUE(run.last().starts_with("ASIAROLE")) << run.last();
}

TEST_F(SsoKeys, WhoWaitedForALoginThatWasDeniedShowsNoOther) {
  OneRun first(aws_, plan_, true);
  show_login(first);
  OneRun second(aws_, plan_, true);
  begin(second);
  aws_.timers.pass(5s);
  refuse_oidc("access_denied");
  aws_.timers.pass(1s);
  EXPECT_NE(std::string::npos, second.last().find("the login that another run showed was not completed"))
      << second.last();
  EXPECT_EQ(0U, aws_.http.waiting());
}

TEST_F(SsoKeys, WhoeverFindsTheFileLockedForAMomentLogsInAfterwards) {
  const ipc::UniqueFd other(::open(token_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(0, ::flock(other.get(), LOCK_EX | LOCK_NB));
  OneRun run(aws_, plan_, true);
  begin(run);
  aws_.timers.pass(2s);
  EXPECT_EQ("no answer", run.last());
  EXPECT_TRUE(aws_.http.requests.empty());
  ASSERT_EQ(0, ::flock(other.get(), LOCK_UN));
  aws_.timers.pass(1s);
  open_file(run);
  give_registration();
}

TEST_F(SsoKeys, AFileThatTheCliPutInThePlaceOfThisOneIsFound) {
  const ipc::UniqueFd other(::open(token_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(0, ::flock(other.get(), LOCK_EX | LOCK_NB));
  OneRun run(aws_, plan_, false);
  begin(run);
  write(folder_ / "new", token_text("access-of-the-cli", 8h));
  std::filesystem::rename(folder_ / "new", token_path());
  aws_.timers.pass(1s);
  open_file(run);
  EXPECT_EQ("access-of-the-cli", token_sent());
}

TEST_F(SsoKeys, ALockThatIsNeverGivenBackIsNotWaitedForForever) {
  const ipc::UniqueFd other(::open(token_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(0, ::flock(other.get(), LOCK_EX | LOCK_NB));
  OneRun run(aws_, plan_, true);
  begin(run);
  aws_.timers.pass(12min);
  EXPECT_NE(std::string::npos, run.last().find("another process is signing in and does not come to an end"))
      << run.last();
}

TEST_F(SsoKeys, WhoIsInNeedOfNothingWaitsForNobody) {
  write(token_path(), token_text("access-1", 10min, renewable()));
  const ipc::UniqueFd other(::open(token_path().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(0, ::flock(other.get(), LOCK_EX | LOCK_NB));
  OneRun run(aws_, plan_, false);
  begin(run);
  EXPECT_EQ("access-1", token_sent());
}

TEST_F(SsoKeys, ARunThatIsGivenUpLeavesTheLockToTheNext) {
  OneRun first(aws_, plan_, true);
  show_login(first);
  first.fetch.reset();
  OneRun second(aws_, plan_, true);
  begin(second);
  open_file(second);  // of the registration, which the first has left
  give_device();
  refuse_oidc("authorization_pending");
  EXPECT_EQ(ipc::ErrandKind::ShowLogin, second.errands.last().kind);
  EXPECT_EQ(0U, first.answers.size());
}

}  // namespace
}  // namespace broker
