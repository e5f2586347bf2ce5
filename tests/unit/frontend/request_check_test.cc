// Which request heads pass: each form that AWS SDKs were seen to send, and nothing that could be read in two ways.
#include "request_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using frontend::check_request;
using frontend::HeadParser;
using frontend::HostRule;
using frontend::Refusal;
using frontend::Request;

constexpr HostRule kTcp{ipc::Transport::Tcp, 45678};
constexpr HostRule kUnix{ipc::Transport::Unix, 0};

// As the server does it: the parser first, then the check. `received` must outlive the result.
std::expected<Request, Refusal> judge(std::string_view received, HostRule rule = kTcp) {
  HeadParser parser;
  switch (parser.feed(received)) {
    case HeadParser::Progress::Malformed:
      return std::unexpected(Refusal::Malformed);
    case HeadParser::Progress::NeedMore:
      return std::unexpected(Refusal::TooSlow);
    case HeadParser::Progress::Complete:
      break;
  }
  return check_request(received, rule);
}

std::string name_of(const std::expected<Request, Refusal>& result) {
  return result ? "served" : std::string(frontend::row_of(result.error()).name);
}

struct RefusedCase {
  const char* what;
  std::string head;
  Refusal expected;
};

std::string with(std::string_view more) {
  return "GET /creds HTTP/1.1\r\nHost: 127.0.0.1:45678\r\n" + std::string(more) + "\r\n";
}
std::string line(std::string_view request_line) {
  return std::string(request_line) + "\r\nHost: 127.0.0.1:45678\r\n\r\n";
}
std::string host(std::string_view value) { return "GET /creds HTTP/1.1\r\nHost: " + std::string(value) + "\r\n\r\n"; }

