// A stored key opens for its own passphrase, under its own name, as it was written, and in no other case.
#include "keystore/entry.h"

#include <gtest/gtest.h>

#include <string>

#include "text/base64.h"

namespace broker {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kPassphrase = "correct horse battery";

class KeystoreEntryTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  static KeystoreEntry fresh() {
    KeystoreEntry key{"ledger", "AKIDLEDGER", "2026-11-21T10:00:00Z"};
    key.cost = kLeastCost;
    return key;
  }
  static std::string sealed_text() {
    KeystoreEntry key = fresh();
    EXPECT_TRUE(seal_with_passphrase(key, kSecret, kPassphrase));
    return render_stored_key(key);
  }
  // A key of the machine, whose opening is cheap enough to try at every byte.
  struct Machine {
    ipc::SecretBuffer hex_key;
    std::string text;
  };
  static Machine machine() {
    Machine made{*new_machine_key(), {}};
    KeystoreEntry key = fresh();
    key.protection = KeyProtection::kTpm2;
    EXPECT_TRUE(seal_with_machine_key(key, kSecret, made.hex_key.reveal()));
    made.text = render_stored_key(key);
    return made;
  }
  static std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return text.replace(at, from.size(), to);
  }
  static std::string why(const std::string& text, std::string_view profile = "ledger") {
    const auto key = parse_stored_key(profile, text);
    return key ? "it was taken" : key.error().what;
  }
};

TEST_F(KeystoreEntryTest, NoByteOfTheFileCanBeChangedUnseen) {
  const Machine made = machine();
  for (std::size_t i = 0; i < made.text.size(); ++i) {
    for (const int bit : {1, 2, 4, 16, 32}) {
      std::string text = made.text;
      text[i] = static_cast<char>(text[i] ^ bit);
      const auto key = parse_stored_key("ledger", text);
      if (!key) continue;
      EXPECT_FALSE(open_with_machine_key(*key, made.hex_key.reveal())) << "byte " << i << ": " << text;
    }
  }
}

TEST_F(KeystoreEntryTest, ACutFileIsNone) {
  const std::string text = sealed_text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_stored_key("ledger", text.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_stored_key("ledger", text + text));
  EXPECT_FALSE(parse_stored_key("ledger", text + " "));
  EXPECT_FALSE(parse_stored_key("ledger", std::string(100000, ' ') + text));
}

TEST_F(KeystoreEntryTest, AnotherProfilesFileIsRefused) {
  const std::string text = sealed_text();
  EXPECT_NE(why(text, "payroll").find("another profile"), std::string::npos) << why(text, "payroll");
  const auto renamed = parse_stored_key("payroll", replaced(text, "\"ledger\"", "\"payroll\""));
  ASSERT_TRUE(renamed) << renamed.error().what;
  EXPECT_FALSE(open_with_passphrase(*renamed, kPassphrase));
}

TEST_F(KeystoreEntryTest, ParametersCanNeitherBeWeakenedNorMadeHuge) {
  const std::string text = sealed_text();
  for (const char* cost : {"14", "19", "40", "0", "4294967295", "4294967296", "-15", "15.0", "\"15\""}) {
    EXPECT_FALSE(parse_stored_key("ledger", replaced(text, "\"log2_n\":15", std::string("\"log2_n\":") + cost)))
        << cost;
  }
  EXPECT_NE(why(replaced(text, "\"log2_n\":15", "\"log2_n\":30")).find("cost"), std::string::npos);
  EXPECT_FALSE(parse_stored_key("ledger", replaced(text, "\"r\":8", "\"r\":1")));
  EXPECT_FALSE(parse_stored_key("ledger", replaced(text, "\"r\":8", "\"r\":4096")));
  EXPECT_FALSE(parse_stored_key("ledger", replaced(text, "\"p\":1", "\"p\":0")));
  EXPECT_FALSE(parse_stored_key("ledger", replaced(text, "\"p\":1", "\"p\":5")));
  // Allowed values that are not this file's own: taken, and of no use.
  const auto dearer = parse_stored_key("ledger", replaced(text, "\"p\":1", "\"p\":2"));
  ASSERT_TRUE(dearer) << dearer.error().what;
  EXPECT_FALSE(open_with_passphrase(*dearer, kPassphrase));
}

