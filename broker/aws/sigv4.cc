#include "aws/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <utility>

#include "ipc/secret.h"
#include "text/ascii.h"
#include "text/hex.h"
#include "text/percent.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::Result;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// A key or digest of SHA-256's size, wiped when it goes.
struct Digest {
  std::array<unsigned char, 32> bytes{};
  Digest() = default;
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() { ipc::wipe(bytes.data(), bytes.size()); }
  [[nodiscard]] std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

[[nodiscard]] bool hmac(std::string_view key, std::string_view text, Digest& out) {
  unsigned int size = 0;
  return HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.bytes.data(), &size) != nullptr;
}

// Empty, "." and ".." segments go; each that is left is encoded once more, because it is already encoded on the wire.
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> kept;
  const std::vector<std::string_view> segments = split(path, '/');
  for (const std::string_view segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const std::string_view segment : kept) (out += '/') += uri_encode(segment);
  if (out.empty() || segments.back().empty()) out += '/';
  return out;
}

// Sorted by encoded name, then by encoded value.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const std::string_view field : split(query, '&')) {
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view value = equals < field.size() ? field.substr(equals + 1) : std::string_view{};
    fields.emplace_back(uri_encode(uri_decode(field.substr(0, equals))), uri_encode(uri_decode(value)));
  }
  std::ranges::sort(fields);
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    ((out += name) += '=') += value;
  }
  return out;
}

// Trimmed, and each run of blanks made one blank.
std::string folded(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Headers that a proxy or libcurl may add or change after we signed.
bool left_unsigned(std::string_view lower_name) {
  constexpr std::string_view kNames[] = {"authorization",     "connection", "expect",
                                         "transfer-encoding", "user-agent", "x-amzn-trace-id"};
  return std::ranges::find(kNames, lower_name) != std::end(kNames);
}

// By lower-case name; a name that comes twice has its values joined in the order they came.
std::map<std::string, std::string> signed_headers(std::span<const HttpHeader> headers) {
  std::map<std::string, std::string> result;
  for (const HttpHeader& header : headers) {
    const std::string name = lowered(header.name);
    if (left_unsigned(name)) continue;
    const auto [entry, is_new] = result.try_emplace(name);
    if (!is_new) entry->second += ',';
    entry->second += folded(header.value);
  }
  return result;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) {
    if (!names.empty()) names += ';';
    names += name;
  }
  return names;
}

std::string amz_time(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return {text.data(), size};
}

// kDate = HMAC("AWS4" + secret, date), then region, service and a fixed word; the last signs.
[[nodiscard]] bool signature(std::string_view secret, std::string_view date, const SigningScope& scope,
                             std::string_view text, Digest& out) {
  auto first = ipc::SecretBuffer::with_capacity(secret.size() + 4);
  Digest by_date, by_region, by_service, by_request;
  return first.append("AWS4") && first.append(secret) && hmac(first.reveal(), date, by_date) &&
         hmac(by_date.view(), scope.region, by_region) && hmac(by_region.view(), scope.service, by_service) &&
         hmac(by_service.view(), "aws4_request", by_request) && hmac(by_request.view(), text, out);
}

// What would break out of the Authorization header or the credential scope.
bool plain_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return unreserved(c); });
}

// A line end in a value would start another header.
bool one_line(const HttpHeader& header) {
  return header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
}

}  // namespace

std::string canonical_request(const SigningInput& request) {
  const std::map<std::string, std::string> headers = signed_headers(request.headers);
  std::string text(request.method);
  ((text += '\n') += canonical_path(request.path)) += '\n';
  (text += canonical_query(request.query)) += '\n';
  for (const auto& [name, value] : headers) (((text += name) += ':') += value) += '\n';
  ((text += '\n') += names_of(headers)) += '\n';
  return text += sha256_hex(request.body);
}

Result<std::vector<HttpHeader>> sign_v4(const SigningInput& request, const SigningKey& key, const SigningScope& scope) {
  if (!plain_word(key.access_key_id) || key.secret_access_key.empty()) {
    return ipc::fail(Fault::kConfig, "the AWS key cannot be signed with: its id is malformed or its secret is empty");
  }
  if (!plain_word(scope.region) || !plain_word(scope.service)) {
    return ipc::fail(Fault::kConfig, "a request cannot be signed for region '" + std::string(scope.region) + "'",
                     "give the region with --region, AWS_REGION or 'region' in the profile");
  }
  const std::string time = amz_time(scope.time);
  const std::string_view date = std::string_view(time).substr(0, 8);
  std::vector<HttpHeader> headers(request.headers.begin(), request.headers.end());
  const std::size_t given = headers.size();
  headers.push_back({"X-Amz-Date", time});
  if (!key.session_token.empty()) headers.push_back({"X-Amz-Security-Token", std::string(key.session_token)});

  if (!std::ranges::all_of(headers, one_line)) {
    return ipc::fail(Fault::kConfig, "a header or the session token of an AWS request contains a line end",
                     "check aws_session_token in the credentials file");
  }

  SigningInput whole = request;
  whole.headers = headers;
  const std::string credential_scope =
      std::string(date) + '/' + std::string(scope.region) + '/' + std::string(scope.service) + "/aws4_request";
  const std::string to_sign =
      std::string(kAlgorithm) + '\n' + time + '\n' + credential_scope + '\n' + sha256_hex(canonical_request(whole));
  Digest mac;
  if (!signature(key.secret_access_key, date, scope, to_sign, mac)) {
    return ipc::fail(Fault::kSystem, "OpenSSL could not compute a signature");
  }
  headers.push_back({"Authorization", std::string(kAlgorithm) + " Credential=" + std::string(key.access_key_id) + '/' +
                                          credential_scope + ", SignedHeaders=" +
                                          names_of(signed_headers(whole.headers)) + ", Signature=" + hex(mac.view())});
  headers.erase(headers.begin(), headers.begin() + static_cast<std::ptrdiff_t>(given));
  return headers;
}

}  // namespace broker
