// Sessions are found under what they were made for alone, and a file that was not sealed here holds none.
#include "sources/shared_sessions.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/aead.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

const std::chrono::sys_seconds kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 27);
constexpr char kDevice[] = "arn:aws:iam::111122223333:mfa/marta";

class SessionStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    char name[] = "/tmp/session_store_test.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A run of its own.
  [[nodiscard]] SessionStore run(char key = 'k') const {
    return {ipc::UniqueFd(::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
            ipc::SecretBuffer::copy_of(std::string(kAeadKeyBytes, key))};
  }
  static IssuedCredentials session(const std::string& id, seconds life = 12h) {
    return {id,
            ipc::SecretBuffer::copy_of("secret-of-" + id),
            ipc::SecretBuffer::copy_of("token-of-" + id),
            kNow + life,
            {},
            {}};
  }
  static SessionName name(const std::string& key = "AKIAMARTA", seconds duration = 12h) {
    return {key, kDevice, duration};
  }
  static std::string found(const SessionStore& store, const SessionName& name, seconds least = 0s) {
    const auto session = store.find(name, kNow, least);
    return session ? session->access_key_id : "none";
  }
  [[nodiscard]] std::string path() const { return folder_ + "/sessions"; }
  [[nodiscard]] std::string text() const {
    std::stringstream read;
    read << std::ifstream(path()).rdbuf();
    return read.str();
  }
  std::string folder_;
};

TEST_F(SessionStoreTest, NothingIsFoundUnderAnotherKeyDeviceOrDuration) {
  ASSERT_TRUE(run().put(name(), session("ASIA1"), kNow));
  EXPECT_EQ(found(run(), name("AKIAOTTO")), "none");
  EXPECT_EQ(found(run(), {"AKIAMARTA", "arn:aws:iam::111122223333:mfa/otto", 12h}), "none");
  EXPECT_EQ(found(run(), name("AKIAMARTA", 1h)), "none");
  EXPECT_EQ(found(run('K'), name()), "none") << "another boot's key";
}

TEST_F(SessionStoreTest, OneThatIsAboutToEndIsNotFound) {
  ASSERT_TRUE(run().put(name(), session("ASIA1", 15min), kNow));
  EXPECT_EQ(found(run(), name(), 15min), "none");
  EXPECT_EQ(found(run(), name(), 899s), "ASIA1");
}

TEST_F(SessionStoreTest, OneThatLivesLongerThanItWasMadeForIsNotFound) {
  ASSERT_TRUE(run().put(name("AKIAMARTA", 1h), session("ASIA1", 12h), kNow));
  EXPECT_EQ(found(run(), name("AKIAMARTA", 1h)), "none");
}

TEST_F(SessionStoreTest, AFileThatWasChangedOrCutHoldsNothingAndIsWrittenOver) {
  ASSERT_TRUE(run().put(name(), session("ASIA1"), kNow));
  const std::string good = text();
  for (std::size_t at = 0; at < good.size(); at += 7) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    std::ofstream(path(), std::ios::trunc) << changed;
    EXPECT_EQ(found(run(), name()), "none") << at;
    std::ofstream(path(), std::ios::trunc) << good.substr(0, at);
    EXPECT_EQ(found(run(), name()), "none") << at;
  }
  std::ofstream(path(), std::ios::trunc) << std::string(100'000, '\xff');
  EXPECT_EQ(found(run(), name()), "none");
  ASSERT_TRUE(run().put(name(), session("ASIA2"), kNow));
  EXPECT_EQ(found(run(), name()), "ASIA2");
}

TEST_F(SessionStoreTest, WhatAnotherRunMadeIsFoundWhole) {
  ASSERT_TRUE(run().put(name(), session("ASIA1"), kNow));
  const auto session = run().find(name(), kNow, 0s);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->secret_access_key.reveal(), "secret-of-ASIA1");
  EXPECT_EQ(session->session_token.reveal(), "token-of-ASIA1");
  EXPECT_EQ(session->expiration, kNow + 12h);
  EXPECT_EQ(text().find("ASIA1"), std::string::npos) << "nothing of it lies open";
}

TEST_F(SessionStoreTest, ANewSessionTakesThePlaceOfTheOldAndTheOldestGo) {
  for (const char* key : {"AKIA1", "AKIA2", "AKIA3", "AKIA4", "AKIA5", "AKIA5"}) {
    ASSERT_TRUE(run().put(name(key), session("ASIAOF" + std::string(key)), kNow));
  }
  EXPECT_EQ(found(run(), name("AKIA1")), "none");
  EXPECT_EQ(found(run(), name("AKIA2")), "ASIAOFAKIA2");
  EXPECT_EQ(found(run(), name("AKIA5")), "ASIAOFAKIA5");
}

TEST_F(SessionStoreTest, TheLongestTokensFitOrTheOldOnesGo) {
  for (const char* key : {"AKIA1", "AKIA2", "AKIA3"}) {
    IssuedCredentials large = session(key);
    large.session_token = ipc::SecretBuffer::copy_of(std::string(12288, 't'));
    ASSERT_TRUE(run().put(name(key), large, kNow));
    EXPECT_EQ(found(run(), name(key)), key);
  }
  EXPECT_EQ(found(run(), name("AKIA1")), "none");
}

TEST_F(SessionStoreTest, WhatIsRemovedIsNeitherFoundNorLeftInTheFile) {
  for (const char* key : {"AKIA1", "AKIA2", "AKIA3"}) ASSERT_TRUE(run().put(name(key), session(key), kNow));
  const auto before = text().size();
  const auto of = [](const char* key) {
    return [key](const SessionStore::Listed& one) { return one.name.base_key_id == key; };
  };
  EXPECT_EQ(run().remove(of("AKIA4")).value(), 0U);
  EXPECT_EQ(run().remove(of("AKIA2")).value(), 1U);
  EXPECT_EQ(found(run(), name("AKIA2")), "none");
  EXPECT_EQ(found(run(), name("AKIA1")), "AKIA1");
  EXPECT_LT(text().size(), before);
  EXPECT_EQ(run().list()->size(), 2U);
  EXPECT_EQ(run().remove([](const SessionStore::Listed&) { return true; }).value(), 2U);
  EXPECT_EQ(text(), "");
  EXPECT_TRUE(run().list()->empty());
}

TEST_F(SessionStoreTest, WhatIsSealedWithAnotherKeyIsNotListedAndGoes) {
  ASSERT_TRUE(run().put(name(), session("ASIA1"), kNow));
  EXPECT_FALSE(run('K').list());
  EXPECT_EQ(run('K').remove([](const SessionStore::Listed&) { return false; }).value(), 0U);
  EXPECT_EQ(text(), "");
}

TEST_F(SessionStoreTest, OneRunAtATimeHoldsIt) {
  const SessionStore first = run(), second = run();
  EXPECT_EQ(first.try_lock().value(), true);
  EXPECT_EQ(second.try_lock().value(), false);
  first.unlock();
  EXPECT_EQ(second.try_lock().value(), true);
}

}  // namespace
}  // namespace broker
