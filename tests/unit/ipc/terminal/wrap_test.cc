// Text is broken at blanks alone, and no line is longer than it must be.
#include "ipc/terminal/wrap.h"

#include <gtest/gtest.h>

namespace {

using ipc::wrapped;

TEST(Wrap, LinesEndAtBlanksAndBeginBehindTheIndent) {
  EXPECT_EQ(wrapped("one two three", 2, 0, 7), "one two\n  three");
  EXPECT_EQ(wrapped("one two three", 2, 4, 8), "one\n  two\n  three");
  EXPECT_EQ(wrapped("one two", 0, 0, 100), "one two");
  EXPECT_EQ(wrapped("", 4, 4, 10), "");
}

TEST(Wrap, AWordIsNeverCut) { EXPECT_EQ(wrapped("a muchtoolong b", 1, 0, 5), "a\n muchtoolong\n b"); }

}  // namespace
