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
  for (const std::string_view text : {"null", "[]", "\"\"", "{", "{}x", "{} {}", "{'AccessKeyId':1}", "{\"a\":1,}",
                                      "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(why(text), "is not one JSON object") << text;
  }
  for (const auto& [text, reason] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"", "there is nothing"},
           {" \r\n", "there is nothing"},
           {"\xEF\xBB\xBF{}", "it begins with a byte order mark"},
           {"\xFF\xFE{", "it is UTF-16, and UTF-8 is read"},
           {"<!doctype html><p>Log in</p>", "it is a page of HTML or XML"},
           {"// no\n{}", "other text stands before it"},
           {"Opening the browser...\n{}", "other text stands before it"}}) {
    EXPECT_EQ(why(text), "is not one JSON object: " + reason) << text;
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
}

// As credential_process programs print it beside a long-term key (aws-cli and granted among those that meet them).
TEST_F(KeysJsonTest, EmptyIsAbsent) {
  const auto key = read_keys_json(with(R"(,"SessionToken":"")"), "SessionToken");
  ASSERT_TRUE(key) << key.error().what;
  EXPECT_TRUE(key->keys.session_token.empty());
  EXPECT_EQ(why(R"({"AccessKeyId":"","SecretAccessKey":"s"})"), "has no AccessKeyId");
  EXPECT_EQ(why(R"({"AccessKeyId":"AKIDEXAMPLE","SecretAccessKey":""})"), "has no SecretAccessKey");
  const auto role = read_keys_json(with(R"(,"Token":"","Expiration":"2026-01-27T11:00:00Z")"), "Token");
  ASSERT_TRUE(role);
  EXPECT_EQ(check_temporary(role->keys, kTen).error().what, "has no Token");
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
  for (const std::string_view end :
       {"", "soon", "2026-01-27", "2026-01-27 10:00:00", "2026-13-27T10:00:00Z", "2026-01-27T10:00:00",
        "2026-01-27T10:00:00+24:00", "2026-01-27T10:00:00+02:60", "+02:00", "2026-01-27T10:00:00Z+02:00"}) {
    EXPECT_NE(why(with(R"(,"Expiration":")" + std::string(end) + "\"")), "read") << end;
  }
}

TEST_F(KeysJsonTest, AnEndWithoutAnOffsetIsToldAsSuch) {
  for (const std::string_view end : {"2026-01-27T10:00:00", "2026-01-27 10:00:00.5"}) {
    EXPECT_EQ(why(with(R"(,"Expiration":")" + std::string(end) + "\"")),
              "has an Expiration without an offset: a Z behind it says UTC");
  }
}

TEST_F(KeysJsonTest, AnEndIsReadWithAnOffsetToo) {
  for (const std::string_view end : {"2026-01-27T10:00:00Z", "2026-01-27T10:00:00+00:00", "2026-01-27T10:00:00+0000",
                                     "2026-01-27T12:30:00.123456+02:30", "2026-01-27T02:00:00-08:00",
                                     "2026-01-27T12:00:00+0200", "2026-01-27T10:00:00UTC", "2026-01-27 10:00:00Z"}) {
    const auto read = read_keys_json(with(R"(,"Expiration":")" + std::string(end) + "\""), "SessionToken");
    ASSERT_TRUE(read) << end << ": " << read.error().what;
    EXPECT_EQ(read->keys.expiration, kTen) << end;
  }
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
