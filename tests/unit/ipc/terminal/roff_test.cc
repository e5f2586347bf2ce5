// What a manual page shows is the text, whatever roff would make of its letters.
#include "ipc/terminal/roff.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

TEST(Roff, NoLineOfATextIsARequest) { EXPECT_EQ(roff(".SH x\n'br\nso. it's"), "\\&.SH x\n\\&'br\nso. it's"); }

TEST(Roff, BackslashAndHyphenAreShown) {
  EXPECT_EQ(roff("\\fB --all"), "\\efB \\-\\-all");
  EXPECT_EQ(roff(""), "");
}

TEST(Roff, AnItemHasItsHeadInBoldAndOneFullStop) { EXPECT_EQ(roff_item("--all", ".x"), ".TP\n.B \\-\\-all\n\\&.x.\n"); }

TEST(Roff, APageNamesEveryOtherAndNotItself) {
  const std::string pages = roff_see_also("sentinel-decisions(5)");
  EXPECT_TRUE(pages.starts_with(".SH SEE ALSO\n.BR sentinel (1),\n")) << pages;
  EXPECT_EQ(pages.find("decisions"), std::string::npos) << pages;
  EXPECT_TRUE(pages.ends_with(".BR sentinel (7)\n")) << pages;
}

}  // namespace
}  // namespace ipc
