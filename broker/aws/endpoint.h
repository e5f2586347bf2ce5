// Where an AWS service is reached: the checked form of an endpoint URL, and the default one of a region.
//
// Blocks: never.
// Fails: kConfig; the sentence starts with `place` (a file:line or a variable's name).
// Source: botocore partitions.json and the services' endpoint rule sets.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

struct AwsEndpoint {
  std::string url;   // scheme://host[:port], no trailing slash, no default port
  std::string host;  // as the Host header says it: host[:port], the same text as in `url`
  bool tls = true;
  std::string signing_region = {};  // what SigV4 signs with; differs from the profile's only for the global STS
  std::string named_by = {};        // the variable, or file:line, that gave the URL; empty: it is AWS's own
};

// The URL stands in a file that AWS tools read, which may be the command's to write.
inline bool named_by_file(const AwsEndpoint& endpoint) {
  return !endpoint.named_by.empty() && !endpoint.named_by.starts_with("AWS_ENDPOINT_URL");
}

enum class StsEndpoints { kRegional, kLegacy };  // sts_regional_endpoints

// An endpoint_url or AWS_ENDPOINT_URL: https to anywhere, http to this machine alone; no user, path, query or fragment.
[[nodiscard]] ipc::Result<AwsEndpoint> parse_endpoint(std::string_view url, std::string_view place);

// Where EC2's metadata service is, and where ECS and EKS give a container its keys: none of these is ever reached
// through a network that others share. Plain http goes there, too, but only for the request that each is for.
inline constexpr std::string_view kInstanceHosts[] = {"169.254.169.254", "[fd00:ec2::254]"};
inline constexpr std::string_view kContainerHosts[] = {"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};

// The same for a source of keys: plain http to `http_hosts`, too.
[[nodiscard]] ipc::Result<AwsEndpoint> parse_source_url(std::string_view url, std::string_view place,
                                                        std::span<const std::string_view> http_hosts);

// A region becomes a part of a host name, so it must be one DNS label; pseudo-regions are refused.
[[nodiscard]] ipc::Status check_region(std::string_view region, std::string_view place);

// use_fips_endpoint and use_dualstack_endpoint.
struct EndpointVariant {
  bool fips = false, dual_stack = false;
};

// `service` is one of aws/endpoint_services.def; the region has passed check_region.
[[nodiscard]] AwsEndpoint regional_endpoint(std::string_view service, std::string_view region,
                                            EndpointVariant variant = {});

// The STS endpoint of a region; of no region, the global one, signed as us-east-1, which has no variants.
[[nodiscard]] AwsEndpoint sts_endpoint(std::string_view region, StsEndpoints kind, EndpointVariant variant = {});

// Where `aws login` gets its keys. Its plain name is the console's in the partitions that have one.
[[nodiscard]] AwsEndpoint sign_in_endpoint(std::string_view region, EndpointVariant variant = {});

// The one IAM endpoint of the region's partition; of no region, the public cloud's.
[[nodiscard]] AwsEndpoint iam_endpoint(std::string_view region, EndpointVariant variant = {});

// The end of the host names of a region's services: amazonaws.com, amazonaws.com.cn, …
[[nodiscard]] std::string_view dns_suffix_of(std::string_view region);

// aws, aws-cn, aws-us-gov, … of a region; aws where nothing else fits, as the AWS SDKs do.
[[nodiscard]] std::string_view partition_of(std::string_view region);
[[nodiscard]] bool is_partition(std::string_view name);

}  // namespace broker
