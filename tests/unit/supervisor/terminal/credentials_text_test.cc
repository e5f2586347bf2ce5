#include "terminal/credentials_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace supervisor {
namespace {

ipc::IssuedKeys sound_keys() {
  ipc::IssuedKeys keys;
  keys.access_key_id = ipc::Text<128>("ASIAEXAMPLE");
  (void)keys.secret_access_key.assign("secret/+=");
  (void)keys.session_token.assign("token==");
  keys.expiration = ipc::Text<32>("2026-01-01T00:00:00Z");
  return keys;
}

std::string printed(const ipc::IssuedKeys& keys, std::size_t room = kMaxCredentialsText,
                    KeyFormat format = KeyFormat::Json) {
  std::vector<char> out(room, 'x');
  const auto size = credentials_text(keys, format, out);
  if (!size) {
    EXPECT_EQ(std::string(out.begin(), out.end()), std::string(room, '\0')) << "half an answer stayed";
    return "";
  }
  return {out.data(), *size};
}

TEST(CredentialsText, AKeyThatCouldEndItsQuotesIsRefused) {
  for (const char* bad : {"", "a\"b", "a'b", "a\\b", "a\nb", "a b", "\x7f", "\xc3\xa4"}) {
    ipc::IssuedKeys keys = sound_keys();
    (void)keys.secret_access_key.assign(bad);
    EXPECT_EQ(printed(keys), "") << bad;
    keys = sound_keys();
    (void)keys.session_token.assign(bad);
    EXPECT_EQ(printed(keys), "") << bad;
    keys = sound_keys();
    keys.access_key_id = ipc::Text<128>(std::string_view(bad));
    EXPECT_EQ(printed(keys), "") << bad;
    keys = sound_keys();
    keys.expiration = ipc::Text<32>(std::string_view(bad));
    EXPECT_EQ(printed(keys), "") << bad;
  }
}

TEST(CredentialsText, WhatDoesNotFitIsRefusedNotCut) {
  const std::size_t whole = printed(sound_keys()).size();
  EXPECT_EQ(printed(sound_keys(), whole - 1), "");
  EXPECT_NE(printed(sound_keys(), whole), "");
}

TEST(CredentialsText, IsVersionOneOnOneLine) {
  EXPECT_EQ(
      printed(sound_keys()),
      "{\"Version\":1,\"AccessKeyId\":\"ASIAEXAMPLE\",\"SecretAccessKey\":\"secret/+=\",\"SessionToken\":\"token==\","
      "\"Expiration\":\"2026-01-01T00:00:00Z\"}\n");
}

TEST(CredentialsText, ForAShellEachValueStandsInQuotes) {
  EXPECT_EQ(printed(sound_keys(), kMaxCredentialsText, key_format("env")),
            "export AWS_ACCESS_KEY_ID='ASIAEXAMPLE'\nexport AWS_SECRET_ACCESS_KEY='secret/+='\n"
            "export AWS_SESSION_TOKEN='token=='\nexport AWS_CREDENTIAL_EXPIRATION='2026-01-01T00:00:00Z'\n");
  EXPECT_EQ(printed(sound_keys(), kMaxCredentialsText, key_format("fish")),
            "set -gx AWS_ACCESS_KEY_ID 'ASIAEXAMPLE'\nset -gx AWS_SECRET_ACCESS_KEY 'secret/+='\n"
            "set -gx AWS_SESSION_TOKEN 'token=='\nset -gx AWS_CREDENTIAL_EXPIRATION '2026-01-01T00:00:00Z'\n");
  for (const KeyFormat format : {KeyFormat::Env, KeyFormat::Fish}) {
    ipc::IssuedKeys keys = sound_keys();
    (void)keys.session_token.assign("a';reboot'");
    EXPECT_EQ(printed(keys, kMaxCredentialsText, format), "");
    EXPECT_EQ(printed(sound_keys(), 40, format), "");
  }
}

TEST(CredentialsText, TheLargestKeysOfTheProtocolFit) {
  ipc::IssuedKeys keys = sound_keys();
  keys.access_key_id = ipc::Text<128>(std::string(128, 'A'));
  (void)keys.secret_access_key.assign(std::string(256, 's'));
  (void)keys.session_token.assign(std::string(12288, 't'));
  for (const KeyFormat format : {KeyFormat::Json, KeyFormat::Env, KeyFormat::Fish}) {
    EXPECT_NE(printed(keys, kMaxCredentialsText, format), "");
  }
}

}  // namespace
}  // namespace supervisor
