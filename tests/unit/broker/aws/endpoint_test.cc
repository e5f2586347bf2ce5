#include "aws/endpoint.h"

#include <gtest/gtest.h>

namespace {

using broker::AwsEndpoint;
using broker::StsEndpoints;

std::string refusal(std::string_view url) {
  const auto endpoint = broker::parse_endpoint(url, "place");
  return endpoint ? "accepted as " + endpoint->url : endpoint.error().what;
}

TEST(Endpoint, PlainHttpToAnotherMachineIsRefused) {
  for (const std::string_view url :
       {"http://sts.amazonaws.com", "http://169.254.169.254", "http://128.0.0.1", "http://126.255.255.255",
        "http://[::2]", "http://[::ffff:127.0.0.1]", "http://localhost.example.com", "http://127.0.0.1.example.com",
        "http://my-localhost", "http://0.0.0.0", "http://[::]", "HTTP://example.com"}) {
    EXPECT_NE(refusal(url).find("plain http"), std::string::npos) << url << ": " << refusal(url);
  }
}

// Also what the supervisor takes as --remote-server, so that nothing passes one check and fails the next.
TEST(Endpoint, PlainHttpToThisMachineIsAllowed) {
  for (const std::string_view url : {"http://127.0.0.1:9", "http://127.0.0.2:9", "http://127.255.255.254",
                                     "http://[::1]", "http://[0:0::1]:9", "http://localhost:9", "HTTP://LOCALHOST:9"}) {
    EXPECT_TRUE(broker::parse_endpoint(url, "place")) << refusal(url);
  }
}

TEST(Endpoint, AnAddressThatTwoParsersCouldReadDifferentlyIsRefused) {
  for (const std::string_view url :
       {"http://127.1", "http://0x7f.1", "http://2130706433", "http://127.0.0.01", "http://127.0.0.1.",
        "https://localhost.", "http://0177.0.0.1", "https://a..b", "https://-a.example.com", "https://a_b.example.com",
        "https://", "https://:443", "https://[::1", "https://[127.0.0.1]", "https://[::1%25lo]", "https://a b",
        "https://ex\xc3\xa4mple.com", "https://a%2eb.com", "https://a\\b.com"}) {
    EXPECT_NE(refusal(url).find("no valid host"), std::string::npos) << url << ": " << refusal(url);
  }
}

TEST(Endpoint, UserQueryFragmentAndPathAreRefused) {
  EXPECT_NE(refusal("https://user@example.com").find("user name"), std::string::npos);
  EXPECT_NE(refusal("http://127.0.0.1@example.com").find("user name"), std::string::npos);
  EXPECT_NE(refusal("https://example.com?a=b").find("query"), std::string::npos);
  EXPECT_NE(refusal("http://evil.example.com#@localhost").find("user name"), std::string::npos);
  EXPECT_NE(refusal("https://example.com#a").find("fragment"), std::string::npos);
  EXPECT_NE(refusal("https://example.com/path").find("path"), std::string::npos);
  EXPECT_NE(refusal("https://example.com//").find("path"), std::string::npos);
}

TEST(Endpoint, OnlyHttpAndHttpsAreSchemes) {
  for (const std::string_view url : {"", "example.com", "ftp://example.com", "https:/example.com", "://example.com",
                                     " https://example.com", "file:///etc/passwd"}) {
    EXPECT_NE(refusal(url).find("must start with"), std::string::npos) << url << ": " << refusal(url);
  }
}

TEST(Endpoint, APortIsANumberFrom1To65535) {
  for (const std::string_view port : {":", ":0", ":65536", ":99999999999", ":-1", ":+1", ":8o", ":80:80", ":080"}) {
    EXPECT_NE(refusal("https://example.com" + std::string(port)).find("port"), std::string::npos) << port;
  }
  EXPECT_NE(refusal("https://[::1]8").find("port"), std::string::npos);
}

TEST(Endpoint, ARefusalBeginsWithItsPlace) { EXPECT_TRUE(refusal("nonsense").starts_with("place: ")); }

TEST(Endpoint, ARefusalNeverRepeatsAPassword) {
  EXPECT_EQ(refusal("https://me:hunter2@example.com").find("hunter2"), std::string::npos);
}

struct Accepted {
  std::string_view url, as, host;
  bool tls;
};

TEST(Endpoint, WhatIsAcceptedIsBroughtToOneForm) {
  for (const Accepted& row : {Accepted{"https://STS.Example.com/", "https://sts.example.com", "sts.example.com", true},
                              {"HTTPS://sts.example.com:443", "https://sts.example.com", "sts.example.com", true},
                              {"https://sts.example.com:80", "https://sts.example.com:80", "sts.example.com:80", true},
                              {"http://localhost:4566", "http://localhost:4566", "localhost:4566", false},
                              {"http://127.255.0.9:80/", "http://127.255.0.9", "127.255.0.9", false},
                              {"http://[::1]:65535", "http://[::1]:65535", "[::1]:65535", false},
                              {"http://[0:0::1]:1", "http://[0:0::1]:1", "[0:0::1]:1", false},
                              {"https://192.0.2.7", "https://192.0.2.7", "192.0.2.7", true}}) {
    const auto endpoint = broker::parse_endpoint(row.url, "place");
    ASSERT_TRUE(endpoint) << row.url << ": " << endpoint.error().what;
    EXPECT_EQ(endpoint->url, row.as);
    EXPECT_EQ(endpoint->host, row.host);
    EXPECT_EQ(endpoint->tls, row.tls);
  }
}

TEST(Region, WhatIsNotOneDnsLabelIsRefused) {
  for (const std::string_view region : {"", "EU-west-1", "eu west-1", "eu-west-1/", "a.b", "-eu", "eu-", "eu_west_1",
                                        "eu-west-1@evil", "eu-west-1\n", "eu-west-1 # mine"}) {
    EXPECT_FALSE(broker::check_region(region, "place")) << region;
  }
  EXPECT_FALSE(broker::check_region(std::string(64, 'a'), "place"));
  EXPECT_TRUE(broker::check_region("eu-west-1", "place"));
}

TEST(Region, APseudoRegionIsRefused) {
  for (const std::string_view region : {"aws-global", "fips-us-east-1", "us-east-1-fips", "aws-cn-global"}) {
    EXPECT_FALSE(broker::check_region(region, "place")) << region;
  }
}

TEST(Region, AnUnknownRegionBelongsToThePublicPartition) { EXPECT_EQ(broker::partition_of("xx-new-1"), "aws"); }

TEST(StsEndpoint, WithoutARegionTheGlobalEndpointIsSignedAsUsEast1) {
  const AwsEndpoint sts = broker::sts_endpoint("", StsEndpoints::kRegional);
  EXPECT_EQ(sts.url, "https://sts.amazonaws.com");
  EXPECT_EQ(sts.signing_region, "us-east-1");
}

TEST(StsEndpoint, LegacyIsGlobalOnlyForTheRegionsOfThatTime) {
  EXPECT_EQ(broker::sts_endpoint("eu-west-1", StsEndpoints::kLegacy).signing_region, "us-east-1");
  EXPECT_EQ(broker::sts_endpoint("eu-south-2", StsEndpoints::kLegacy).url, "https://sts.eu-south-2.amazonaws.com");
  EXPECT_EQ(broker::sts_endpoint("cn-north-1", StsEndpoints::kLegacy).url, "https://sts.cn-north-1.amazonaws.com.cn");
}

TEST(SourceUrl, PlainHttpGoesToTheNamedAddressesAndNoOther) {
  constexpr std::string_view kHosts[] = {"169.254.170.2", "[fd00:ec2::23]"};
  for (const std::string_view url : {"http://169.254.170.3", "http://169.254.170.2.example.com",
                                     "http://[fd00:ec2::24]", "http://[fd00:ec2:0::23]", "http://169.254.169.254"}) {
    const auto endpoint = broker::parse_source_url(url, "place", kHosts);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_NE(endpoint.error().what.find("link-local addresses of AWS"), std::string::npos) << endpoint.error().what;
  }
  EXPECT_EQ(broker::parse_source_url("http://169.254.170.2", "place", kHosts)->url, "http://169.254.170.2");
  EXPECT_EQ(broker::parse_source_url("http://[FD00:EC2::23]:80/", "place", kHosts)->url, "http://[fd00:ec2::23]");
  EXPECT_FALSE(broker::parse_endpoint("http://169.254.170.2", "place"));
}

// All of them are compared with botocore's rule sets in tests/interop/test_endpoints_botocore.py; these are the odd
// ones.
TEST(Variants, GovCloudIsValidatedUnderItsPlainNamesButForKms) {
  EXPECT_EQ(broker::regional_endpoint("sts", "us-gov-west-1", {true, false}).url,
            "https://sts.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(broker::regional_endpoint("kms", "us-gov-west-1", {true, false}).url,
            "https://kms-fips.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(broker::regional_endpoint("sts", "us-gov-west-1", {true, true}).url,
            "https://sts-fips.us-gov-west-1.api.aws");
}

TEST(Variants, IamIsOneEndpointOfAPartition) {
  EXPECT_EQ(broker::iam_endpoint("eu-west-1").url, "https://iam.amazonaws.com");
  EXPECT_EQ(broker::iam_endpoint("").signing_region, "us-east-1");
  EXPECT_EQ(broker::iam_endpoint("cn-northwest-1").signing_region, "cn-north-1");
  EXPECT_EQ(broker::iam_endpoint("cn-north-1", {true, false}).signing_region, "cn-northwest-1");
}

}  // namespace
