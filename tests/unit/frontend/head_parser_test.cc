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
  parser.reset();  // where any other byte may stand
  EXPECT_EQ(Progress::Malformed, parser.feed(std::string_view("GET /creds HTTP/1.1\r\nA: \0", 25)));
  parser.reset();
  EXPECT_EQ(Progress::Malformed, parser.feed("GET /creds HTTP/1.1\r\nA: \n"));
}

TEST(HeadParser, EveryCutGivesTheSameResult) {
  for (std::size_t first = 0; first < kHead.size(); ++first) {
    for (std::size_t second = first; second < kHead.size(); ++second) {
      HeadParser parser;
      ASSERT_EQ(Progress::NeedMore, parser.feed(std::string_view(kHead).substr(0, first)));
      ASSERT_EQ(Progress::NeedMore, parser.feed(std::string_view(kHead).substr(0, second)));
      ASSERT_EQ(Progress::Complete, parser.feed(kHead));
    }
  }
}

// ---- The rules, each with what is just within it ----

std::string head_of_line(std::string_view request_line) { return std::string(request_line) + "\r\nHost: a\r\n\r\n"; }
std::string head_with(std::string_view header) { return "GET / HTTP/1.1\r\n" + std::string(header) + "\r\n\r\n"; }
Progress fed(std::string_view head) {
  HeadParser parser;
  return parser.feed(head);
}
// The very byte that decides: before it, the head may still become a good one.
void expect_malformed_at(std::string_view head, std::size_t bytes) {
  EXPECT_EQ(Progress::NeedMore, fed(head.substr(0, bytes - 1))) << head;
  EXPECT_EQ(Progress::Malformed, fed(head.substr(0, bytes))) << head;
}

