// Which texts are addresses, and which hosts are this machine.
#include "ipc/text/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace ipc {
namespace {

IpAddress at(std::string_view text) { return parse_ip_address(text).value(); }

TEST(IpAddress, WhatLibrariesReadDifferentlyIsNone) {
  for (const std::string_view text :
       {"", "127.1", "0x7f.0.0.1", "2130706433", "127.0.0.01", "127.0.0.1.", "127.0.0.1 ", "[::1]", "::1%lo", "1::2::3",
        ":", "localhost", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"}) {
    EXPECT_FALSE(parse_ip_address(text)) << text;
  }
  EXPECT_FALSE(parse_ip_address(std::string_view("127.0.0.1\0.example.com", 22)));
  EXPECT_FALSE(parse_ip_address(std::string_view("127.0.0.1\0", 10)));
}

TEST(IpAddress, ATextIsReadAndWrittenAgain) {
  EXPECT_EQ(text_of(at("203.0.113.7")), "203.0.113.7");
  EXPECT_EQ(text_of(at("2001:DB8:0::7")), "2001:db8::7");
}

TEST(IpAddress, APrefixEndsAtAnyBitAndNeverMatchesTheOtherFamily) {
  EXPECT_FALSE(same_prefix(at("10.0.0.0"), at("10.128.0.0"), 9));
  EXPECT_TRUE(same_prefix(at("10.0.0.0"), at("10.127.255.255"), 9));
  EXPECT_FALSE(same_prefix(at("2001:db8::"), at("2001:db8:8000::"), 33));
  EXPECT_TRUE(same_prefix(at("2001:db8::"), at("2001:db8:7fff::"), 33));
  EXPECT_TRUE(same_prefix(at("10.0.0.1"), at("192.0.2.1"), 0));
  EXPECT_FALSE(same_prefix(at("10.0.0.1"), at("::1"), 0));
  for (const int none : {-1, 33}) EXPECT_FALSE(same_prefix(at("10.0.0.1"), at("10.0.0.1"), none));
  EXPECT_FALSE(same_prefix(at("::1"), at("::1"), 129));
}

TEST(IpAddress, LoopbackAndLinkLocalEndWhereTheirNetworksDo) {
  for (const char* text : {"126.255.255.255", "128.0.0.0", "0.0.0.0", "::", "::2", "::ffff:127.0.0.1", "1::1"})
    EXPECT_FALSE(is_loopback(at(text))) << text;
  for (const char* text : {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"})
    EXPECT_TRUE(is_loopback(at(text))) << text;
  EXPECT_TRUE(is_loopback(in_addr{::inet_addr("127.9.9.9")}));
  EXPECT_FALSE(is_loopback(in_addr{::inet_addr("128.0.0.1")}));
  for (const char* text : {"169.253.255.255", "169.255.0.0", "fe7f::1", "fec0::", "fd00:ec2::254", "127.0.0.1"})
    EXPECT_FALSE(is_link_local(at(text))) << text;
  for (const char* text : {"169.254.0.0", "169.254.169.254", "fe80::1", "febf:ffff::"})
    EXPECT_TRUE(is_link_local(at(text))) << text;
}

TEST(ThisMachine, IsNoOtherHost) {
  for (const char* host : {"", "127.1", "::1", "[::1", "[]", "[127.0.0.1]", "[localhost]", "[::2]",
                           "[::ffff:127.0.0.1]", "[::1%25lo]", "0.0.0.0", "128.0.0.1", "127.0.0.1.example.com",
                           "localhost.example.com", "localhost.", "my-localhost", "sub.localhost", "LOCALHOST"})
    EXPECT_FALSE(is_this_machine(host)) << host;
  for (const char* host : {"127.0.0.1", "127.0.0.2", "127.255.255.255", "[::1]", "[0:0::1]", "localhost"})
    EXPECT_TRUE(is_this_machine(host)) << host;
}

TEST(ThisMachine, AnAuthorityBeginsWithItsHost) {
  EXPECT_EQ(leading_host("[::1"), "");
  EXPECT_EQ(leading_host(":443"), "");
  EXPECT_EQ(leading_host("[::1]:443"), "[::1]");
  EXPECT_EQ(leading_host("127.0.0.1:443"), "127.0.0.1");
  EXPECT_EQ(leading_host("localhost"), "localhost");
}

}  // namespace
}  // namespace ipc
