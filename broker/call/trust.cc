#include "call/trust.h"

#include <curl/curl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include "aws/endpoint.h"
#include "call/url.h"
#include "host/root_file.h"
#include "ipc/text/ip_address.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kSystemBundle[] = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t kMaxBundleBytes = 4 * 1024 * 1024;

// The system's own, for which its administrator answers; absent reads as empty. A pipe would keep the broker waiting
// for its writer.
std::string read_system_bundle() {
  std::error_code unreadable;
  if (!std::filesystem::is_regular_file(kSystemBundle, unreadable)) return {};
  std::ifstream file(kSystemBundle, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : 0;
  // One byte more than the limit shows that it is passed; no more room than the file needs, for it stays in memory.
  std::string text(static_cast<std::size_t>(std::clamp<std::streamoff>(size, 0, kMaxBundleBytes + 1)), '\0');
  file.seekg(0);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

bool is_link_local_service(std::string_view host) {
  const auto is_among = [host](const auto& hosts) { return std::ranges::find(hosts, host) != std::end(hosts); };
  return is_among(kInstanceHosts) || is_among(kContainerHosts);
}

}  // namespace

ipc::Result<std::string> load_ca(const std::string& bundle) {
  const std::string path = bundle.empty() ? kSystemBundle : bundle;
  const std::string next_step = bundle.empty()
                                    ? "install the package ca-certificates, or set AWS_CA_BUNDLE"
                                    : "name a readable file of PEM certificates in AWS_CA_BUNDLE or ca_bundle";
  ipc::Result<std::string> read =
      bundle.empty() ? read_system_bundle() : read_trusted_file(bundle, kMaxBundleBytes, "the CA bundle", next_step);
  if (!read) return read;
  std::string text = std::move(*read);
  if (text.empty()) return ipc::fail(Fault::kConfig, "the certificates in " + path + " cannot be read", next_step);
  if (text.size() > kMaxBundleBytes || text.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return ipc::fail(Fault::kConfig, path + " holds no PEM certificates", next_step);
  }
  return text;
}

ipc::Status check_request_url(const std::string& url, bool link_local) {
  const Url parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return ipc::fail(Fault::kConfig, "'" + origin_of(url) + "' is no URL",
                     "give an endpoint such as https://sts.eu-west-1.amazonaws.com");
  }
  const std::string scheme = url_part(parsed, CURLUPART_SCHEME);
  const std::string host = url_part(parsed, CURLUPART_HOST);
  if (scheme != "https" && scheme != "http") {
    return ipc::fail(Fault::kConfig, "'" + origin_of(url) + "' is neither http nor https", "use an https endpoint");
  }
  if (scheme == "http" && !ipc::is_this_machine(host) && !(link_local && is_link_local_service(host))) {
    return ipc::fail(Fault::kConfig, "plain http to " + host + " would show the request to the network",
                     "use https; plain http is for 127.0.0.0/8, [::1] and localhost alone");
  }
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
    if (!url_part(parsed, part).empty()) {
      return ipc::fail(Fault::kConfig, "a URL of AWS may have neither a user nor a fragment");
    }
  }
  return {};
}

std::string origin_of(std::string_view url) {
  const std::size_t authority = url.find("://");
  if (authority == std::string_view::npos) return std::string(url.substr(0, url.find_first_of("/?#@")));
  const std::string_view rest = url.substr(authority + 3);
  return std::string(url.substr(0, authority + 3)) + std::string(rest.substr(0, rest.find_first_of("/?#")));
}

}  // namespace broker