TEST_F(KeystoreEntryTest, WhatIsUnknownIsRefused) {
  const std::string text = sealed_text();
  EXPECT_NE(why(replaced(text, "\"sentinel_key\":1", "\"sentinel_key\":2")).find("version"), std::string::npos);
  EXPECT_NE(why(replaced(text, "aes-256-gcm", "aes-128-gcm")).find("damaged"), std::string::npos);
  EXPECT_NE(why(replaced(text, "\"kdf\":\"scrypt\"", "\"kdf\":\"md5\"")).find("damaged"), std::string::npos);
  EXPECT_NE(why(replaced(text, "\"store\":\"file\"", "\"store\":\"cloud\"")).find("store"), std::string::npos);
  EXPECT_NE(why(replaced(text, "\"passphrase\"", "\"nothing\"")).find("protects"), std::string::npos);
  EXPECT_NE(why(replaced(text, "{", "{\"more\":1,")).find("damaged"), std::string::npos);
  EXPECT_NE(why(replaced(text, ",", ", ")).find("damaged"), std::string::npos);
  EXPECT_NE(why(replaced(text, "AKIDLEDGER", "no key\\n")).find("access key id"), std::string::npos);
  EXPECT_NE(why("[]").find("no JSON"), std::string::npos);
}

TEST_F(KeystoreEntryTest, AnotherPassphraseOpensNothing) {
  const auto key = parse_stored_key("ledger", sealed_text());
  ASSERT_TRUE(key);
  for (const std::string_view guess : {"", "correct horse batter", "correct horse battery ", "Correct horse battery"}) {
    const auto secret = open_with_passphrase(*key, guess);
    ASSERT_FALSE(secret) << guess;
    EXPECT_EQ(secret.error().fault, ipc::Fault::kRefused);
    EXPECT_NE(secret.error().what.find("passphrase is wrong"), std::string::npos);
    EXPECT_EQ(secret.error().what.find(kPassphrase), std::string::npos);
  }
}

TEST_F(KeystoreEntryTest, ItsOwnPassphraseOpensItAndTheTextShowsNoSecret) {
  const std::string text = sealed_text();
  EXPECT_EQ(text.find(kSecret), std::string::npos);
  EXPECT_EQ(text.find(base64(kSecret).substr(0, 16)), std::string::npos);
  const auto key = parse_stored_key("ledger", text);
  ASSERT_TRUE(key) << key.error().what;
  EXPECT_EQ(key->access_key_id, "AKIDLEDGER");
  const auto secret = open_with_passphrase(*key, kPassphrase);
  ASSERT_TRUE(secret) << secret.error().what;
  EXPECT_EQ(secret->reveal(), kSecret);
}

TEST_F(KeystoreEntryTest, NoTwoSealingsAreAlike) {
  KeystoreEntry one = fresh(), two = fresh();
  ASSERT_TRUE(seal_with_passphrase(one, kSecret, kPassphrase));
  ASSERT_TRUE(seal_with_passphrase(two, kSecret, kPassphrase));
  EXPECT_NE(one.salt, two.salt);
  EXPECT_NE(one.nonce, two.nonce);
  EXPECT_NE(one.sealed, two.sealed);
  const std::string nonce = one.nonce;
  ASSERT_TRUE(seal_with_passphrase(one, kSecret, kPassphrase));
  EXPECT_NE(one.nonce, nonce);
}

TEST_F(KeystoreEntryTest, AMachinesKeyMustBeOne) {
  const Machine made = machine();
  const auto key = parse_stored_key("ledger", made.text);
  ASSERT_TRUE(key);
  const std::string whole(made.hex_key.reveal());
  for (const std::string& bad : {std::string(), whole.substr(1), whole + "0", whole + "\n\n", "Z" + whole.substr(1)}) {
    const auto secret = open_with_machine_key(*key, bad);
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().what.find(whole.substr(2, 20)), std::string::npos);
  }
  EXPECT_FALSE(open_with_machine_key(*key, new_machine_key()->reveal()));
  const auto secret = open_with_machine_key(*key, whole + "\n");
  ASSERT_TRUE(secret) << secret.error().what;
  EXPECT_EQ(secret->reveal(), kSecret);
}

TEST_F(KeystoreEntryTest, AnEntryOfAnotherKeyIsRefused) {
  KeystoreEntry key = fresh();
  key.store = KeyStoreKind::kPass;
  const auto marker = parse_stored_key("ledger", render_stored_key(key));
  ASSERT_TRUE(marker) << marker.error().what;
  const std::string entry(entry_text("AKIDLEDGER", kSecret).reveal());
  EXPECT_FALSE(secret_of_entry(*marker, entry_text("AKIDOTHER", kSecret).reveal()));
  for (const std::string& bad : {std::string(), std::string(kSecret), "\n" + entry, entry + "more", " " + entry,
                                 std::string(300, 'x') + entry}) {
    const auto secret = secret_of_entry(*marker, bad);
    ASSERT_FALSE(secret) << bad;
    EXPECT_EQ(secret.error().what.find(kSecret), std::string::npos);
  }
  EXPECT_EQ(secret_of_entry(*marker, entry)->reveal(), kSecret);
  EXPECT_EQ(secret_of_entry(*marker, entry.substr(0, entry.size() - 1))->reveal(), kSecret);
}

}  // namespace
}  // namespace broker
