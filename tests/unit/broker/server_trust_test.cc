#include "server_trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace broker {
namespace {

TEST(ServerTrust, RefusesEndpointsThatWouldLeakOrAreNone) {
  for (const char* url :
       {"http://sts.example.com", "http://127.0.0.2", "http://127.0.0.1.example.com", "http://localhost.example.com",
        "http://2130706433.example.com", "http://[::2]", "ftp://127.0.0.1", "file:///etc/passwd", "gopher://localhost",
        "https://user@sts.example.com", "https://u:p@sts.example.com", "https://sts.example.com/?a=b",
        "https://sts.example.com/#f", "", "sts.example.com", "https://", "https://a b"}) {
    EXPECT_FALSE(check_endpoint_url(url)) << url;
  }
  for (const char* url : {"https://sts.eu-west-1.amazonaws.com", "http://127.0.0.1:8080", "http://[::1]:8080",
                          "http://localhost:1", "https://10.0.0.1:8443/"}) {
    EXPECT_TRUE(check_endpoint_url(url)) << url;
  }
}

TEST(ServerTrust, RefusesABundleWithoutCertificates) {
  EXPECT_FALSE(load_ca("/nonexistent/ca.pem"));
  EXPECT_FALSE(load_ca("/dev/null"));
  const std::string pipe = testing::TempDir() + "ca-pipe-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(load_ca(pipe)) << "and does not wait for a writer";
  ::unlink(pipe.c_str());
  EXPECT_FALSE(load_ca("/etc/passwd"));
  EXPECT_FALSE(load_ca("/dev/zero"));
  EXPECT_TRUE(load_ca(""));
}

}  // namespace
}  // namespace broker
