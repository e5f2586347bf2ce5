// What the helper shows of a refusal: it comes through the frontend, which may have been taken over, and goes to a
// terminal.
#include "credential_process/answer_text.h"

#include <gtest/gtest.h>

#include <string>

namespace supervisor {
namespace {

std::string shown(const std::string& body) {
  Message message;
  read_message(body, message);
  return std::string(message.view());
}
std::string told(const std::string& json) { return shown(R"({"Code":"AccessDenied","Message":")" + json + R"("})"); }

TEST(HelperMessage, WithoutOneThereIsNoReason) {
  for (const char* body : {"", "{}", R"({"message":"lower"})", R"({"Message":5})", R"({"Message":""})"})
    EXPECT_EQ(shown(body), "no reason given") << body;
}

TEST(HelperMessage, NothingSteersATerminal) {
  for (const char* hostile : {"\x1b[2J",      "\\u001b[2J",    "\xc2\x9b",
                              "\\u009b2J",    "\xe2\x80\xae",  "\\u202e",
                              "\xe2\x81\xa6", "\xef\xbb\xbf",  "\xf0\x9f\x98\x80",
                              "\xe2\x80\x8b", "\xc2\xad",      "\xcd\x8f",
                              "\n",           "\\n",           "\r",
                              "\t",           "\x7f",          "\\u007f",
                              "\\u0000",      "\xff\xfe",      "\xc3",
                              "\xe2\x80",     "\xc0\x80",      "\xe0\x82\xa1",
                              "\xed\xa0\x80", "\\ud83d\\ude00"}) {
    const std::string text = told(hostile);
    for (const unsigned char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << hostile << ": " << text;
    EXPECT_NE(text.find('?'), std::string::npos) << hostile;
  }
}

TEST(HelperMessage, LettersOfOtherLanguagesAndEscapesAreShown) {
  EXPECT_EQ(told("B\xc3\xbc"
                 "cher \xe2\x80\x9ezu\xe2\x80\x9c \xd0\xbc \xe4\xb8\xad"),
            "B\xc3\xbc"
            "cher \xe2\x80\x9ezu\xe2\x80\x9c \xd0\xbc \xe4\xb8\xad");
  EXPECT_EQ(told(R"(a \"b\" \\ \/ \u003cc\u003e \u0026)"), "a \"b\" \\ / <c> &");
}

TEST(HelperMessage, HalfAnEscapeAndAnEndlessTextEnd) {
  for (const char* body : {R"({"Message":"a\)", R"({"Message":"a\u)", R"({"Message":"a\u00)", R"({"Message":"a\u00G0)"})
    EXPECT_EQ(shown(body).substr(0, 2), "a?") << body;
  EXPECT_EQ(shown("{\"Message\":\"\xc3"), "?");
  const std::string text = told(std::string(100'000, 'x'));
  EXPECT_LT(text.size(), kMaxMessage);
  EXPECT_LT(told(std::string(kMaxMessage - 4, 'x') + "\xe2\x82\xac\xe2\x82\xac").size(), kMaxMessage);
}

TEST(HelperReason, IsWhatStandsBehindTheFormsSentence) {
  Message message;
  read_message(R"({"Message":"Sentinel refused this request: policy rule 'r'"})", message);
  EXPECT_EQ(reason_in(message), "policy rule 'r'");
  Message bare;
  read_message(R"({"Message":"Sentinel refused this request"})", bare);
  EXPECT_EQ(reason_in(bare), "");
}

}  // namespace
}  // namespace supervisor
