#include "keys/keys_json.h"

#include <gtest/gtest.h>

#include "keys/fetch.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

constexpr char kWhole[] =
    R"({"AccessKeyId":"ASIAFROMJSON","SecretAccessKey":"the/secret+","SessionToken":"the-token==",)"
    R"("Expiration":"2026-01-27T11:00:00Z"})";
constexpr std::chrono::sys_seconds kTen = std::chrono::sys_days(std::chrono::year(2026) / 1 / 27) + 10h;

class KeysJsonTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  static std::string why(std::string_view json) {
    const auto read = read_keys_json(json, "SessionToken");
    return read ? "read" : read.error().what;
  }
  static std::string with(std::string_view members) {
    return R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":"secret")" + std::string(members) + "}";
  }
};

TEST_F(KeysJsonTest, WhatIsNoSingleJsonObjectIsRefused) {
  for (const std::string_view text :
       {"", " ", "null", "[]", "\"\"", "{", "{}x", "{} {}", "\xEF\xBB\xBF{}", "{'AccessKeyId':1}", "{\"a\":1,}",
        "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", "// no\n{}"}) {
    EXPECT_EQ(why(text), "is not one JSON object") << text;
  }
  EXPECT_EQ(why(R"({"a":)" + std::string(100000, '[')), "is not one JSON object");
  EXPECT_EQ(why(std::string_view(kWhole).substr(0, sizeof kWhole - 2)), "is not one JSON object");
}

TEST_F(KeysJsonTest, WrongTypesAreRefusedAndNamed) {
  EXPECT_EQ(why(R"({"AccessKeyId":7})"), "has a value for AccessKeyId that is no text");
  EXPECT_EQ(why(R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":["x"]})"),
            "has a value for SecretAccessKey that is no text");
  EXPECT_EQ(why(with(R"(,"SessionToken":{})")), "has a value for SessionToken that is no text");
  EXPECT_EQ(why(with(R"(,"SessionToken":true)")), "has a value for SessionToken that is no text");
  EXPECT_EQ(why(with(R"(,"Expiration":1769508000)")), "has a value for Expiration that is no text");
}

TEST_F(KeysJsonTest, AMemberTwiceIsRefused) {
  EXPECT_EQ(why(with(R"(,"SecretAccessKey":"other")")), "has SecretAccessKey twice");
  EXPECT_EQ(why(with(R"(,"Version":1,"Version":1)")), "has Version twice");
}

TEST_F(KeysJsonTest, BytesThatFitNoHeaderAreRefusedAndNeverQuoted) {
  for (const std::string_view escape : {"\\r\\nX: 1", "\\u0000", "\\u00e9", " ", "\\t"}) {
    const std::string value = "quoted" + std::string(escape);
    for (const std::string& json : {R"({"AccessKeyId":")" + value + R"(","SecretAccessKey":"s"})",
                                    R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":")" + value + R"("})",
                                    with(R"(,"SessionToken":")" + value + "\"")}) {
      EXPECT_NE(why(json), "read") << json;
      EXPECT_EQ(why(json).find("quoted"), std::string::npos) << json;
    }
  }
  EXPECT_NE(why(with(R"(,"SessionToken":"")")), "read");
}

TEST_F(KeysJsonTest, LongerThanAnyKeyIsRefused) {
  EXPECT_EQ(why(R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":")" + std::string(257, 's') + "\"}"),
            "has a value for SecretAccessKey that is too long");
  EXPECT_EQ(why(with(R"(,"SessionToken":")" + std::string(12289, 't') + "\"")),
            "has a value for SessionToken that is too long");
  EXPECT_EQ(why(with(R"(,"SessionToken":")" + std::string(12288, 't') + "\"")), "read");
}

