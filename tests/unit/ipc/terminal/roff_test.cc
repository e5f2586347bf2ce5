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
  const std::string log = roff_see_also("sentinel-log(5)");
  EXPECT_TRUE(log.starts_with(".SH SEE ALSO\n.BR sentinel (1),\n")) << log;
  EXPECT_EQ(log.find("log"), std::string::npos) << log;
  EXPECT_TRUE(log.ends_with(".BR sentinel\\-security (7)\n")) << log;
}

}  // namespace
}  // namespace ipc
