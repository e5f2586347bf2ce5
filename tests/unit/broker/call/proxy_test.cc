#include "call/proxy.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

ipc::Result<Proxy> read(const std::string& https_proxy) { return read_proxy({{"https_proxy", https_proxy}}); }

TEST(ProxyUrl, AnythingButAnHttpProxyIsRefusedWithTheVariablesName) {
  for (const char* url : {"socks5://127.0.0.1:1080", "ftp://proxy", "http://", "http://proxy:0x50",
                          "http://proxy:99999", "http://proxy/path", "http://proxy?x", "http://proxy#x", "http://a b",
                          "http://proxy\r\nX: 1", "http://pro\x01xy", "://", "http://[::1"}) {
    const auto proxy = read(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_EQ(proxy.error().fault, ipc::Fault::kConfig);
    EXPECT_TRUE(proxy.error().what.starts_with("https_proxy: ")) << proxy.error().what;
    EXPECT_NE(proxy.error().next_step.find("https_proxy"), std::string::npos);
  }
  EXPECT_TRUE(read_proxy({{"HTTPS_PROXY", "socks5://x"}}).error().what.starts_with("HTTPS_PROXY: "));
}

// Through a proxy with such a URL libcurl did not go: it went past it, without a word.
TEST(ProxyUrl, AUserOrPasswordThatLibcurlCannotReadIsRefused) {
  for (const char* url : {"http://u:p%1b@proxy", "http://u:p%00@proxy", "http://u:p%0d%0a@proxy", "http://u%0a:p@proxy",
                          "http://u%00@proxy", "http://:%1f@proxy", "u:p%1B@proxy:3128", "https://u:p%09@proxy"}) {
    const auto proxy = read(url);
    ASSERT_FALSE(proxy) << url;
    EXPECT_NE(proxy.error().what.find("cannot be read"), std::string::npos) << proxy.error().what;
    EXPECT_EQ(proxy.error().what.find("%"), std::string::npos) << "a part of the password is shown";
  }
  for (const char* url : {"http://u:p%20x@proxy", "http://u:p%25@proxy", "http://u:p%zz@proxy",
                          "http://u:p%c3%a4@proxy", "http://u%40corp:p@proxy", "http://u:@proxy", "http://:p@proxy"}) {
    EXPECT_TRUE(read(url)) << url;
  }
}

TEST(ProxyUrl, ThePasswordIsNeverShown) {
  EXPECT_EQ(read("ftp://marta:hidden@proxy").error().what.find("hidden"), std::string::npos);
  EXPECT_EQ(read("http://marta:hidden@proxy/path").error().what.find("hidden"), std::string::npos);
  const auto proxy = read("http://marta:hid%3Aden@proxy.example.com:3128");
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->url, "http://marta:hid%3Aden@proxy.example.com:3128");
  EXPECT_EQ(proxy->shown, "http://proxy.example.com:3128");
}

TEST(ProxyUrl, SchemeAndPortHaveTheirDefaults) {
  EXPECT_EQ(read("proxy:3128")->url, "http://proxy:3128");
  EXPECT_EQ(read("http://proxy")->url, "http://proxy:80");
  EXPECT_EQ(read("https://proxy/")->url, "https://proxy:443");
  EXPECT_EQ(read("http://[::1]:8080")->url, "http://[::1]:8080");
}

TEST(ProxyUrl, TheLowerCaseVariableComesFirstAndAnEmptyOneIsNone) {
  EXPECT_EQ(read_proxy({{"HTTPS_PROXY", "upper"}, {"https_proxy", "lower"}})->shown, "http://lower:80");
  EXPECT_EQ(read_proxy({{"HTTPS_PROXY", "upper"}, {"https_proxy", ""}})->shown, "http://upper:80");
  EXPECT_EQ(read_proxy({{"HTTPS_PROXY", "upper"}, {"NO_PROXY", "A"}, {"no_proxy", "b"}})->past_it, "b");
  EXPECT_EQ(read_proxy({{"NO_PROXY", "a"}})->url, "");
}

bool past(const std::string& no_proxy, const std::string& url) {
  return goes_past(*read_proxy({{"HTTPS_PROXY", "http://proxy:3128"}, {"NO_PROXY", no_proxy}}), url);
}

TEST(NoProxy, WhatIsNotNamedGoesThroughTheProxy) {
  const std::string sts = "https://sts.eu-west-1.amazonaws.com/";
  for (const char* list : {"", ",", " ", "example.com", "azonaws.com", "eu-west-1",
                           "sts.eu-west-1.amazonaws.com.example.com", "*.amazonaws.com", "*,example.com",
                           "amazonaws.com:8443", "10.0.0.0/8", "0.0.0.0/0", "/", ":", "[", "]:443", "."}) {
    EXPECT_FALSE(past(list, sts)) << list;
  }
  EXPECT_FALSE(past("10.0.0.0/8", "https://11.0.0.1/"));
  EXPECT_FALSE(past("10.0.0.0/33,10.0.0.1/-1,10.0.0.1/x,10.0.0.1/", "https://10.0.0.1/"));
  EXPECT_FALSE(past("::/0", "https://10.0.0.1/"));
  EXPECT_FALSE(past("2001:db8::/32", "https://[2001:db9::1]/"));
}

TEST(NoProxy, NamesStandForWhatEndsInThem) {
  for (const char* list :
       {"*", " * ", "amazonaws.com", ".amazonaws.com", "AmazonAWS.com", "a.example, sts.eu-west-1.amazonaws.com",
        "a.example b.example amazonaws.com", "amazonaws.com:443", ".amazonaws.com:443"}) {
    EXPECT_TRUE(past(list, "https://sts.eu-west-1.amazonaws.com/")) << list;
  }
  EXPECT_TRUE(past("example.com:8443", "https://api.example.com:8443/"));
  EXPECT_TRUE(past("example.com", "https://EXAMPLE.com./"));
}

TEST(NoProxy, AddressesAndNetworksStandForAddresses) {
  EXPECT_TRUE(past("10.0.0.0/8", "https://10.255.0.1:8443/"));
  EXPECT_TRUE(past("10.1.2.3", "https://10.1.2.3/"));
  EXPECT_TRUE(past("10.1.2.3:8443", "https://10.1.2.3:8443/"));
  EXPECT_TRUE(past("2001:db8::/32", "https://[2001:db8::7]/"));
  EXPECT_TRUE(past("[2001:db8::7]:443", "https://[2001:db8:0::7]/"));
  EXPECT_TRUE(past("2001:db8::7", "https://[2001:db8::7]/"));
}

// Whatever NO_PROXY says.
TEST(NoProxy, ThisMachineAndLinkLocalAddressesAreNeverAskedThroughTheProxy) {
  for (const char* url :
       {"https://127.0.0.1:8443/", "https://127.8.0.1/", "https://localhost/", "https://aws.localhost/",
        "https://[::1]:1/", "http://169.254.169.254/", "http://[fd00:ec2::254]/", "https://[fe80::1]/"}) {
    EXPECT_TRUE(past("", url)) << url;
  }
  EXPECT_FALSE(past("", "https://127.0.0.1.example.com/"));
  EXPECT_FALSE(past("", "https://notlocalhost/"));
}

}  // namespace
}  // namespace broker
