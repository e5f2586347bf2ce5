// Text that does not look like what it is, is found at its first byte.
#include "text/plain_text.h"

#include <gtest/gtest.h>

#include "ipc/text/plain_text.h"
#include "ipc/text/utf8.h"

namespace broker {
namespace {

TEST(PlainText, FindsTheFirstOffendingByte) {
  EXPECT_EQ(text_fault("ab\x80")->offset, 2u);
  EXPECT_EQ(text_fault("gr\xC3\xBCn\x1b")->offset, 5u);
  EXPECT_EQ(text_fault("\xF4\x90\x80\x80")->offset, 0u);
  EXPECT_EQ(text_fault("\xF0\x80\x80\xAF")->offset, 0u);
  EXPECT_EQ(text_fault("\xE2\x80")->offset, 0u);
  EXPECT_EQ(text_fault("a\r")->offset, 1u);
}

TEST(PlainText, NothingInvisibleIsText) {
  for (const char* hidden : {"\xC2\xAD", "\xCD\x8F", "\xE1\x85\x9F", "\xE1\x85\xA0", "\xE1\x9E\xB4", "\xE1\xA0\x8B",
                             "\xE1\xA0\x8E", "\xE2\x80\x8B", "\xE2\x80\x8D", "\xE2\x81\xA0", "\xE3\x85\xA4",
                             "\xEF\xB8\x80", "\xEF\xB8\x8F", "\xEF\xBB\xBF", "\xEF\xBE\xA0", "\xF3\xA0\x80\xA0"}) {
    const auto fault = text_fault("ledger" + std::string(hidden) + "-prod");
    ASSERT_TRUE(fault) << hidden;
    EXPECT_EQ(fault->offset, 6u);
  }
}

TEST(PlainText, EveryCodePointIsTextOrAFault) {
  for (std::uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == '\r' || (c >= 0xD800 && c <= 0xDFFF)) continue;
    std::string text = "a";
    ipc::append_utf8(text, c);
    const auto fault = text_fault(text);
    ASSERT_EQ(!ipc::why_not_plain(c).empty(), fault.has_value()) << std::hex << c;
    if (!fault) continue;
    ASSERT_EQ(fault->offset, 1U);
  }
}

TEST(PlainText, LettersOfAnyLanguageAreText) {
  EXPECT_FALSE(text_fault("a\tb\r\n\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x94\x91"));
  EXPECT_FALSE(text_fault(""));
}

TEST(PlainText, QuotesAreOneLineAndNeverCutACharacter) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a b\"");
  const std::string umlauts = "x" + std::string(59, 'y') + "\xC3\xBC";
  EXPECT_EQ(in_quotes(umlauts), "\"x" + std::string(59, 'y') + "...\"");
  std::string many;
  for (int i = 0; i < 50; ++i) many += "\xE2\x82\xAC";
  EXPECT_FALSE(text_fault(in_quotes(many)));
}

}  // namespace
}  // namespace broker