TEST_F(KeysJsonTest, HalfAKeyIsRefused) {
  EXPECT_EQ(why(R"({"AccessKeyId":"AKIDEXAMPLE"})"), "has no SecretAccessKey");
  EXPECT_EQ(why(R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":null})"), "has no SecretAccessKey");
  EXPECT_EQ(why(R"({"SecretAccessKey":"s"})"), "has no AccessKeyId");
  EXPECT_EQ(why(R"({"SessionToken":"t"})"), "has no AccessKeyId");
  EXPECT_EQ(why(R"({"accesskeyid":"AKIDEXAMPLE","SecretAccessKey":"s"})"), "has no AccessKeyId");
}

TEST_F(KeysJsonTest, AnEndThatIsNoMomentIsRefused) {
  for (const std::string_view end : {"", "soon", "2026-01-27", "2026-01-27 10:00:00", "2026-13-27T10:00:00Z",
                                     "2026-01-27T10:00:00", "2026-01-27T10:00:00+0200", "2026-01-27T10:00:00+24:00",
                                     "2026-01-27T10:00:00+02:60", "+02:00", "2026-01-27T10:00:00Z+02:00"}) {
    EXPECT_NE(why(with(R"(,"Expiration":")" + std::string(end) + "\"")), "read") << end;
  }
}

TEST_F(KeysJsonTest, AnEndIsReadWithAnOffsetToo) {
  EXPECT_EQ(read_end("2026-01-27T10:00:00Z").value(), kTen);
  EXPECT_EQ(read_end("2026-01-27T10:00:00+00:00").value(), kTen);
  EXPECT_EQ(read_end("2026-01-27T12:30:00.123456+02:30").value(), kTen);
  EXPECT_EQ(read_end("2026-01-27T02:00:00-08:00").value(), kTen);
}

TEST_F(KeysJsonTest, KeysThatHaveEndedOrEndInAMomentAreNotTaken) {
  IssuedCredentials keys;
  keys.expiration = kTen;
  EXPECT_EQ(check_not_ended(keys, kTen).error().what, "has keys that ended at 2026-01-27T10:00:00Z");
  EXPECT_EQ(check_not_ended(keys, kTen - 14s).error().what, "has keys that end in a moment, at 2026-01-27T10:00:00Z");
  EXPECT_TRUE(check_not_ended(keys, kTen - 15s));
}

TEST_F(KeysJsonTest, WholeKeysAreReadAsTheyStand) {
  auto read = read_keys_json(kWhole, "SessionToken");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->keys.access_key_id, "ASIAFROMJSON");
  EXPECT_EQ(read->keys.secret_access_key.reveal(), "the/secret+");
  EXPECT_EQ(read->keys.session_token.reveal(), "the-token==");
  EXPECT_EQ(read->keys.expiration, kTen + 1h);
  EXPECT_FALSE(read->version_1);
}

TEST_F(KeysJsonTest, WhatNobodyKnowsIsNotLookedAtAndNullIsNothing) {
  const auto read = read_keys_json(
      with(R"(,"Version":1,"SessionToken":null,"Expiration":null,"AccountId":7,"More":[{}])"), "SessionToken");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->version_1);
  EXPECT_TRUE(read->keys.session_token.empty());
  EXPECT_EQ(read->keys.expiration, kNever);
}

TEST_F(KeysJsonTest, TheTokensNameIsTheSources) {
  const std::string json = with(R"(,"Token":"container's","SessionToken":"other")");
  EXPECT_EQ(read_keys_json(json, "Token")->keys.session_token.reveal(), "container's");
}

TEST_F(KeysJsonTest, ARefusalHasCodeAndMessageAndNoKeys) {
  for (const std::string_view json :
       {R"({"Code":"NoRole","Message":"none"})", R"({"code":"NoRole","message":"none"})"}) {
    const auto read = read_keys_json(json, "Token");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->keys.access_key_id.empty());
    EXPECT_EQ(read->code, "NoRole");
    EXPECT_EQ(read->message, "none");
  }
}

}  // namespace
}  // namespace broker
