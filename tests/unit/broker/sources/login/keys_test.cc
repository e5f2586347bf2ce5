#include "sources/login/keys.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "aws_fakes.h"
#include "errand_fakes.h"
#include "sources/login/token.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;
using testing::header_of;

constexpr std::string_view kSession = "arn:aws:iam::111122223333:user/marta";
constexpr std::string_view kKey =
    "-----BEGIN EC PRIVATE KEY-----\\n"
    "MHcCAQEEIHZV9BZow7ZP9WclMH2KEmn0jGtquro1Nn9SB8IDK0B4oAoGCCqGSM49\\n"
    "AwEHoUQDQgAEFyHSBHUu1WC1YeFEMFBFSEtYk4vwF3w7IS1A5bNjRY+rQtE2enKJ\\n"
    "r9s5i2MNZWF7ubBnGR+Y1GzGUMjO66d34Q==\\n"
    "-----END EC PRIVATE KEY-----\\n";

// One run of the broker with its own errands; the folder is the user's.
class LoginKeys : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    std::string pattern = (std::filesystem::temp_directory_path() / "login-XXXXXX").string();
    ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
    folder_ = pattern;
    const AwsEndpoint endpoint{"https://signin.example.com", "signin.example.com", true, ""};
    start_ = login_keys(aws_.context, errands_, {std::string(kSession), endpoint, "~/.aws/config:3"},
                        {false, false, "dev", [this](const std::string& sentence) { warnings_.push_back(sentence); }});
  }
  void TearDown() override {
    fetch_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path path() { return folder_ / (login_token_name(kSession) + ".json"); }
  std::string read() {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void leave(const std::string& id, std::chrono::seconds life, const std::string& refresh = "again-1") {
    const auto end = rfc3339(std::chrono::floor<std::chrono::seconds>(aws_.clock.wall()) + life);
    std::ofstream(path())
        << R"({"accessToken":{"accessKeyId":")" << id
        << R"(","secretAccessKey":"hidden","sessionToken":"token","accountId":"111122223333","expiresAt":")"
        << end.text() << R"("},"clientId":"client-1","refreshToken":")" << refresh << R"(","dpopKey":")" << kKey
        << R"(","idToken":"who"})";
  }
  void ask() {
    fetch_ = start_([this](const ipc::Result<IssuedCredentials>& keys) {
      answers_.push_back(keys ? keys->access_key_id : keys.error().what + " | " + keys.error().next_step);
    });
  }
  // As the supervisor does the errand that waits.
  void open_file() {
    ASSERT_EQ(1U, errands_.waiting());
    ASSERT_EQ(ipc::ErrandKind::OpenLoginCache, errands_.last().kind);
    EXPECT_EQ("dev", errands_.last().text.profile);
    EXPECT_EQ(path().filename().string(), errands_.last().text.subject + ".json");
    errands_.opened(ipc::UniqueFd(::open(path().c_str(), O_RDWR | O_CLOEXEC)));
  }
  void begin() {
    ask();
    open_file();
  }
  void give(const std::string& id, const std::string& refresh = "again-2") {
    ASSERT_EQ("https://signin.example.com/v1/token", aws_.http.last().url);
    aws_.http.answer(200, R"({"accessToken":{"accessKeyId":")" + id +
                              R"(","secretAccessKey":"hidden-2","sessionToken":"token-2"},"tokenType":"aws_sigv4",)"
                              R"("expiresIn":900,"refreshToken":")" +
                              refresh + "\"}");
  }
  void refuse(long status, const std::string& word) {
    aws_.http.answer(status, R"({"error":")" + word + R"(","message":"because"})");
  }
  [[nodiscard]] std::string last() const { return answers_.empty() ? "no answer" : answers_.back(); }

  std::filesystem::path folder_;
  FakeAws aws_;
  FakeErrands errands_;
  std::vector<std::string> warnings_, answers_;
  StartFetch start_;
  std::unique_ptr<KeyFetch> fetch_;
};

TEST_F(LoginKeys, AFileThatCannotBeOpenedEndsTheTry) {
  ask();
  errands_.fail({ipc::Fault::kRefused, "nobody is signed in", "run `aws login --profile dev`"});
  EXPECT_EQ("~/.aws/config:3: nobody is signed in | run `aws login --profile dev`", last());
}

