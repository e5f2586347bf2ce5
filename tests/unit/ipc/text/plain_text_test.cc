// Every code point there is: what one of the two older lists refused is refused, and nothing else.
#include "ipc/text/plain_text.h"

#include <gtest/gtest.h>

#include <string>

#include "ipc/text/utf8.h"

namespace {

// As the broker had it.
bool hides_in_a_policy(std::uint32_t c) {
  constexpr std::uint32_t kRanges[][2] = {{0x00, 0x08},     {0x0B, 0x0C},     {0x0E, 0x1F},     {0x7F, 0x9F},
                                          {0xAD, 0xAD},     {0x034F, 0x034F}, {0x061C, 0x061C}, {0x115F, 0x1160},
                                          {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x2029},
                                          {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},
                                          {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFF}, {0xE0000, 0xE0FFF}};
  for (const auto& range : kRanges) {
    if (c >= range[0] && c <= range[1]) return true;
  }
  return false;
}

// As the supervisor had it; what breaks a line is its own to refuse.
bool steers_a_terminal(std::uint32_t c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xd800 && c <= 0xf8ff) ||
         c == 0x061c || c == 0x00ad || c >= 0xe0000;
}

TEST(PlainText, RefusesWhatEitherOfTheOlderListsRefused) {
  for (std::uint32_t c = 0; c <= 0x110010; ++c) {
    ASSERT_EQ(hides_in_a_policy(c) || steers_a_terminal(c), !ipc::why_not_plain(c).empty()) << std::hex << c;
  }
  EXPECT_FALSE(ipc::why_not_plain(0xFFFFFFFF).empty());
}

TEST(Utf8, EveryCodePointIsWrittenAndReadAgain) {
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    ipc::append_utf8(text, c);
    ASSERT_EQ(text.size(), ipc::utf8_length(text + "x")) << std::hex << c;
    ASSERT_EQ(c, ipc::code_point(text)) << std::hex << c;
    if (text.size() == 1) continue;
    ASSERT_EQ(0U, ipc::utf8_length(std::string_view(text).substr(0, text.size() - 1))) << std::hex << c;
  }
}

TEST(Utf8, NothingButItsOneFormIsRead) {
  for (const char* bad : {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xed\xbf\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x82(", "\xf0\x9f\x98("}) {
    EXPECT_EQ(0U, ipc::utf8_length(bad)) << bad;
  }
}

}  // namespace
