// Where a remote server is and what it is asked: what could be read in two ways is refused before anything is sent.
#include "remote/server.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

using namespace std::chrono_literals;

const std::string kDevice(64, 'd');

ipc::Result<RemoteServer> parse(const std::string& url, const std::string& profile = "ledger-prod",
                                const std::string& region = "eu-west-1", bool is_signed = true) {
  return parse_remote_server({url, profile, region, kDevice, is_signed});
}

std::string refused(const std::string& url, const std::string& profile = "ledger-prod",
                    const std::string& region = "eu-west-1") {
  const auto server = parse(url, profile, region);
  if (server) return "taken: " + url;
  EXPECT_FALSE(server.error().next_step.empty()) << url;
  EXPECT_EQ(server.error().fault, ipc::Fault::kConfig) << url;
  return server.error().what;
}

std::string query_of(const std::string& url) {
  const auto server = parse(url);
  return server ? remote_request(*server, 900s).query : server.error().what;
}

TEST(RemoteServer, PlainHttpIsForLoopbackAlone) {
  EXPECT_NE(refused("http://tvm.example.com/").find("plain http"), std::string::npos);
  EXPECT_NE(refused("http://10.0.0.1/").find("plain http"), std::string::npos);
  for (const char* url : {"http://127.0.0.1:8080", "http://localhost/", "http://[::1]:99/x"}) EXPECT_TRUE(parse(url));
}

TEST(RemoteServer, AUrlThatIsNoneIsRefused) {
  for (const char* url :
       {"", "tvm.example.com", "ftp://tvm.example.com/", "https://", "https:///x", "https://user@tvm.example.com/",
        "https://tvm.example.com:0/", "https://tvm.example.com:99999/", "https://tvm_x.example.com/", "https://127.1/",
        "https://tvm.example.com/#part", "https://tvm.example.com\r\n/"}) {
    EXPECT_EQ(refused(url).find("taken"), std::string::npos) << url;
  }
}

// A signer takes such segments out, a server may not: then another path would be signed than is asked for.
TEST(RemoteServer, APathThatTwoWouldReadDifferentlyIsRefused) {
  for (const char* path : {"/a//b", "//", "/a/../b", "/./a", "/..", "/a/%2e%2e/b", "/%2E", "/a b", "/a%", "/a%2",
                           "/a%zz", "/\xc3\xa4", "/a\\b", "/{x}", "/a\"b", "/a|b", "/a\x01"}) {
    EXPECT_EQ(refused(std::string("https://tvm.example.com") + path).find("taken"), std::string::npos) << path;
  }
  for (const char* path : {"/", "/prod", "/prod/", "/a%20b/c", "/v1:x/$default", "/~a/@b;c=d,e+f"}) {
    const auto server = parse(std::string("https://tvm.example.com") + path);
    ASSERT_TRUE(server) << path << server.error().what;
    EXPECT_EQ(server->path, path);
  }
}

TEST(RemoteServer, AQueryThatTwoWouldReadDifferentlyIsRefused) {
  for (const char* query : {"?a=b+c", "?a=%", "?a=%2", "?a=b c", "?=b", "?profile=a&profile=a", "?a=\xc3\xa4"}) {
    EXPECT_EQ(refused(std::string("https://tvm.example.com/") + query).find("taken"), std::string::npos) << query;
  }
}

// Set by us: one in the URL would be lost without a word.
TEST(RemoteServer, WhatWeSendOurselvesIsRefusedInTheUrl) {
  EXPECT_NE(refused("https://tvm.example.com/?duration=3600").find("duration"), std::string::npos);
  EXPECT_NE(refused("https://tvm.example.com/?device_id=x").find("device_id"), std::string::npos);
  EXPECT_NE(refused("https://tvm.example.com/?%64uration=3600").find("duration"), std::string::npos);
}

