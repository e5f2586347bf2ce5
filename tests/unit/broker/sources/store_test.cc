// The source `store`: the user is asked once however many wait, three tries and no more, and programs' answers are
// judged. A stand-in does the errands.
#include "sources/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "aws_fakes.h"
#include "errand_fakes.h"
#include "keystore/folder.h"
#include "sources/open.h"

namespace broker {
namespace {

using ipc::SecretBuffer;

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

class KeystoreSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    key_ = KeystoreEntry{"ledger", "AKIDLEDGER", "2026-11-21T10:00:00Z"};
    key_.cost = kLeastCost;
  }
  std::unique_ptr<KeystoreSource> with_passphrase() {
    EXPECT_TRUE(seal_with_passphrase(key_, kSecret, "right"));
    return keys();
  }
  std::unique_ptr<KeystoreSource> keys() {
    return std::make_unique<KeystoreSource>(aws_.context, errands_, key_, "/home/it's me/.local/share/sentinel");
  }
  void ask(KeystoreSource& keys) {
    keys.get([this](ipc::Result<SharedKey> key) {
      answers_.push_back(key ? std::string((*key)->secret_access_key.reveal()) : "refused: " + key.error().what);
    });
  }
  testing::FakeAws aws_;
  testing::FakeErrands errands_;
  KeystoreEntry key_;
  std::vector<std::string> answers_;
};

TEST_F(KeystoreSourceTest, ThreeWrongPassphrasesAreTheEndAndTheUserIsLeftAlone) {
  const auto keys = with_passphrase();
  ask(*keys);
  EXPECT_EQ(errands_.last().text.subject, "the stored key AKIDLEDGER");
  errands_.answer("wrong");
  EXPECT_NE(errands_.last().text.subject.find("2 tries left"), std::string::npos);
  EXPECT_NE(errands_.last().text.subject.find("that is wrong, or its file was changed"), std::string::npos)
      << "what is seen is the same for both";
  errands_.answer("wrong");
  EXPECT_NE(errands_.last().text.subject.find("1 try left"), std::string::npos);
  EXPECT_TRUE(answers_.empty());
  errands_.answer("wrong");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_NE(answers_[0].find("refused: "), std::string::npos);
  ask(*keys);
  EXPECT_EQ(answers_.size(), 2U);
  EXPECT_EQ(errands_.errands.size(), 3U) << "a client made the user be asked again";
  EXPECT_FALSE(keys->held());
  aws_.timers.pass(KeystoreSource::kPause);
  ask(*keys);
  EXPECT_EQ(errands_.errands.size(), 4U);
  errands_.answer("right");
  EXPECT_EQ(answers_.back(), kSecret);
}

TEST_F(KeystoreSourceTest, WhoDoesNotWantToAnswerIsNotAskedAgainAtOnce) {
  const auto keys = with_passphrase();
  ask(*keys);
  errands_.fail({ipc::Fault::kRefused, "nobody wants to", "try again"});
  EXPECT_EQ(answers_, std::vector<std::string>{"refused: nobody wants to"});
  ask(*keys);
  EXPECT_EQ(errands_.errands.size(), 1U);
}

TEST_F(KeystoreSourceTest, AProgramThatFailedIsNamedAlsoWhereAShellRanIt) {
  key_.protection = KeyProtection::kTpm2;
  const auto keys = this->keys();
  ask(*keys);
  errands_.fail({ipc::Fault::kRefused, "sh ended with code 1", "run it by hand"});
  EXPECT_EQ(answers_.back(),
            "refused: sh ended with code 1; it opens the stored key AKIDLEDGER (tpm2, by tpm2_unseal)");
}

TEST_F(KeystoreSourceTest, ManyWaitForOneQuestion) {
  const auto keys = with_passphrase();
  for (int i = 0; i < 5; ++i) ask(*keys);
  ASSERT_EQ(errands_.errands.size(), 1U);
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::AskPassphrase);
  EXPECT_EQ(errands_.last().text.profile, "ledger");
  errands_.answer("wrong");
  errands_.answer("right");
  EXPECT_EQ(answers_, std::vector<std::string>(5, std::string(kSecret)));
  ask(*keys);
  EXPECT_EQ(errands_.errands.size(), 2U) << "the key was there";
  ASSERT_TRUE(keys->held());
  EXPECT_EQ(keys->held()->expiration, kNever);
  EXPECT_EQ(keys->held()->key->access_key_id, "AKIDLEDGER");
  EXPECT_TRUE(keys->held()->key->session_token.empty());
}

TEST_F(KeystoreSourceTest, AProgramsEntryMustBeThisKeys) {
  key_.store = KeyStoreKind::kPass;
  const auto keys = this->keys();
  ask(*keys);
  EXPECT_EQ(errands_.last().kind, ipc::ErrandKind::RunKeyStore);
  EXPECT_EQ(errands_.last().text.subject, "'pass' 'show' 'sentinel/ledger/AKIDLEDGER'");
  errands_.answer(entry_text("AKIDOTHER", kSecret).reveal());
  EXPECT_NE(answers_.back().find("another key"), std::string::npos);
  aws_.timers.pass(KeystoreSource::kPause);
  ask(*keys);
  errands_.answer(entry_text("AKIDLEDGER", kSecret).reveal());
  EXPECT_EQ(answers_.back(), kSecret);
}

TEST_F(KeystoreSourceTest, AMachinesKeyIsFetchedByItsProgramAndItsPathIsOneWord) {
  key_.protection = KeyProtection::kSystemdCreds;
  const SecretBuffer machine = *new_machine_key();
  ASSERT_TRUE(seal_with_machine_key(key_, kSecret, machine.reveal()));
  const auto keys = this->keys();
  ask(*keys);
  const std::string& line = errands_.last().text.subject;
  EXPECT_NE(line.find("'/home/it'\\''s me/.local/share/sentinel/keys/ledger.sealed-key' '-'"), std::string::npos)
      << line;
  errands_.answer(machine.reveal());
  EXPECT_EQ(answers_, std::vector<std::string>{std::string(kSecret)});
}

TEST_F(KeystoreSourceTest, ThePlanIsReadFromTheStoreOnceAndCarriesNoSecret) {
  std::string home = "/tmp/sentinel-store-XXXXXX";
  ASSERT_NE(::mkdtemp(home.data()), nullptr);
  StoredKeyPlan plan{"ledger"};
  EXPECT_FALSE(load_stored_key(plan, home));
  ASSERT_TRUE(KeystoreFolder(home).write("ledger", "{\"sentinel_key\":1}\n"));
  const auto damaged = load_stored_key(plan, home);
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().what.find(home), std::string::npos) << damaged.error().what;
  ASSERT_TRUE(seal_with_passphrase(key_, kSecret, "right"));
  ASSERT_TRUE(KeystoreFolder(home).write("ledger", render_stored_key(key_)));
  ASSERT_TRUE(load_stored_key(plan, home));
  std::filesystem::remove_all(home);
  EXPECT_EQ(plan.text.find(kSecret), std::string::npos);
  ResolvedProfile profile;
  const Principal anyone{};
  CallerKeys caller;
  BasePlan base = plan;
  auto opened = open_base_keys(base, {aws_.context, errands_, profile, anyone, caller});
  ASSERT_TRUE(opened) << opened.error().what;
  (*opened)->get(
      [this](const ipc::Result<SharedKey>& key) { answers_.push_back(key ? (*key)->access_key_id : "none"); });
  errands_.answer("right");
  EXPECT_EQ(answers_, std::vector<std::string>{"AKIDLEDGER"});
}

}  // namespace
}  // namespace broker
