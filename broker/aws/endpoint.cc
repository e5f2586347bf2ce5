#include "aws/endpoint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "aws/key_syntax.h"
#include "ipc/text/ip_address.h"
#include "text/ascii.h"

namespace broker {
namespace {

struct Partition {
  std::string_view name, prefix, suffix, dual_suffix, sign_in;
};

#define PARTITION(name, prefix, suffix, dual_suffix, sign_in) Partition{name, prefix, suffix, dual_suffix, sign_in},
constexpr Partition kPartitions[] = {
#include "aws/partitions.def"
};
#undef PARTITION

struct Service {
  std::string_view name, plain, fips, gov_fips;
};

#define SERVICE(name, plain, fips, gov_fips) Service{name, plain, fips, gov_fips},
constexpr Service kServices[] = {
#include "aws/endpoint_services.def"
};
#undef SERVICE

struct IamRow {
  std::string_view partition, region, plain, dual, fips, fips_region, both;
};

#define IAM(partition, region, plain, dual, fips, fips_region, both) \
  IamRow{partition, region, plain, dual, fips, fips_region, both},
constexpr IamRow kIam[] = {
#include "aws/iam_endpoints.def"
};
#undef IAM
static_assert(std::size(kIam) == std::size(kPartitions));

constexpr std::string_view kGlobalRegion = "us-east-1";

// The regions that sts_regional_endpoints = legacy sends to the global endpoint (botocore args.py).
constexpr std::string_view kLegacyStsRegions[] = {"ap-northeast-1", "ap-south-1",   "ap-southeast-1", "ap-southeast-2",
                                                  "ca-central-1",   "eu-central-1", "eu-north-1",     "eu-west-1",
                                                  "eu-west-2",      "eu-west-3",    "sa-east-1",      "us-east-1",
                                                  "us-east-2",      "us-west-1",    "us-west-2"};

constexpr std::string_view kUrlAdvice = "give it as https://host or https://host:port";

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

const Partition& partition_row(std::string_view region) {
  return *std::ranges::find_if(kPartitions, [&](const Partition& row) { return region.starts_with(row.prefix); });
}

AwsEndpoint https(std::string host, std::string_view signing_region) {
  return {"https://" + host, host, true, std::string(signing_region)};
}

struct Authority {
  std::string host;  // lower case, an IPv6 address in brackets
  std::string_view port;
};

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

// A DNS name whose last label is not a number, or an address: "127.1" and "0x7f.1" are neither, since libcurl's and our
// idea of them could differ.
bool is_name_or_address(const std::string& host) {
  if (ipc::address_of_host(host)) return true;
  if (host.empty() || host.size() > 253) return false;
  std::string_view rest = host, label;
  while (true) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !is_digit(label.front());
}

std::optional<Authority> split_authority(std::string_view text) {
  const std::string_view host = ipc::leading_host(text);
  Authority authority{lowered(host), text.substr(host.size())};
  if (!is_name_or_address(authority.host)) return {};
  return authority;
}

// ":8443" → 8443; "" → 0, which stands for the default; nothing for anything else.
std::optional<std::uint16_t> port_of(std::string_view text) {
  if (text.empty()) return 0;
  text.remove_prefix(1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || text.front() == '0') return {};
  return port;
}

ipc::Status check_shape(std::string_view rest, std::string_view place) {
  const std::string where(place);
  if (rest.find('@') != std::string_view::npos) {
    return ipc::fail(ipc::Fault::kConfig, where + ": an endpoint URL must not hold a user name or password",
                     std::string(kUrlAdvice));
  }
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return ipc::fail(ipc::Fault::kConfig, where + ": an endpoint URL must not have a query or a fragment",
                     std::string(kUrlAdvice));
  }
  if (rest.find('/') != std::string_view::npos) {
    return ipc::fail(ipc::Fault::kConfig, where + ": an endpoint URL with a path is not supported",
                     std::string(kUrlAdvice));
  }
  return {};
}

}  // namespace

ipc::Result<AwsEndpoint> parse_endpoint(std::string_view url, std::string_view place) {
  return parse_source_url(url, place, {});
}