const RefusedCase kRefusedOnTcp[] = {
    {"POST", line("POST /creds HTTP/1.1"), Refusal::WrongMethod},
    {"HEAD", line("HEAD /creds HTTP/1.1"), Refusal::WrongMethod},
    {"OPTIONS, a browser's preflight", line("OPTIONS /creds HTTP/1.1"), Refusal::WrongMethod},
    {"a method in lower case", line("get /creds HTTP/1.1"), Refusal::Malformed},
    {"an unknown method", line("FETCH /creds HTTP/1.1"), Refusal::Malformed},
    {"CONNECT", line("CONNECT 127.0.0.1:45678 HTTP/1.1"), Refusal::Malformed},
    {"absolute form", line("GET http://127.0.0.1:45678/creds HTTP/1.1"), Refusal::Malformed},
    {"asterisk form", line("OPTIONS * HTTP/1.1"), Refusal::Malformed},
    {"another path", line("GET / HTTP/1.1"), Refusal::NoSuchPath},
    {"trailing slash", line("GET /creds/ HTTP/1.1"), Refusal::NoSuchPath},
    {"query", line("GET /creds?x=1 HTTP/1.1"), Refusal::NoSuchPath},
    {"escaped path", line("GET /%63reds HTTP/1.1"), Refusal::NoSuchPath},
    {"double slash", line("GET //creds HTTP/1.1"), Refusal::NoSuchPath},
    {"dot segment", line("GET /./creds HTTP/1.1"), Refusal::NoSuchPath},
    {"instance metadata", line("GET /latest/meta-data/ HTTP/1.1"), Refusal::NoSuchPath},
    {"HTTP/1.0", line("GET /creds HTTP/1.0"), Refusal::WrongVersion},
    {"HTTP/2.0", line("GET /creds HTTP/2.0"), Refusal::WrongVersion},
    {"HTTP/1.2", line("GET /creds HTTP/1.2"), Refusal::WrongVersion},
    {"HTTP/0.9", "GET /creds\r\n\r\n", Refusal::Malformed},
    {"two blanks", line("GET  /creds HTTP/1.1"), Refusal::Malformed},
    {"blank at the end", line("GET /creds HTTP/1.1 "), Refusal::Malformed},
    {"tab in the request line", line("GET\t/creds HTTP/1.1"), Refusal::Malformed},
    {"raw UTF-8 in the path",
     line("GET /cr\xc3\xa9"
          "ds HTTP/1.1"),
     Refusal::Malformed},
    {"empty line first", "\r\n" + with(""), Refusal::Malformed},
    {"blank before the request line", " " + with(""), Refusal::Malformed},
    {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), Refusal::Malformed},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::Malformed},

    {"no Host", "GET /creds HTTP/1.1\r\nAccept: */*\r\n\r\n", Refusal::Malformed},
    {"no header at all", "GET /creds HTTP/1.1\r\n\r\n", Refusal::Malformed},
    {"two Hosts", with("Host: 127.0.0.1:45678\r\n"), Refusal::Malformed},
    {"two Hosts, spelled differently", with("hOST: localhost\r\n"), Refusal::Malformed},
    {"empty Host", host(""), Refusal::WrongHost},
    {"rebound name", host("attacker.example:45678"), Refusal::WrongHost},
    {"our name as a prefix", host("127.0.0.1.attacker.example"), Refusal::WrongHost},
    {"localhost as a prefix", host("localhost.attacker.example"), Refusal::WrongHost},
    {"another port", host("127.0.0.1:45679"), Refusal::WrongHost},
    {"port with a leading zero", host("127.0.0.1:045678"), Refusal::WrongHost},
    {"port empty", host("127.0.0.1:"), Refusal::WrongHost},
    {"two ports", host("127.0.0.1:45678:45678"), Refusal::WrongHost},
    {"another loopback address", host("127.0.0.2:45678"), Refusal::WrongHost},
    {"IPv6", host("[::1]:45678"), Refusal::WrongHost},
    {"IPv4 written otherwise", host("127.1:45678"), Refusal::WrongHost},
    {"trailing dot", host("localhost.:45678"), Refusal::WrongHost},
    {"user in Host", host("x@127.0.0.1:45678"), Refusal::WrongHost},
    {"two names", host("127.0.0.1, attacker.example"), Refusal::WrongHost},

    {"Origin", with("Origin: http://attacker.example\r\n"), Refusal::FromBrowser},
    {"Origin null", with("Origin: null\r\n"), Refusal::FromBrowser},
    {"Origin empty", with("origin:\r\n"), Refusal::FromBrowser},
    {"Sec-Fetch-Site", with("Sec-Fetch-Site: cross-site\r\n"), Refusal::FromBrowser},
    {"Sec-Fetch-Dest", with("Sec-Fetch-Dest: empty\r\n"), Refusal::FromBrowser},
    {"a page's fetch", with("Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Dest: empty\r\n"),
     Refusal::FromBrowser},
    {"Sec-Fetch-Mode", with("sec-fetch-mode: no-cors\r\n"), Refusal::FromBrowser},
    {"Sec-Fetch-Mode of a link", with("sec-fetch-mode: navigate\r\n"), Refusal::FromBrowser},
    {"Referer", with("Referer: http://attacker.example/\r\n"), Refusal::FromBrowser},
    {"a Sec-Fetch header of the future", with("Sec-Fetch-New: 1\r\n"), Refusal::FromBrowser},
    {"X-Forwarded-For", with("X-Forwarded-For: 10.0.0.1\r\n"), Refusal::FromBrowser},
    {"Forwarded", with("Forwarded: for=10.0.0.1\r\n"), Refusal::FromBrowser},

    {"two Authorizations", with("Authorization: a\r\nAuthorization: b\r\n"), Refusal::Malformed},
    {"the same Authorization twice", with("Authorization: a\r\nauthorization: a\r\n"), Refusal::Malformed},
    {"Authorization too long", with("Authorization: " + std::string(257, 'a') + "\r\n"), Refusal::HeadTooLarge},
    {"tab in Authorization", with("Authorization: a\tb\r\n"), Refusal::Malformed},
    {"DEL in Authorization", with("Authorization: a\x7f\r\n"), Refusal::Malformed},
    {"UTF-8 in Authorization", with("Authorization: \xc3\xa9\r\n"), Refusal::Malformed},
    {"NUL in Authorization", with(std::string("Authorization: a\0b\r\n", 20)), Refusal::Malformed},

    {"Content-Length 1", with("Content-Length: 1\r\n"), Refusal::HasBody},
    {"Content-Length 00", with("Content-Length: 00\r\n"), Refusal::HasBody},
    {"Content-Length +0", with("Content-Length: +0\r\n"), Refusal::Malformed},
    {"Content-Length -0", with("Content-Length: -0\r\n"), Refusal::Malformed},
    {"Content-Length empty", with("Content-Length:\r\n"), Refusal::Malformed},
    {"Content-Length twice", with("Content-Length: 0\r\nContent-Length: 0\r\n"), Refusal::Malformed},
    {"Content-Length list", with("Content-Length: 0, 0\r\n"), Refusal::Malformed},
    {"a body", with("Content-Length: 4\r\n") + "body", Refusal::HasBody},
    {"chunked", with("Transfer-Encoding: chunked\r\n"), Refusal::HasBody},
    {"identity", with("Transfer-Encoding: identity\r\n"), Refusal::Malformed},
    {"both lengths", with("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), Refusal::Malformed},
    {"a body that waits for 100", with("Expect: 100-continue\r\nContent-Length: 4\r\n"), Refusal::HasBody},
    {"another expectation", with("Expect: 200-ok\r\n"), Refusal::UnknownExpectation},
    {"one that is known, one that is not", with("Expect: 100-continue, 200-ok\r\n"), Refusal::UnknownExpectation},
    {"a body behind an upgrade", with("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n"),
     Refusal::HasBody},
    {"chunks behind an upgrade", with("Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n"),
     Refusal::HasBody},
    {"an odd coding behind an upgrade", with("Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: x\r\n"),
     Refusal::Malformed},
    {"the new protocol before its 101",
     with("Connection: Upgrade\r\nUpgrade: h2c\r\n") + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::HasBody},
    {"Trailer with what has trailers", with("Trailer: X\r\nTransfer-Encoding: chunked\r\n"), Refusal::HasBody},
    {"a second request behind", with("") + with(""), Refusal::HasBody},
    {"one byte behind", with("") + "\n", Refusal::HasBody},

    {"bare LF", "GET /creds HTTP/1.1\nHost: 127.0.0.1:45678\n\n", Refusal::Malformed},
    {"bare LF in a header", with("A: b\nC: d\r\n"), Refusal::Malformed},
    {"bare CR in a header", with("A: b\rC: d\r\n"), Refusal::Malformed},
    {"CR CR LF", with("A: b\r\r\n"), Refusal::Malformed},
    {"NUL in a name", with(std::string("A\0: b\r\n", 7)), Refusal::Malformed},
    {"folded line", with("A: b\r\n c\r\n"), Refusal::Malformed},
    {"folded Host", "GET /creds HTTP/1.1\r\nHost:\r\n 127.0.0.1:45678\r\n\r\n",
     Refusal::WrongHost},  // empty, as far as it counts
    {"folded first header", "GET /creds HTTP/1.1\r\n Host: 127.0.0.1:45678\r\n\r\n", Refusal::Malformed},
    {"blank before the colon", with("Authorization : a\r\n"), Refusal::Malformed},
    {"empty name", with(": b\r\n"), Refusal::Malformed},
    {"no colon", with("Accept\r\n"), Refusal::Malformed},
    {"blank in a name", with("Author ization: a\r\n"), Refusal::Malformed},
    {"quotation mark in a name", with("\"a\": b\r\n"), Refusal::Malformed},
    {"UTF-8 in any value", with("User-Agent: \xc3\xa9\r\n"), Refusal::Malformed},
    {"control character in any value", with("User-Agent: \x01\r\n"), Refusal::Malformed},
};

TEST(RequestCheck, RefusesEveryMalformedOrForeignForm) {
  for (const RefusedCase& row : kRefusedOnTcp) {
    EXPECT_EQ(frontend::row_of(row.expected).name, name_of(judge(row.head))) << row.what;
  }
}

std::string for_profile(std::string_view name) {
  return "GET /creds/" + std::string(name) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

TEST(RequestCheck, AProfileIsNamedInOneSpellingAndNoOther) {
  for (const std::string name : {"prod", "a.b-c_d~e", "a%20b", "%2E", "%C3%BC", "%25", "a%2Fb", "..", "-"}) {
    const std::string head = for_profile(name);
    const auto request = judge(head, kUnix);
    if (name == "%2E") {
      EXPECT_EQ("NoSuchPath", name_of(request)) << "a full stop stands for itself";
      continue;
    }
    ASSERT_TRUE(request) << name;
    EXPECT_EQ(name, request->profile);
  }
  for (const std::string name : {"", "a b", "%", "%2", "%zz", "%2f", "%61", "%00", "%0A", "%1F", "%7F", "a/b", "a?b",
                                 "a#b", "a;b", "a'b", "a%", "a%2"}) {
    EXPECT_NE("served", name_of(judge(for_profile(name), kUnix))) << name;
  }
  EXPECT_EQ("served", name_of(judge(for_profile(std::string(256, 'x')), kUnix)));
  EXPECT_EQ("NoSuchPath", name_of(judge(for_profile(std::string(257, 'x')), kUnix)));
  std::string escaped;
  for (int i = 0; i < 256; ++i) escaped += "%20";
  EXPECT_EQ("served", name_of(judge(for_profile(escaped), kUnix)));
  EXPECT_EQ("NoSuchPath", name_of(judge(for_profile(escaped + "x"), kUnix)));
}

TEST(RequestCheck, NoProfileIsNamedOverTcp) {
  EXPECT_EQ("NoSuchPath", name_of(judge(line("GET /creds/prod HTTP/1.1"))));
}

TEST(RequestCheck, RefusesEveryHostButLocalhostOverUnix) {
  for (const char* value :
       {"", "127.0.0.1", "localhost:80", "localhost:", "attacker.example", "sentinel", "local host"}) {
    EXPECT_NE("served", name_of(judge(host(value), kUnix))) << value;
  }
  EXPECT_EQ("served", name_of(judge(host("localhost"), kUnix)));
}

TEST(RequestCheck, RefusesAHeadOverTheCapEvenIfItCameInOnePiece) {
  const auto head_of = [](std::size_t size) {
    return with("X: " + std::string(size - with("X: \r\n").size(), 'a') + "\r\n");
  };
  EXPECT_EQ(frontend::kMaxHeadBytes, head_of(frontend::kMaxHeadBytes).size());
  EXPECT_EQ("served", name_of(judge(head_of(frontend::kMaxHeadBytes))));
  EXPECT_EQ("HeadTooLarge", name_of(judge(head_of(frontend::kMaxHeadBytes + 1))));
}

// A fault of the whole head comes before what an earlier line would be refused for.
TEST(RequestCheck, AMalformedHeadIsCalledThatWhateverElseIsWrongWithIt) {
  for (const char* request_line : {"POST /creds HTTP/1.1", "GET / HTTP/1.1", "GET /creds HTTP/1.0"}) {
    for (const char* more : {"no colon", "Content-Length: x", "Content-Length: 0\r\nContent-Length: 0", "A: b\x01",
                             "Transfer-Encoding: identity", "(: b"}) {
      EXPECT_EQ("Malformed", name_of(judge(std::string(request_line) + "\r\n" + more + "\r\n\r\n")))
          << request_line << ' ' << more;
    }
  }
}

// What HeadParser lets pass is refused line by line, and the first fault is the one that is named.
TEST(RequestCheck, RefusesByItselfWhatTheHeadParserLetsPass) {
  for (const char* more :
       {"A: b\r\n c\r\n", "A:\r\n b\r\n", "A b: c\r\n", "A : b\r\n", "A: \x01\r\n", "A: \xc3\xa9\r\n"}) {
    const std::string head = with(more);
    ASSERT_EQ(HeadParser::Progress::Complete, HeadParser().feed(head)) << more;
    EXPECT_EQ("Malformed", name_of(check_request(head, kTcp))) << more;
  }
  for (const char* request_line : {"GET  /creds HTTP/1.1", "GET /creds", "CONNECT a:1 HTTP/1.1", "GET * HTTP/1.1",
                                   "GET http://127.0.0.1:45678/creds HTTP/1.1", "GET /a\tb HTTP/1.1"}) {
    const std::string head = line(request_line);
    ASSERT_EQ(HeadParser::Progress::Complete, HeadParser().feed(head)) << request_line;
    EXPECT_EQ("Malformed", name_of(check_request(head, kTcp))) << request_line;
  }
}

struct ServedCase {
  const char* client;
  std::string head;
  std::string authorization;
  bool keep_alive;
};

// What each client sends, byte for byte, where the server listens at port 45678. Those of the AWS CLI, botocore,
// JavaScript, Go and Terraform were recorded from real clients; the others follow from the sources of the SDKs.
const ServedCase kServedOnTcp[] = {
    {"awscli 2.9.19, boto3 1.26.27",
     "GET /creds HTTP/1.1\r\nHost: 127.0.0.1:45678\r\nAccept-Encoding: identity\r\nAccept: application/json\r\n"
     "Authorization: tok_EN-1\r\nUser-Agent: python-urllib3/1.26.12\r\n\r\n",
     "tok_EN-1", false},
    {"botocore 1.43.11",
     "GET /creds HTTP/1.1\r\nHost: 127.0.0.1:45678\r\nAccept-Encoding: identity\r\nAccept: application/json\r\n"
     "Authorization: t\r\nUser-Agent: python-urllib3/2.7.0\r\n\r\n",
     "t", false},
    {"JS v3", "GET /creds HTTP/1.1\r\nAuthorization: t\r\nHost: localhost:45678\r\nConnection: keep-alive\r\n\r\n", "t",
     true},
    {"JS v3, old agent", "GET /creds HTTP/1.1\r\nhost: 127.0.0.1:45678\r\nConnection: close\r\n\r\n", "", false},
    {"Go v2",
     "GET /creds HTTP/1.1\r\nHost: 127.0.0.1:45678\r\nUser-Agent: Go-http-client/1.1\r\nAccept: application/json\r\n"
     "Amz-Sdk-Invocation-Id: 12345678-1234-4123-8123-123456789012\r\nAmz-Sdk-Request: attempt=1; max=3\r\n"
     "Authorization: t\r\nAccept-Encoding: gzip\r\n\r\n",
     "t", false},
    {"Terraform",
     "GET /creds HTTP/1.1\r\nHost: 127.0.0.1:45678\r\nUser-Agent: APN/1.0 HashiCorp/1.0 Terraform/1.11.4 "
     "(+https://www.terraform.io) terraform-provider-aws/5.100.0 m/C,E\r\nAuthorization: t\r\n\r\n",
     "t", false},
    {"aws-c-auth, Host without port",
     "GET /creds HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nUser-Agent: "
     "aws-sdk-crt/credentials-provider\r\n"
     "Authorization: t\r\nAccept-Encoding: identity\r\n\r\n",
     "t", false},
    {"Java v2",
     "GET /creds HTTP/1.1\r\nAuthorization: t\r\nUser-Agent: aws-sdk-java/2.25.0 Linux/6.1\r\nAccept: "
     "application/json\r\n"
     "Connection: keep-alive\r\nHost: localhost:45678\r\n\r\n",
     "t", true},
    {"C++ and PHP on curl", "GET /creds HTTP/1.1\r\nHost: localhost:45678\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n", "",
     false},
    {".NET", "GET /creds HTTP/1.1\r\nHost: 127.0.0.1:45678\r\nAuthorization: t\r\nContent-Length: 0\r\n\r\n", "t",
     false},
    {"Ruby",
     "GET /creds HTTP/1.1\r\nAccept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\nAccept: */*\r\n"
     "User-Agent: aws-sdk-ruby3/3.201.0\r\nAuthorization: t\r\nHost: 127.0.0.1:45678\r\n\r\n",
     "t", false},
    {"Bearer, passed on verbatim", with("Authorization: Bearer abc\r\n"), "Bearer abc", false},
    // What a server may ignore, and must not take for a change of what follows.
    {"java.net.http 17",
     "GET /creds HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 0\r\nHost: 127.0.0.1:45678\r\n"
     "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\nUser-Agent: "
     "Java-http-client/17.0.15\r\n"
     "Authorization: t\r\n\r\n",
     "t", false},
    {"curl --http2",
     "GET /creds HTTP/1.1\r\nHost: localhost:45678\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nConnection: Upgrade, "
     "HTTP2-Settings\r\n"
     "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nAuthorization: t\r\n\r\n",
     "t", false},
    {"Apache HttpClient 5.4",
     "GET /creds HTTP/1.1\r\nAccept-Encoding: gzip, x-gzip, deflate\r\nHost: 127.0.0.1:45678\r\nUpgrade: "
     "TLS/1.2\r\nConnection: Upgrade\r\n"
     "User-Agent: Apache-HttpClient/5.4 (Java/21.0.2)\r\nAuthorization: t\r\n\r\n",
     "t", false},
    {"Node 20's fetch",
     "GET /creds HTTP/1.1\r\nhost: 127.0.0.1:45678\r\nconnection: keep-alive\r\nAuthorization: t\r\naccept: "
     "*/*\r\naccept-language: *\r\n"
     "sec-fetch-mode: cors\r\nuser-agent: node\r\naccept-encoding: gzip, deflate\r\n\r\n",
     "t", true},
    {"HttpURLConnection 17",
     "GET /creds HTTP/1.1\r\nAuthorization: t\r\nUser-Agent: Java/17.0.15\r\nHost: 127.0.0.1:45678\r\n"
     "Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2\r\nConnection: keep-alive\r\n\r\n",
     "t", true},
    {"an upgrade, and the connection kept", with("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"), "",
     true},
    {"libwww-perl", with("TE: deflate,gzip;q=0.3\r\nConnection: TE, close\r\n"), "", false},
    {"Expect without a body", with("Expect: 100-continue\r\n"), "", false},
    {"Expect in capitals, no length", with("Expect: 100-Continue\r\nContent-Length: 0\r\n"), "", false},
    {"Expect, empty", with("Expect:\r\n"), "", false},
    {"Trailer without a body", with("Trailer: X\r\n"), "", false},
    {"a condition, a range, a cookie, a trace",
     with("If-None-Match: \"x\"\r\nRange: bytes=0-\r\nCookie: JSESSIONID=1\r\ntraceparent: "
          "00-1-2-01\r\nProxy-Connection: keep-alive\r\nKeep-Alive: 5\r\n"),
     "", false},
    {"no blank after the colon", with("Authorization:t\r\n"), "t", false},
    {"blanks around the value", with("Authorization: \t t \t\r\n"), "t", false},
    {"longest Authorization", with("Authorization: " + std::string(256, 'z') + "\r\n"), std::string(256, 'z'), false},
    {"Connection: TE, Close", with("Connection: TE, Close\r\n"), "", false},
    {"Host in capitals", host("LOCALHOST:45678"), "", false},
    {"Connection: Keep-Alive, TE", with("Connection: Keep-Alive, TE\r\n"), "", true},
    {"two Connection headers, close first", with("Connection: close\r\nConnection: keep-alive\r\n"), "", false},
};

TEST(RequestCheck, ServesTheRawRequestsOfEverySdk) {
  for (const ServedCase& row : kServedOnTcp) {
    const auto result = judge(row.head);
    ASSERT_EQ("served", name_of(result)) << row.client;
    EXPECT_EQ(row.authorization, result->authorization) << row.client;
    EXPECT_EQ(row.keep_alive, result->keep_alive) << row.client;
    EXPECT_EQ(ipc::ServeClient::kId, result->route->message);
    EXPECT_FALSE(result->route->status) << row.client;
  }
}

TEST(RequestCheck, HowTheRunStandsIsAPathOfItsOwn) {
  const auto asked = judge("GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: t\r\n\r\n");
  ASSERT_EQ("served", name_of(asked));
  EXPECT_TRUE(asked->route->status);
  EXPECT_EQ("t", asked->authorization);
  for (const char* path : {"/status/", "/status?x", "/Status", "//status", "/creds/../status"}) {
    EXPECT_EQ("NoSuchPath", name_of(judge("GET " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")))
        << path;
  }
}

TEST(RequestCheck, HowItStandsForAProfileIsAskedOverTheUnixSocketAlone) {
  const auto status_of = [](std::string_view name) {
    return "GET /status/" + std::string(name) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  };
  EXPECT_EQ("NoSuchPath", name_of(judge(status_of("b%C3%BCro"))));
  EXPECT_EQ("NoSuchPath", name_of(judge(status_of("b%c3%bcro"), kUnix)));
  const std::string head = status_of("b%C3%BCro");
  const auto asked = judge(head, kUnix);
  ASSERT_EQ("served", name_of(asked));
  EXPECT_TRUE(asked->route->status);
  EXPECT_EQ("b%C3%BCro", asked->profile);
}

TEST(RequestCheck, OneNonceOfTheOneFormPasses) {
  const std::string nonce = "0123456789abcdef0123456789abcdef";
  const std::string header = "Sentinel-Nonce: " + nonce + "\r\n";
  const std::string head = with(header);
  const auto passed = judge(head);
  ASSERT_EQ("served", name_of(passed));
  EXPECT_EQ(nonce, passed->nonce);
  EXPECT_EQ("", judge(with(""))->nonce);
  for (const std::string& bad : std::vector<std::string>{
           header + header, "Sentinel-Nonce: \r\n", "Sentinel-Nonce: " + nonce + "0\r\n",
           "Sentinel-Nonce: " + nonce.substr(1) + "\r\n", "Sentinel-Nonce: 0123456789ABCDEF0123456789ABCDEF\r\n",
           "Sentinel-Nonce: 0123456789abcdef 123456789abcdef\r\n",
           "Sentinel-Nonce: 0123456789abcdefg123456789abcdef\r\n"}) {
    EXPECT_EQ("Malformed", name_of(judge(with(bad)))) << bad;
  }
}

}  // namespace