TEST(HeadParser, KnowsTheMethodsThatServersKnow) {
  for (const char* method :
       {"ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LINK", "LOCK", "M-SEARCH", "MERGE",
        "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "OPTIONS", "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE",
        "PUT", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE"}) {
    const std::string head = head_of_line(std::string(method) + " /x HTTP/1.1");
    EXPECT_EQ(Progress::Complete, fed(head)) << method;
    EXPECT_EQ(Progress::Malformed, fed("X" + head)) << method;
    std::string lowered = head;
    lowered[0] = static_cast<char>(lowered[0] + ('a' - 'A'));
    EXPECT_EQ(Progress::Malformed, fed(lowered)) << method;
    EXPECT_EQ(Progress::Malformed, fed(std::string(method) + "X")) << method;
  }
  expect_malformed_at("GETS /", 4);
  expect_malformed_at("GE /", 3);
  expect_malformed_at("PROPFINDS", 9);
  expect_malformed_at(" GET", 1);
  expect_malformed_at("FETCH", 1);
  expect_malformed_at("GET\t/", 4);
}

TEST(HeadParser, ATargetIsAPathAnAsteriskAnAuthorityOrAbsolute) {
  for (const char* target : {"/", "/a?b#c", "/a??b##c", "/\"<>\\^`{|}", "/\xc3\xa9", "/a\tb", "*", "http://a", "http://a:1/b", "x://u:p@h/",
                             "HTTP://[::1]?q", "http://a@b@c"}) {
    EXPECT_EQ(Progress::Complete, fed(head_of_line("GET " + std::string(target) + " HTTP/1.1"))) << target;
  }
  EXPECT_EQ(Progress::Complete, fed(head_of_line("CONNECT a.b:80 HTTP/1.1")));
  EXPECT_EQ(Progress::Complete, fed(head_of_line("GET  /two-blanks HTTP/1.1")));
  EXPECT_EQ(Progress::Complete, fed(head_of_line("GET /no-version")));
  for (const char* target : {"?q", "1", "\"", "a.b:80", "h1://x", "http:x", "http:x/a", "http:/xa", "1://a", "\"://a", "http:/x", "http", "http:", "http:/", "http://", "http://a@@b",
                             "http://\"", "http://a\"", "http://a#b", "/\x01", "/\x7f", "/\x0b", "\xc3\xa9"}) {
    EXPECT_EQ(Progress::Malformed, fed(head_of_line("GET " + std::string(target) + " HTTP/1.1"))) << target;
    EXPECT_EQ(Progress::Malformed, fed(head_of_line("GET " + std::string(target)))) << target;
  }
  EXPECT_EQ(Progress::Malformed, fed(head_of_line("CONNECT \"a\" HTTP/1.1")));
  expect_malformed_at("GET \r", 5);
}

TEST(HeadParser, AVersionIsTwoDigits) {
  for (const char* version : {"HTTP/1.1", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9"}) {
    EXPECT_EQ(Progress::Complete, fed(head_of_line("GET / " + std::string(version)))) << version;
  }
  for (const char* version : {"HTTP/1.10", "HTTP/11", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1,1", "HTTP/a.1", "HTTP/1.a", "HTTP 1.1",
                              "http/1.1", "HTTX/1.1", "ICE/1.1", "XTTP/1.1", "HTTP/1.1 ", " HTTP/1.1", "HTTP/-1.1"}) {
    EXPECT_EQ(Progress::Malformed, fed(head_of_line("GET / " + std::string(version)))) << version;
    EXPECT_EQ(Progress::Malformed, fed(head_of_line("SOURCE / " + std::string(version)))) << version;
  }
  expect_malformed_at("GET / HTTP/1.10", 15);
}

TEST(HeadParser, ANameIsMadeOfTokenCharactersAndEndsInAColon) {
  for (int c = 1; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      std::string_view("!#$%&'*+-.^_`|~ ").find(byte) != std::string_view::npos;
    const auto expected = good ? Progress::Complete : Progress::Malformed;
    EXPECT_EQ(expected, fed(head_with(std::string(1, byte) + "A: b"))) << c;
    if (c == ':') continue;
    EXPECT_EQ(expected, fed(head_with("A" + std::string(1, byte) + "A: b"))) << c;
  }
  expect_malformed_at("GET / HTTP/1.1\r\nno colon\r", 25);
  expect_malformed_at("GET / HTTP/1.1\r\n: b", 17);
}

TEST(HeadParser, NoControlCharacterStandsInAValue) {
  for (int c = 1; c < 256; ++c) {
    if (c == '\r' || c == '\n') continue;
    const bool good = c == '\t' || (c >= ' ' && c != 0x7f);
    const auto expected = good ? Progress::Complete : Progress::Malformed;
    EXPECT_EQ(expected, fed(head_with("A: b" + std::string(1, static_cast<char>(c))))) << c;
    EXPECT_EQ(expected, fed(head_with("A: b\r\n " + std::string(1, static_cast<char>(c))))) << c;
  }
}

TEST(HeadParser, ALengthIsOneNumberOnce) {
  for (const char* header : {"Content-Length: 0", "content-length:5", "Content-Length: \t 0  ", "Content-Length:\r\n 7", "Content-Length: 0\r\n ",
                             "Content-Length: 1844674407370955160", "Content-Lengths: x", "A: b\r\n c\r\nContent-Length: 10", "X-Content-Length: x"}) {
    EXPECT_EQ(Progress::Complete, fed(head_with(header))) << header;
  }
  for (const char* header : {"Content-Length: x", "Content-Length: +0", "Content-Length: -0", "Content-Length: 0x0", "Content-Length: 0,0",
                             "Content-Length: 0, 0", "Content-Length: 0 0", "Content-Length: 0\t", "Content-Length:", "Content-Length: ",
                             "Content-Length:\r\n ", "Content-Length: 0\r\n 0", "Content-Length : x", "CONTENT-LENGTH: x",
                             "Content-Length: 0\r\nContent-Length: 0", "Content-Length: 0\r\nA: b\r\ncontent-length: 0",
                             "Content-Length:\r\nA: b", "Content-Length: 18446744073709551616", "Content-Length: 99999999999999999999"}) {
    EXPECT_EQ(Progress::Malformed, fed(head_with(header))) << header;
  }
  expect_malformed_at("GET / HTTP/1.1\r\nContent-Length: 0x", 34);
}

TEST(HeadParser, ACodingEndsInChunkedAndComesWithoutALength) {
  for (const char* header : {"Transfer-Encoding: chunked", "transfer-encoding:CHUNKED  ", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: x,\r\n chunked",
                             "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer : x",
                             "Transfer-Encoding: cgi, chunked", "X-Transfer-Encoding: x"}) {
    EXPECT_EQ(Progress::Complete, fed(head_with(header))) << header;
  }
  for (const char* header : {"Transfer-Encoding: identity", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: chunkedx", "Transfer-Encoding: xchunked",
                             "Transfer-Encoding: chunk", "Transfer-Encoding:", "Transfer-Encoding: chunked\r\n ", "Transfer-Encoding: x\r\n , chunked",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "Transfer-Encoding: x, (chunked, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding:",
                             "Transfer-Encoding-X: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 0\r\nTransfer-Encoding: chunked"}) {
    EXPECT_EQ(Progress::Malformed, fed(head_with(header))) << header;
  }
  EXPECT_EQ(Progress::Complete, fed("CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n"));
  // An Upgrade is ignored, so it excuses no coding that hides where the body ends.
  for (const char* header : {"Connection: upgrade", "Connection: TE, Upgrade ", "Proxy-Connection: upgrade, TE", "Connection: close"}) {
    EXPECT_EQ(Progress::Malformed, fed(head_with("Upgrade: x\r\nTransfer-Encoding: x\r\n" + std::string(header)))) << header;
    EXPECT_EQ(Progress::Complete, fed(head_with("Upgrade: x\r\nTransfer-Encoding: chunked\r\n" + std::string(header)))) << header;
  }
  EXPECT_EQ(Progress::Malformed, fed("CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: x\r\nContent-Length: 0\r\n\r\n"));
}

TEST(HeadParser, ALineIsFoldedOnlyBehindAHeader) {
  EXPECT_EQ(Progress::Complete, fed(head_with("A: b\r\n c\r\n\td")));
  EXPECT_EQ(Progress::Complete, fed(head_with("A:\r\n\tb")));
  EXPECT_EQ(Progress::Malformed, fed(head_with("\tA: b")));  // the first line has none before it
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
  EXPECT_EQ(Progress::Complete, parser.feed(kHead));  // and stays complete
}

TEST(HeadParser, ResetForgetsTheLastRequest) {
  HeadParser parser;
  EXPECT_EQ(Progress::Complete, parser.feed(kHead));
  parser.reset();
  EXPECT_EQ(Progress::Complete, parser.feed("POST /x HTTP/1.1\r\nHost: a\r\n\r\n"));
  parser.reset();
  EXPECT_EQ(Progress::Complete, parser.feed("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\n"));
  parser.reset();  // nor is its length counted with the next one's
  EXPECT_EQ(Progress::Complete, parser.feed("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
  parser.reset();
  EXPECT_EQ(Progress::Complete, parser.feed("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\n"));
}

}  // namespace
