#include "call/trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace broker {
namespace {

TEST(ServerTrust, RefusesEndpointsThatWouldLeakOrAreNone) {
  for (const char* url :
       {"http://sts.example.com", "http://128.0.0.1", "http://[::ffff:127.0.0.1]", "http://127.0.0.1.example.com",
        "http://localhost.example.com", "http://2130706433.example.com", "http://[::2]", "ftp://127.0.0.1",
        "file:///etc/passwd", "gopher://localhost", "https://user@sts.example.com", "https://u:p@sts.example.com",
        "https://sts.example.com/#f", "", "sts.example.com", "https://", "https://a b"}) {
    EXPECT_FALSE(check_request_url(url, false)) << url;
    EXPECT_FALSE(check_request_url(url, true)) << url;
  }
  for (const char* url :
       {"https://sts.eu-west-1.amazonaws.com", "http://127.0.0.1:8080", "http://127.0.0.2:9", "http://[::1]:8080",
        "http://localhost:1", "https://10.0.0.1:8443/", "https://portal.example.com/federation?account_id=1"}) {
    EXPECT_TRUE(check_request_url(url, false)) << url;
  }
}

TEST(ServerTrust, PlainHttpGoesToTheMachinesOwnServicesOnlyWhereTheRequestIsForThem) {
  for (const char* url : {"http://169.254.169.254/latest/api/token", "http://[fd00:ec2::254]/",
                          "http://169.254.170.2/v2/x?y=z", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1"}) {
    EXPECT_FALSE(check_request_url(url, false)) << url;
    EXPECT_TRUE(check_request_url(url, true)) << url;
  }
  for (const char* url : {"http://169.254.169.253/", "http://169.254.170.3/", "http://[fd00:ec2::253]/",
                          "http://10.0.0.1/", "http://169.254.169.254.example.com/", "http://user@169.254.169.254/"}) {
    EXPECT_FALSE(check_request_url(url, true)) << url;
  }
}

TEST(ServerTrust, WhatIsShownOfAUrlHasNeitherPathNorQuery) {
  EXPECT_EQ(origin_of("http://169.254.170.2/v2/secret?q=secret"), "http://169.254.170.2");
  EXPECT_EQ(origin_of("https://[::1]:8443?secret"), "https://[::1]:8443");
  EXPECT_EQ(origin_of("no url/secret"), "no url");
}

TEST(ServerTrust, RefusesABundleWithoutCertificates) {
  EXPECT_FALSE(load_ca("/nonexistent/ca.pem"));
  EXPECT_FALSE(load_ca("/dev/null"));
  const std::string pipe = ::testing::TempDir() + "ca-pipe-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(load_ca(pipe)) << "and does not wait for a writer";
  ::unlink(pipe.c_str());
  EXPECT_FALSE(load_ca("/etc/passwd"));
  EXPECT_FALSE(load_ca("/dev/zero"));
  EXPECT_TRUE(load_ca(""));
}

}  // namespace
}  // namespace broker
