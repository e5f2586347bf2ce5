// Where a mistake points, and what is shown of that line: never more than fits, and nothing that steers a terminal.
#include "yaml/error_place.h"

#include <gtest/gtest.h>

#include "yaml/mistakes.h"

namespace broker {
namespace {

ErrorPlace place(const std::string& what) { return place_of({ipc::Fault::kConfig, what, "", 0}, "f.yaml"); }

TEST(ErrorPlace, IsNoneWhereTheSentenceNamesNone) {
  for (const char* what : {"f.yaml is not there", "other.yaml:3:4: bad", "f.yaml: bad", "f.yaml:x: bad",
                           "f.yaml:9999999999:1: bad", "the folder / is open"}) {
    EXPECT_EQ(place(what).line, 0) << what;
    EXPECT_EQ(place(what).reason, what);
  }
}

TEST(ErrorPlace, IsALineAndWhereItIsKnownAColumn) {
  EXPECT_EQ(place("f.yaml:12:7: bad").line, 12);
  EXPECT_EQ(place("f.yaml:12:7: bad").column, 7);
  EXPECT_EQ(place("f.yaml:12:7: bad").reason, "bad");
  EXPECT_EQ(place("f.yaml:12: bad").column, 0);
  EXPECT_EQ(place("f.yaml:12: bad").reason, "bad");
}

TEST(ErrorPlace, ALineIsShownWithAMarkBelowItsCharacter) {
  const ShownLine shown = show_line("a: 1\nk\xc3\xa4se: \x1b[2J\r\nc: 3", {2, 8, ""});
  EXPECT_EQ(shown.text.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.caret, "      ^");
  EXPECT_EQ(show_line("a: 1\n", {1, 0, ""}).caret, "");
}

TEST(ErrorPlace, ALongLineIsCutAroundItsMark) {
  const ShownLine shown = show_line(std::string(5000, 'x') + "HERE" + std::string(5000, 'x'), {1, 5001, ""});
  EXPECT_LE(shown.text.size(), 120u);
  EXPECT_EQ(shown.text.substr(shown.caret.size() - 1, 4), "HERE");
}

TEST(ManyMistakes, OfTwoTextsAreToldTogetherAndCounted) {
  Mistakes one, other;
  for (std::size_t i = 0; i < Mistakes::kMostTold + 3; ++i) other.add({ipc::Fault::kConfig, std::to_string(i), "", 0});
  one.add({ipc::Fault::kConfig, "first", "", 0});
  one.add(other);
  ASSERT_EQ(one.told().size(), Mistakes::kMostTold);
  EXPECT_EQ(one.told()[0].what, "first");
  EXPECT_EQ(one.told()[1].what, "0");
  EXPECT_EQ(one.more(), 4u);
}

}  // namespace
}  // namespace broker
