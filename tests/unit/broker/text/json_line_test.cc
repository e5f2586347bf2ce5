// A line of the decision log can neither be broken in two nor steer a terminal, whatever text it is given.
#include "text/json_line.h"

#include <gtest/gtest.h>
#include <json/json.h>

#include <memory>

#include "ipc/text/json_string.h"
#include "ipc/text/plain_text.h"
#include "ipc/text/utf8.h"

namespace {

using broker::JsonLine;
using broker::JsonText;

std::string json_of(std::string_view text) { return ipc::json_string(text); }

// What jsoncpp, a reader that is not ours, makes of it.
std::string read_back(std::string_view json) {
  Json::Value value;
  std::string errors;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  EXPECT_TRUE(reader->parse(json.data(), json.data() + json.size(), &value, &errors)) << json << ": " << errors;
  return value.asString();
}

TEST(JsonString, NoByteThatEndsALineOrSteersATerminalIsLeft) {
  for (int code = 0; code < 0x20; ++code) {
    const std::string text(1, static_cast<char>(code));
    const std::string json = json_of(text);
    EXPECT_EQ(std::string::npos, json.find(text)) << code;
    EXPECT_EQ(text, read_back(json)) << code;
  }
  EXPECT_EQ("\"\\u007f\"", json_of("\x7F"));
  for (int code = 0x80; code < 0xA0; ++code) {  // C1: 0x9b alone starts an escape sequence on some terminals
    const std::string text{'\xC2', static_cast<char>(code)};
    EXPECT_EQ(std::string::npos, json_of(text).find('\xC2')) << code;
    EXPECT_EQ(text, read_back(json_of(text))) << code;
  }
  EXPECT_EQ("\"\\u2028\\u2029\"", json_of("\xE2\x80\xA8\xE2\x80\xA9"));
}

// encoding/json of Go: a signature is over bytes, and its reader writes these.
TEST(JsonString, EscapesAreThoseOfGosEncoder) {
  EXPECT_EQ(R"("\u003cscript\u003e \u0026 \u2028\u2029 \n\r\t\u0000 \ufffd")",
            json_of(std::string_view("<script> & \xE2\x80\xA8\xE2\x80\xA9 \n\r\t\0 \xFF", 24)));
}

TEST(JsonString, QuotesAndBackslashesDoNotEndIt) {
  EXPECT_EQ(R"("\"")", json_of("\""));
  EXPECT_EQ(R"("\\")", json_of("\\"));
  EXPECT_EQ(R"("\\\",\"outcome\":\"issued")", json_of(R"(\","outcome":"issued)"));
}

TEST(JsonString, InvalidUtf8IsReplacedByteByByte) {
  const std::string_view bad[] = {
      "\x80",              // continuation without a start
      "\xFF",              // never valid
      "\xC3",              // cut off
      "\xC1\x81",          // overlong, two bytes
      "\xE0\x80\x80",      // overlong, three bytes
      "\xED\xA0\x80",      // surrogate
      "\xF0\x80\x80\x80",  // overlong, four bytes
      "\xF4\x90\x80\x80",  // beyond U+10FFFF
      "\xF5\x80\x80\x80",  // beyond any plane
      "\xE2\x82",          // cut off after two of three
      "\xF0\x9F\x98",      // cut off after three of four
  };
  for (const std::string_view text : bad) {
    std::string expected = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) expected += "\\ufffd";
    EXPECT_EQ(expected + '"', json_of(text)) << testing::PrintToString(std::string(text));
  }
}

TEST(JsonString, AnInvalidByteDoesNotSwallowTheQuoteBehindIt) {
  EXPECT_EQ(R"("\ufffd\"")", json_of("\xC3\""));
  EXPECT_EQ(R"("\ufffd\ufffd\n")", json_of("\xE2\x82\n"));
}

TEST(JsonString, ValidTextStandsForItself) {
  for (const std::string_view text :
       {"", "plain ~ text", "\xC2\xA0", "\xC3\xA9t\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"}) {
    EXPECT_EQ('"' + std::string(text) + '"', json_of(text));
  }
}