ipc::Result<AwsEndpoint> parse_source_url(std::string_view url, std::string_view place,
                                          std::span<const std::string_view> http_hosts) {
  const std::string where(place);
  const std::size_t colon = url.find("://");
  const std::string scheme = lowered(url.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return ipc::fail(ipc::Fault::kConfig, where + ": an endpoint URL must start with https:// or http://",
                     std::string(kUrlAdvice));
  }
  std::string_view rest = url.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const ipc::Status shape = check_shape(rest, place); !shape) return std::unexpected(shape.error());
  const auto authority = split_authority(rest);
  if (!authority) {
    return ipc::fail(ipc::Fault::kConfig, where + ": the endpoint URL has no valid host name or address",
                     std::string(kUrlAdvice));
  }
  const auto port = port_of(authority->port);
  if (!port) {
    return ipc::fail(ipc::Fault::kConfig, where + ": the port of the endpoint URL is not a number from 1 to 65535",
                     std::string(kUrlAdvice));
  }
  const bool tls = scheme == "https";
  const bool allowed = std::ranges::find(http_hosts, authority->host) != http_hosts.end();
  if (!tls && !allowed && !ipc::is_this_machine(authority->host)) {
    return ipc::fail(ipc::Fault::kConfig,
                     where + ": plain http is allowed to 127.0.0.0/8, [::1] and localhost" +
                         (http_hosts.empty() ? " alone" : " and to the link-local addresses of AWS alone") +
                         ", not to " + authority->host,
                     "use https, since a signed request and its answer would cross the network in the clear");
  }
  const bool is_default = *port == 0 || *port == (tls ? 443 : 80);
  std::string host = authority->host + (is_default ? "" : ":" + std::to_string(*port));
  return AwsEndpoint{scheme + "://" + host, host, tls};
}

ipc::Status check_region(std::string_view region, std::string_view place) {
  const std::string where(place);
  if (!is_label(region)) {
    const std::string_view fault = fault_of_key_text(region);
    const std::string_view why = fault.empty() ? "is not made of lower-case letters, digits and hyphens" : fault;
    return ipc::fail(ipc::Fault::kConfig, where + ": the region " + std::string(why),
                     "give a region such as eu-central-1; AWS tools read a comment behind a value as a part of it");
  }
  if (region.starts_with("fips-") || region.ends_with("-fips") || region.starts_with("aws-") ||
      region.ends_with("-global")) {
    return ipc::fail(ipc::Fault::kConfig, where + ": '" + std::string(region) + "' is a pseudo-region",
                     "give the real region, such as us-east-1; FIPS endpoints come with use_fips_endpoint = true or "
                     "AWS_USE_FIPS_ENDPOINT");
  }
  return {};
}

std::string_view dns_suffix_of(std::string_view region) { return partition_row(region).suffix; }

std::string_view partition_of(std::string_view region) { return partition_row(region).name; }

bool is_partition(std::string_view name) {
  return std::ranges::find(kPartitions, name, &Partition::name) != std::end(kPartitions);
}

AwsEndpoint regional_endpoint(std::string_view service, std::string_view region, EndpointVariant variant) {
  const Partition& partition = partition_row(region);
  const auto found = std::ranges::find(kServices, service, &Service::name);
  if (found == std::end(kServices)) std::abort();  // a service without a row of its own: a bug, and no host to ask
  const Service& row = *found;
  const bool gov = partition.name == "aws-us-gov" && !variant.dual_stack;
  std::string host(!variant.fips ? row.plain : gov ? row.gov_fips : row.fips);
  host.append(".").append(region).append(".").append(variant.dual_stack ? partition.dual_suffix : partition.suffix);
  return https(std::move(host), region);
}

AwsEndpoint sts_endpoint(std::string_view region, StsEndpoints kind, EndpointVariant variant) {
  const bool plain = !variant.fips && !variant.dual_stack;
  const bool legacy = plain && kind == StsEndpoints::kLegacy &&
                      std::ranges::find(kLegacyStsRegions, region) != std::end(kLegacyStsRegions);
  if (region.empty() || legacy) return https("sts.amazonaws.com", kGlobalRegion);
  return regional_endpoint("sts", region, variant);
}

AwsEndpoint sign_in_endpoint(std::string_view region, EndpointVariant variant) {
  const Partition& partition = partition_row(region);
  if (variant.fips || variant.dual_stack || partition.sign_in.empty())
    return regional_endpoint("signin", region, variant);
  return https(std::string(region) + "." + std::string(partition.sign_in), region);
}

AwsEndpoint iam_endpoint(std::string_view region, EndpointVariant variant) {
  const IamRow& row = *std::ranges::find(kIam, partition_of(region), &IamRow::partition);
  if (variant.fips) return https(std::string(variant.dual_stack ? row.both : row.fips), row.fips_region);
  return https(std::string(variant.dual_stack ? row.dual : row.plain), row.region);
}

}  // namespace broker
