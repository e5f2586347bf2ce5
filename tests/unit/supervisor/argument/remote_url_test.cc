#include "argument/remote_url.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

std::string refusal(std::string_view url) {
  const auto judged = remote_url(url);
  if (judged) return "";
  EXPECT_FALSE(judged.error().next_step.empty());
  return judged.error().what;
}

TEST(RemoteUrl, OnlyHttpsUnlessItIsThisHost) {
  for (const char* bad :
       {"tvm.example", "ftp://tvm.example", "HTTPS://tvm.example", "//tvm.example", "https:tvm.example"})
    EXPECT_EQ(refusal(bad), "--remote-server is not an https URL") << bad;
  for (const char* bad :
       {"http://tvm.example", "http://127.0.0.1.tvm.example", "http://128.0.0.1", "http://[::2]", "http://0.0.0.0",
        "http://localhost.tvm.example", "http://127.1", "http://[localhost]", "http://[127.0.0.1]"})
    EXPECT_NE(refusal(bad).find("is plain http"), std::string::npos) << bad;
  for (const char* good : {"https://tvm.example", "http://127.0.0.1:8080/x", "http://127.9.9.9", "http://localhost:1",
                           "http://[::1]:8443/x", "https://[2001:db8::1]/x"})
    EXPECT_EQ(remote_url(good), good);
}

TEST(RemoteUrl, NoUserNoFragmentNoStrangeCharacter) {
  for (const char* bad : {"https://user@tvm.example", "https://user:word@tvm.example/", "http://127.0.0.1@tvm.example"})
    EXPECT_EQ(refusal(bad), "--remote-server carries a user name") << bad;
  EXPECT_NE(refusal("https://tvm.example/#x").find("fragment"), std::string::npos);
  EXPECT_NE(refusal("https://tvm.example#@x").find("fragment"), std::string::npos);
  for (const char* bad : {"https://tvm.example/a b", "https://tvm.example/\n", "https://tvm\xc3\xa4.example",
                          "https://tvm.example\\@x", "https://tvm.example/\"", "https://tvm.example/\x7f"})
    EXPECT_EQ(refusal(bad), "--remote-server has a character in it that no URL has") << bad;
}

TEST(RemoteUrl, HostAndPortAreWhole) {
  for (const char* bad : {"https://", "https:///x", "https://:443", "https://[::1", "https://[::1]x", "https://?x=1",
                          "https://[]", "https://[]:443"})
    EXPECT_EQ(refusal(bad), "--remote-server names no host") << bad;
  for (const char* bad :
       {"https://h:", "https://h:0", "https://h:65536", "https://h:8o", "https://h:1:2", "https://h:+1"})
    EXPECT_EQ(refusal(bad), "--remote-server has a port that is none") << bad;
}

TEST(RemoteUrl, WhatSentinelSendsItselfIsNotTheUrlsToSay) {
  EXPECT_EQ(refusal("https://h/?duration=900"), "--remote-server names a duration");
  EXPECT_EQ(refusal("https://h/?a=1&device_id=x"), "--remote-server names a device_id");
  EXPECT_EQ(refusal("https://h/?%64uration=900"), "--remote-server names a duration");
  EXPECT_EQ(refusal("https://h/?profile="), "--remote-server names an empty profile");
  EXPECT_EQ(refusal("https://h/?profile"), "--remote-server names an empty profile");
  EXPECT_EQ(refusal("https://h/?profile=a&x=1&profil%65=a"), "--remote-server names two profiles");
  EXPECT_NE(refusal("https://h/?a=%zz"), "");
  EXPECT_NE(refusal("https://h/?a=%4"), "");
}

TEST(RemoteUrl, TheProfileThatIsAskedForAndOtherParametersStay) {
  for (const char* good :
       {"https://h/x?profile=ledger", "https://h/x?profile=arn:aws:iam::111122223333:role/x&stage=a%2Fb",
        "https://h?a=1", "https://h/x?a=1&b"})
    EXPECT_EQ(remote_url(good), good);
}

}  // namespace
}  // namespace supervisor
