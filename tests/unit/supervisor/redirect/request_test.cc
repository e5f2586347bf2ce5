#include "redirect/request.h"

#include <gtest/gtest.h>

#include <string>

namespace supervisor {
namespace {

constexpr std::uint16_t kPort = 40123;
constexpr std::string_view kState = "s-0123456789abcdef_ABCDEF";

std::string head(std::string_view target, std::string_view lines = "Host: 127.0.0.1:40123\r\n",
                 std::string_view method = "GET", std::string_view version = "HTTP/1.1") {
  return std::string(method) + " " + std::string(target) + " " + std::string(version) + "\r\n" + std::string(lines) +
         "\r\n";
}

std::string target(std::string_view members) {
  return "/oauth/callback?" + std::string(members) + "&state=" + std::string(kState);
}

std::string read(const std::string& text) {
  const auto redirect = read_redirect(text, kPort, kState);
  if (!redirect) return "none";
  return redirect->error.empty() ? "code " + std::string(redirect->code.reveal()) : "error " + redirect->error;
}

TEST(RedirectRequest, AHeadEndsWithItsEmptyLine) {
  EXPECT_EQ(0U, end_of_head(""));
  EXPECT_EQ(0U, end_of_head("GET / HTTP/1.1\r\nHost: x\r\n"));
  EXPECT_EQ(0U, end_of_head("GET / HTTP/1.1\n\n"));
  EXPECT_EQ(18U, end_of_head("GET / HTTP/1.1\r\n\r\nmore"));
}

TEST(RedirectRequest, WhatBearsAnotherStateIsNotOurs) {
  EXPECT_EQ("none", read(head("/oauth/callback?code=abc")));
  EXPECT_EQ("none", read(head("/oauth/callback?code=abc&state=")));
  EXPECT_EQ("none", read(head("/oauth/callback?code=abc&state=other")));
  EXPECT_EQ("none", read(head("/oauth/callback?code=abc&state=" + std::string(kState) + "x")));
  EXPECT_EQ("none", read(head(target("code=abc&state=other"))));
  EXPECT_EQ("none", read(head("/oauth/callback?error=access_denied&state=other")));
  EXPECT_FALSE(read_redirect(head("/oauth/callback?code=abc&state="), kPort, "")) << "no state is equal to none";
}

TEST(RedirectRequest, AnythingButOneGetToOurPathAndHostIsNoRedirect) {
  const std::string good = target("code=abc");
  EXPECT_EQ("code abc", read(head(good)));
  for (const std::string_view method : {"POST", "HEAD", "get", "OPTIONS", ""})
    EXPECT_EQ("none", read(head(good, "Host: 127.0.0.1:40123\r\n", method))) << method;
  for (const std::string_view version : {"HTTP/1.0", "HTTP/2", "http/1.1", ""})
    EXPECT_EQ("none", read(head(good, "Host: 127.0.0.1:40123\r\n", "GET", version))) << version;
  for (const std::string_view lines :
       {"", "Host: localhost:40123\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:40124\r\n",
        "Host: evil.test:40123\r\n", "Host: 127.0.0.1:40123\r\nHost: 127.0.0.1:40123\r\n",
        "X-Host: 127.0.0.1:40123\r\n", "Host 127.0.0.1:40123\r\n"})
    EXPECT_EQ("none", read(head(good, lines))) << lines;
  EXPECT_EQ("code abc", read(head(good, "Accept: */*\r\nhOST:\t127.0.0.1:40123 \r\nX: y\r\n")));
  for (const std::string& other :
       {"/?code=abc&state=" + std::string(kState), std::string("/oauth/callback"),
        "/oauth/callback/?code=abc&state=" + std::string(kState),
        "//oauth/callback?code=abc&state=" + std::string(kState), "http://127.0.0.1:40123" + good})
    EXPECT_EQ("none", read(head(other))) << other;
}

TEST(RedirectRequest, AMemberThatIsThereTwiceOrBothAreBelievedInNothing) {
  for (const std::string_view members : {"code=a&code=b", "code=a&code=a", "code=a&error=access_denied",
                                         "code=", "code", "error=", "x=y", "error=a&error=b", "state=1&code=a"})
    EXPECT_EQ("none", read(head(target(members)))) << members;
}

TEST(RedirectRequest, ACodeIsVisibleAscii) {
  EXPECT_EQ("code a/b+c=d", read(head(target("code=a%2Fb%2bc%3D"
                                             "d"))));
  for (const std::string_view members : {"code=a%20b", "code=a+b", "code=%0d%0a", "code=%00", "code=%7f", "code=%c3%a4",
                                         "code=%", "code=%4", "code=%zz", "code=\xc3\xa4"})
    EXPECT_EQ("none", read(head(target(members)))) << members;
  const std::string longest(ipc::kMaxLoginCode, 'a');
  EXPECT_EQ("code " + longest, read(head(target("code=" + longest))));
  EXPECT_EQ("none", read(head(target("code=a" + longest))));
}

TEST(RedirectRequest, AnErrorIsAWord) {
  EXPECT_EQ("error access_denied", read(head(target("error=access_denied&error_description=User%20denied"))));
  for (const std::string_view members : {"error=Access", "error=a%20b", "error=\x1b[2J", "error=a<b"})
    EXPECT_EQ("none", read(head(target(members)))) << members;
  EXPECT_EQ("none", read(head(target("error=" + std::string(65, 'a')))));
}

}  // namespace
}  // namespace supervisor
