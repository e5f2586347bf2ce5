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

}  // namespace
}  // namespace ipc