TEST(RemoteServer, AProfileThatTheServerCannotKnowIsRefusedBeforeItIsAsked) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a.b"), std::string("a//b"), std::string("a\\b"),
        std::string("a@b"), std::string("\xc3\xa4"), std::string("a\nb"), std::string(257, 'x')}) {
    EXPECT_NE(refused("https://tvm.example.com/", name).find("--profile"), std::string::npos) << name;
  }
  EXPECT_NE(refused("https://tvm.example.com/?profile=").find("in its query"), std::string::npos);
  EXPECT_NE(refused("https://tvm.example.com/?profile=a%20b").find("in its query"), std::string::npos);
  EXPECT_TRUE(parse("https://tvm.example.com/", std::string(256, 'x')));
}

TEST(RemoteServer, WithoutARegionNothingCanBeSigned) {
  EXPECT_NE(refused("https://tvm.example.com/", "ledger-prod", "").find("region"), std::string::npos);
  const auto by_token = parse("https://tvm.example.com/", "ledger-prod", "", false);
  ASSERT_TRUE(by_token) << by_token.error().what;
  EXPECT_EQ(by_token->endpoint.signing_region, "");
}

TEST(RemoteServer, TheHostsOwnRegionCountsAndNoLookalike) {
  const auto region = [](const std::string& host) {
    return parse("https://" + host + "/prod")->endpoint.signing_region;
  };
  EXPECT_EQ(region("abc123.execute-api.us-east-2.amazonaws.com"), "us-east-2");
  EXPECT_EQ(region("abc123.execute-api.us-east-2.amazonaws.com:8443"), "us-east-2");
  EXPECT_EQ(region("abc123-vpce-9.execute-api.cn-north-1.amazonaws.com.cn"), "cn-north-1");
  EXPECT_EQ(region("abc123.execute-api.us-gov-west-1.amazonaws.com"), "us-gov-west-1");
  for (const char* host :
       {"tvm.example.com", "abc.execute-api.us-east-2.example.com", "execute-api.us-east-2.amazonaws.com",
        "abc.execute-api.cn-north-1.amazonaws.com", "abc.execute-api.us-east-2.amazonaws.com.cn",
        "abc.execute-api.us-east-2.amazonaws.com.evil.org", "a.b.execute-api.us-east-2.amazonaws.com"}) {
    EXPECT_EQ(region(host), "eu-west-1") << host;
  }
}

TEST(RemoteServer, EveryRequestNamesProfileDurationAndDevice) {
  const auto server = parse("https://tvm.example.com/prod?x=1", "arn:aws:iam::111122223333:role/ledger");
  ASSERT_TRUE(server) << server.error().what;
  const AwsRequest request = remote_request(*server, 3600s);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.service, "execute-api");
  EXPECT_EQ(request.path, "/prod");
  EXPECT_EQ(request.query,
            "x=1&profile=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fledger&duration=3600&device_id=" + kDevice);
  EXPECT_EQ(server->name, "https://tvm.example.com/prod");
}

TEST(RemoteServer, TheUrlsOwnQueryIsKeptAsAwsWouldEncodeIt) {
  const std::string rest = "profile=ledger-prod&duration=900&device_id=" + kDevice;
  EXPECT_EQ(query_of("https://tvm.example.com"), rest);
  EXPECT_EQ(query_of("https://tvm.example.com?"), rest);
  EXPECT_EQ(query_of("https://tvm.example.com/?b=2&a=1&"), "b=2&a=1&" + rest);
  EXPECT_EQ(query_of("https://tvm.example.com/?flag&e="), "flag=&e=&" + rest);
  EXPECT_EQ(query_of("https://tvm.example.com/?a=x/y:z%7e=%2b"), "a=x%2Fy%3Az~%3D%2B&" + rest);
}

// Upstream's machine takes the role's ARN for a profile: the URL may name it, and --profile then only signs.
TEST(RemoteServer, TheUrlsOwnProfileIsWhatIsAskedFor) {
  const auto server = parse("https://tvm.example.com/?profile=arn:aws:iam::111122223333:role/x&a=1", "my own name.");
  ASSERT_TRUE(server) << server.error().what;
  EXPECT_EQ(server->profile, "arn:aws:iam::111122223333:role/x");
  EXPECT_EQ(server->query, "a=1");
}

}  // namespace
}  // namespace broker
