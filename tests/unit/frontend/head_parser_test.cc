// The end of a head is found wherever the bytes are cut, and nothing behind it is read.
#include "head_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using frontend::HeadParser;
using Progress = HeadParser::Progress;

const std::string kHead =
    "GET /creds HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token\r\nEmpty:\r\nAccept: */*\r\n\r\n";

TEST(HeadParser, RefusesAtTheFirstBadByteAndNotOnlyAtTheEnd) {
  HeadParser parser;
  EXPECT_EQ(Progress::Malformed, parser.feed("\x16"));
  parser.reset();
  EXPECT_EQ(Progress::Malformed, parser.feed("GET /creds HTTP/1.1\n"));
  parser.reset();
  EXPECT_EQ(Progress::Malformed, parser.feed(std::string_view("GET /\0", 6)));
  parser.reset();
  EXPECT_EQ(Progress::Malformed, parser.feed("\r\n"));
  parser.reset();
  EXPECT_EQ(Progress::Malformed, parser.feed("GET /creds HTTP/1.1\r\nA: b\rc"));
}

TEST(HeadParser, EveryCutGivesTheSameResult) {
  for (std::size_t first = 0; first < kHead.size(); ++first) {
    for (std::size_t second = first; second < kHead.size(); ++second) {
      HeadParser parser;
      ASSERT_EQ(Progress::NeedMore, parser.feed(std::string_view(kHead).substr(0, first)));
      ASSERT_EQ(Progress::NeedMore, parser.feed(std::string_view(kHead).substr(0, second)));
      ASSERT_EQ(Progress::Complete, parser.feed(kHead));
      EXPECT_EQ("GET", parser.parsed().method);
      EXPECT_EQ(4U, parser.parsed().headers) << first << ' ' << second;
      EXPECT_EQ(1U, parser.parsed().major);
      EXPECT_EQ(1U, parser.parsed().minor);
    }
  }
}

TEST(HeadParser, EmptyFeedsChangeNothing) {
  HeadParser parser;
  EXPECT_EQ(Progress::NeedMore, parser.feed({}));
  EXPECT_EQ(Progress::NeedMore, parser.feed(kHead.substr(0, 10)));
  EXPECT_EQ(Progress::NeedMore, parser.feed(kHead.substr(0, 10)));
  EXPECT_EQ(Progress::Complete, parser.feed(kHead));
}

TEST(HeadParser, DoesNotReadBehindTheHead) {
  HeadParser parser;
  EXPECT_EQ(Progress::Complete, parser.feed(kHead + std::string("\0\n garbage", 10)));
  EXPECT_EQ(4U, parser.parsed().headers);
  EXPECT_EQ(Progress::Complete, parser.feed(kHead));  // and stays complete
}

TEST(HeadParser, ResetForgetsTheLastRequest) {
  HeadParser parser;
  EXPECT_EQ(Progress::Complete, parser.feed(kHead));
  parser.reset();
  EXPECT_EQ(Progress::Complete, parser.feed("POST /x HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ("POST", parser.parsed().method);
  EXPECT_EQ(1U, parser.parsed().headers);
}

}  // namespace