// Whatever is not plain is an escape, above U+FFFF a pair of them; a reader gets the same text back.
TEST(JsonString, EveryCodePointIsPlainOrAnEscapeOfItself) {
  std::string all, escaped;
  for (std::uint32_t code = 0x80; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    ipc::append_utf8(text, code);
    const std::string json = json_of(text);
    const bool plain = ipc::why_not_plain(code).empty();
    ASSERT_EQ(plain, json == '"' + text + '"') << std::hex << code;
    ASSERT_EQ(plain, json[1] != '\\') << std::hex << code;
    if (!plain) all += text, escaped += json.substr(1, json.size() - 2);
  }
  EXPECT_EQ(all, read_back('"' + escaped + '"'));
  EXPECT_EQ(R"("\u202e\u200f\u2066\ufeff\udb40\udc01")", json_of("\u202e\u200f\u2066\ufeff\U000e0001"));
}

TEST(JsonString, JsonFromElsewhereStaysWhatItSaysAndHarmsNoTerminal) {
  EXPECT_EQ("{\"a\": \"\\u202e\\u009b\\u007f\", \"b\":[1]}",
            ipc::harmless_json("{\"a\":\t\"\u202e\xc2\x9b\x7f\",\r\"b\":[1]}"));
  for (const std::string text : {"{\"a\":\"b \\u001b \u00e9\"}", "[]", "{}"}) EXPECT_EQ(text, ipc::harmless_json(text));
}

TEST(JsonString, EveryPairOfBytesStaysOneLineThatAReaderAccepts) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string json = json_of(std::string{static_cast<char>(a), static_cast<char>(b)});
      ASSERT_EQ(std::string::npos, json.find('\n'));
      (void)read_back(json);
    }
  }
}

TEST(JsonLine, KeepsTheOrderOfItsMembersAndEndsWithOneNewline) {
  JsonLine line;
  line.text("user", "marta").number("rule_index", -1).raw("sync", "false").number("big", INT64_MIN).raw("on", "true");
  EXPECT_EQ("{\"user\":\"marta\",\"rule_index\":-1,\"sync\":false,\"big\":-9223372036854775808,\"on\":true}\n",
            std::move(line).finish());
}

TEST(JsonLine, WithoutMembersIsAnEmptyObject) { EXPECT_EQ("{}\n", JsonLine().finish()); }

TEST(JsonLine, TextIfLeavesOutOnlyWhatIsEmpty) {
  JsonLine line;
  line.text_if("role_arn", "").text("empty", "").text_if("check", "policy");
  EXPECT_EQ("{\"empty\":\"\",\"check\":\"policy\"}\n", std::move(line).finish());
}

TEST(JsonText, ObjectsAndListsHaveTheirCommas) {
  JsonText text;
  text.open_object().open_list("rules").open_object().number("index", 0).close_object().nothing("").text("", "a");
  text.close_list().boolean("ok", true).raw("more", "[1]").close_object();
  EXPECT_EQ("{\"rules\":[{\"index\":0},null,\"a\"],\"ok\":true,\"more\":[1]}\n", std::move(text).finish());
}

ipc::SecretBuffer secret_room() {
  static const bool opened = ipc::SecretArena::open().has_value();
  EXPECT_TRUE(opened);
  return ipc::SecretBuffer::with_capacity(64);
}

TEST(JsonSecret, WhatIsNotPrintableAsciiIsRefusedAndNothingIsAppended) {
  ipc::SecretBuffer out = secret_room();
  ASSERT_TRUE(out.append("x"));
  for (const std::string_view bad : {"a\nb", "\x7f", "\xC3\xA9", "\xFF", "a\"b\\c\t"}) {
    EXPECT_FALSE(broker::append_json_secret(out, bad)) << bad;
  }
  EXPECT_FALSE(broker::append_json_secret(out, std::string_view("a\0", 2)));
  EXPECT_EQ(out.reveal(), "x");
}

TEST(JsonSecret, QuoteAndBackslashAreEscaped) {
  ipc::SecretBuffer out = secret_room();
  EXPECT_TRUE(broker::append_json_secret(out, "\"a\\b~ <&>\""));
  EXPECT_EQ(out.reveal(), "\\\"a\\\\b~ <&>\\\"");
}

}  // namespace
