#include "text/ascii.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Split, EveryTextHasAPart) {
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",a,", ','), ElementsAre("", "a", ""));
  EXPECT_THAT(split("a b", ','), ElementsAre("a b"));
}

TEST(Split, WordsAreWhatIsNotEmpty) {
  EXPECT_THAT(split_words("", ','), IsEmpty());
  EXPECT_THAT(split_words(",,", ','), IsEmpty());
  EXPECT_THAT(split_words(" a  bc ", ' '), ElementsAre("a", "bc"));
}

}  // namespace
}  // namespace broker
