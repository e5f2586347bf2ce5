#include "sources/process.h"

#include <gtest/gtest.h>

#include "call/signing_keys.h"
#include "key_fetch_case.h"
#include "keys/renewed_keys.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;
using testing::FakeErrands;

std::string printed(std::string_view end, std::string_view id = "ASIAPRINTED") {
  return R"({"Version":1,"AccessKeyId":")" + std::string(id) +
         R"(","SecretAccessKey":"printed-secret","SessionToken":"printed-token","Expiration":")" + std::string(end) +
         "\"}\n";
}

class ProcessKeysTest : public testing::KeyFetchCase {
 protected:
  ProcessKeysTest() {
    start_ = process_keys(aws_.context, errands_, "ledger",
                          {"/opt/vault/bin/keys --secret 'of the command line'", "/home/marta/.aws/config:7"});
  }
  // What is said of this output.
  std::string why(std::string_view output) {
    ask();
    errands_.answer(output);
    return KeyFetchCase::why();
  }
};

TEST_F(ProcessKeysTest, AProgramThatFailsIsNamedWithProfileAndPlaceAndNotWithItsArguments) {
  ask();
  EXPECT_EQ(answers_, 0);
  errands_.fail({ipc::Fault::kRefused, "it ended with status 3", "see what it says above"});
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(keys_.error().what,
            "/home/marta/.aws/config:7: credential_process of profile 'ledger': /opt/vault/bin/keys: it ended with "
            "status 3");
  EXPECT_EQ(keys_.error().next_step, "see what it says above");
}

TEST_F(ProcessKeysTest, OutputThatIsNoVersionOneIsRefusedAndNeverQuoted) {
  for (const std::string_view output :
       {"\n", "secret-of-the-program", "{\"Version\":1", R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"s"})",
        R"({"Version":2,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret-of-the-program"})",
        R"({"Version":"1","AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret-of-the-program"})",
        R"({"Version":1.0,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret-of-the-program"})", R"({"Version":1})",
        R"({"Version":1,"AccessKeyId":"AKIDEXAMPLE"})",
        R"({"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret-of-the-program\r\n"})"}) {
    const std::string said = why(output);
    EXPECT_TRUE(
        said.starts_with("/home/marta/.aws/config:7: credential_process of profile 'ledger': "
                         "/opt/vault/bin/keys printed what "))
        << output << ": " << said;
    EXPECT_EQ(said.find("secret-of-the-program"), std::string::npos) << said;
    EXPECT_EQ(said.find("of the command line"), std::string::npos) << said;
    ASSERT_FALSE(keys_);
    EXPECT_NE(keys_.error().next_step.find("run it by hand"), std::string::npos);
  }
}

TEST_F(ProcessKeysTest, NoOutputAtAllIsToldAsSuch) {
  EXPECT_TRUE(why("").ends_with("/opt/vault/bin/keys printed nothing"));
  EXPECT_NE(keys_.error().next_step.find("run it by hand"), std::string::npos);
}

TEST_F(ProcessKeysTest, KeysThatHaveEndedAreRefused) {
  EXPECT_NE(why(printed("2026-01-27T09:59:59Z")).find("has keys that ended at"), std::string::npos);
  EXPECT_NE(why(printed("2026-01-27T10:00:10Z")).find("has keys that end in a moment"), std::string::npos);
}

TEST_F(ProcessKeysTest, KeysAreThoseThatWerePrinted) {
  EXPECT_EQ(why(printed("2026-01-27T11:00:00Z")), "keys");
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::RunCredentialProcess);
  EXPECT_EQ(errands_.last().text.profile, "ledger");
  EXPECT_EQ(errands_.last().text.subject, "/opt/vault/bin/keys --secret 'of the command line'");
  EXPECT_EQ(keys_->access_key_id, "ASIAPRINTED");
  EXPECT_EQ(keys_->secret_access_key.reveal(), "printed-secret");
  EXPECT_EQ(keys_->session_token.reveal(), "printed-token");
}

TEST_F(ProcessKeysTest, KeysWithoutAnEndAreNeverFetchedAgain) {
  RenewedKeys keys(aws_.context, start_);
  int got = 0;
  keys.get([&](const ipc::Result<SharedKey>& key) { got += key ? 1 : 0; });
  errands_.answer(R"({"Version":1,"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"s"})");
  EXPECT_EQ(got, 1);
  EXPECT_EQ(keys.held()->expiration, kNever);
  EXPECT_TRUE(keys.held()->key->session_token.empty());
  aws_.timers.pass(12h);
  keys.get([&](const ipc::Result<SharedKey>& key) { got += key ? 1 : 0; });
  EXPECT_EQ(got, 2);
  EXPECT_EQ(errands_.errands.size(), 1u);
}

TEST_F(ProcessKeysTest, KeysWithAnEndAreRenewedAheadByRunningTheProgramAgain) {
  RenewedKeys keys(aws_.context, start_);
  std::string id;
  const auto get = [&] { keys.get([&](const ipc::Result<SharedKey>& key) { id = key ? (*key)->access_key_id : ""; }); };
  get();
  errands_.answer(printed("2026-01-27T11:00:00Z", "ASIAFIRST"));
  EXPECT_EQ(id, "ASIAFIRST");
  aws_.timers.pass(45min);
  ASSERT_EQ(errands_.waiting(), 1u);
  get();
  EXPECT_EQ(id, "ASIAFIRST");  // still good while the new ones are fetched
  errands_.answer(printed("2026-01-27T12:00:00Z", "ASIASECOND"));
  get();
  EXPECT_EQ(id, "ASIASECOND");
}

TEST_F(ProcessKeysTest, WhoeverGoesAwayIsNotCalledBack) {
  ask();
  fetch_.reset();
  EXPECT_EQ(errands_.waiting(), 0u);
  EXPECT_EQ(answers_, 0);
}

TEST_F(ProcessKeysTest, TheProgramsNameIsTheFirstWord) {
  EXPECT_EQ(program_of("  aws sso export"), "aws");
  EXPECT_EQ(program_of("\"/opt/my vault/keys\" --x"), "/opt/my vault/keys");
  EXPECT_EQ(program_of("'/opt/my vault/keys' --x"), "/opt/my vault/keys");
  EXPECT_EQ(program_of(" "), "(no program)");
  EXPECT_EQ(program_of("a\x1b[31mb"), "a?[31mb");
}

}  // namespace
}  // namespace broker