TEST_F(LoginKeys, AnAnswerThatIsNoneOfTheServiceIsNotKept) {
  const std::string answers[] = {
      "<html>", "{}", R"({"accessToken":{},"tokenType":"Bearer","expiresIn":900,"refreshToken":"r"})",
      R"({"accessToken":{"accessKeyId":"ASIANEW","secretAccessKey":"s","sessionToken":"t"},"tokenType":"aws_sigv4","expiresIn":900})",
      R"({"accessToken":{"accessKeyId":"ASIANEW","secretAccessKey":"s","sessionToken":"t"},"tokenType":"aws_sigv4","expiresIn":0,"refreshToken":"r"})"};
  for (const std::string& body : answers) {
    leave("ASIAOLD", 10s);
    const std::string before = read();
    begin();
    aws_.http.answer(200, body);
    EXPECT_TRUE(last().starts_with("~/.aws/config:3: the answer to CreateOAuth2Token ")) << body << ": " << last();
    EXPECT_EQ(before, read());
  }
}

TEST_F(LoginKeys, ASessionThatHasEndedIsNotAskedForTwice) {
  leave("ASIAOLD", 10s);
  begin();
  refuse(401, "TOKEN_EXPIRED");
  EXPECT_TRUE(last().starts_with("~/.aws/config:3: the sign-in of " + std::string(kSession) + " has ended: "))
      << last();
  EXPECT_TRUE(last().ends_with(" | run `aws login --profile dev`, or start with --auto-login")) << last();
  EXPECT_EQ(1U, aws_.http.requests.size());
}

TEST_F(LoginKeys, KeysThatLiveLongEnoughAreHandedOut) {
  leave("ASIAOLD", 6min);
  begin();
  EXPECT_EQ("ASIAOLD", last());
  EXPECT_TRUE(aws_.http.requests.empty());
}

// A further fetch means that those before end soon, or that AWS takes them no more.
TEST_F(LoginKeys, TheSameKeysAreNotHandedOutTwice) {
  leave("ASIAOLD", 14min);
  begin();
  begin();
  EXPECT_EQ(1U, answers_.size());
  give("ASIANEW");
  EXPECT_EQ("ASIANEW", last());
  EXPECT_NE(read().find(R"("refreshToken":"again-2")"), std::string::npos);
  EXPECT_NE(read().find(R"("idToken":"who")"), std::string::npos) << "what is not known here is kept";
  leave("ASIATHIRD", 14min);
  begin();
  EXPECT_EQ("ASIATHIRD", last()) << "another run was faster";
  EXPECT_EQ(1U, aws_.http.requests.size());
}

TEST_F(LoginKeys, ACallThatDoesNotComeThroughIsMadeOnceMoreWithAnotherProof) {
  leave("ASIAOLD", 10s);
  begin();
  const std::string proof = header_of(aws_.http.last(), "DPoP");
  refuse(500, "server_error");
  ASSERT_EQ(2U, aws_.http.requests.size());
  EXPECT_NE(proof, header_of(aws_.http.last(), "DPoP"));
  refuse(500, "server_error");
  EXPECT_EQ(1U, answers_.size());
  EXPECT_NE(last().find("server_error"), std::string::npos) << last();
}

TEST_F(LoginKeys, WhereNoOthersCanBeHadKeysAreUsedForAsLongAsTheyLive) {
  leave("ASIAOLD", 2min);
  begin();
  refuse(500, "server_error");
  refuse(500, "server_error");
  EXPECT_EQ("ASIAOLD", last());
  leave("ASIAOTHER", 50s);
  begin();
  refuse(500, "server_error");
  refuse(500, "server_error");
  EXPECT_NE(last().find("server_error"), std::string::npos) << last();
}

TEST_F(LoginKeys, WhoFindsTheFileLockedWaitsForWhatComes) {
  leave("ASIAOLD", 10s);
  const ipc::UniqueFd other(::open(path().c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(0, ::flock(other.get(), LOCK_EX));
  begin();
  EXPECT_TRUE(answers_.empty());
  EXPECT_TRUE(aws_.http.requests.empty());
  leave("ASIANEW", 14min);
  aws_.timers.pass(1s);
  EXPECT_EQ("ASIANEW", last());
}

// The AWS CLI puts another file in the place of this one.
TEST_F(LoginKeys, AFileThatWasReplacedMeanwhileIsOpenedAnew) {
  leave("ASIAOLD", 10s);
  begin();
  std::filesystem::remove(path());
  leave("ASIACLI", 14min, "again-cli");
  refuse(401, "TOKEN_EXPIRED");
  open_file();
  EXPECT_EQ("ASIACLI", last());
  EXPECT_EQ(1U, aws_.http.requests.size());
}

}  // namespace
}  // namespace broker
