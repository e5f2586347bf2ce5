// Text from elsewhere that could steer a terminal or end a line of JSON does not.
#include "terminal/plain_text.h"

#include <gtest/gtest.h>

#include "ipc/text/plain_text.h"
#include "ipc/text/utf8.h"

namespace supervisor {
namespace {

TEST(PlainText, WhatAnotherSaysCannotSteerATerminal) {
  EXPECT_EQ(harmless("a\x1b[2J\n\r\t\x7f"), "a?[2J????");
  EXPECT_EQ(harmless("\xc2\x9b|\xe2\x80\xae|\xff|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x80"),
            "??|???|?|??|???|????|??");
  EXPECT_EQ(harmless("/home/jürgen/日本\U0001f600"), "/home/jürgen/日本\U0001f600");
}

TEST(PlainText, EveryCodePointIsShownOrReplaced) {
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    ipc::append_utf8(text, c);
    const bool shown = c != '\t' && c != '\n' && c != '\r' && ipc::why_not_plain(c).empty();
    ASSERT_EQ(shown ? text : std::string(text.size(), '?'), harmless(text)) << std::hex << c;
  }
}

}  // namespace
}  // namespace supervisor
