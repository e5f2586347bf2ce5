#include "remote/server.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text/ascii.h"
#include "text/hex.h"
#include "text/percent.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kMaxProfile = 256;
constexpr std::string_view kFlag = "--remote-server";
constexpr std::string_view kUrlAdvice = "give it as https://ID.execute-api.REGION.amazonaws.com/STAGE";
// A function that starts cold answers late; API Gateway gives up after 30 s.
constexpr std::chrono::seconds kTryDeadline{20};
constexpr int kTries = 3;

std::unexpected<ipc::Error> refuse(std::string why, std::string_view next_step = kUrlAdvice) {
  return ipc::fail(Fault::kConfig, std::string(kFlag) + ": " + std::move(why), std::string(next_step));
}

// ---- the path ------------------------------------------------------------------------------------------------------

// What RFC 3986 lets stand in a path as it is.
bool is_path_char(char c) {
  return unreserved(c) || std::string_view("/!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

// Every '%' begins an escape.
bool is_escaped_well(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || hex_value(text[at + 1]) < 0 || hex_value(text[at + 2]) < 0) return false;
  }
  return true;
}

// Segments that a signer takes out and a server may not: libcurl, a proxy and the gateway need not agree on them.
bool has_doubtful_segment(std::string_view path) {
  const std::vector<std::string_view> segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string plain = uri_decode(segments[i]);
    if (plain == "." || plain == ".." || (plain.empty() && i + 1 < segments.size())) return true;
  }
  return false;
}

ipc::Status check_path(std::string_view path) {
  if (!std::ranges::all_of(path, [](char c) { return is_path_char(c) || c == '%'; }) || !is_escaped_well(path)) {
    return refuse("the path has a character that a URL cannot have as it is", "write it as %XX");
  }
  if (has_doubtful_segment(path)) return refuse("the path has an empty segment, or one that is . or ..");
  return {};
}

// ---- the query -----------------------------------------------------------------------------------------------------

struct Query {
  std::string kept;
  std::optional<std::string> profile;
};

ipc::Status take_field(std::string_view field, Query& query) {
  const std::size_t equals = std::min(field.find('='), field.size());
  const std::string name = uri_decode(field.substr(0, equals));
  const std::string value = equals < field.size() ? uri_decode(field.substr(equals + 1)) : "";
  if (name.empty()) return refuse("the query has a value without a name");
  if (name == "duration") return refuse("the duration is asked for by us", "give it with --server-duration");
  if (name == "device_id") return refuse("device_id is this machine's own", "leave it out: it is always sent");
  if (name == "profile") {
    if (query.profile) return refuse("the query has profile twice");
    query.profile = value;
    return {};
  }
  if (!query.kept.empty()) query.kept += '&';
  ((query.kept += uri_encode(name)) += '=') += uri_encode(value);
  return {};
}

ipc::Result<Query> read_query(std::string_view text) {
  Query query;
  if (!is_escaped_well(text)) return refuse("the query has a % that is no escape", "write it as %25");
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (!plain || text.find('+') != std::string_view::npos) {
    return refuse("the query has a character that is read in two ways", "write a space as %20, a plus as %2B");
  }
  for (const std::string_view field : split(text, '&')) {
    if (field.empty()) continue;
    if (ipc::Status taken = take_field(field, query); !taken) return std::unexpected(taken.error());
  }
  return query;
}

// ---- what is asked for, and where ----------------------------------------------------------------------------------

// The names that upstream's machine takes. It also refuses two dots, which cannot come: a dot is none of these
// characters.
bool is_profile(std::string_view name) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || std::string_view("_/:-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= kMaxProfile && std::ranges::all_of(name, allowed) &&
         name.find("//") == std::string_view::npos;
}

ipc::Status check_profile(const std::string& name, bool from_url) {
  if (is_profile(name)) return {};
  const std::string what = from_url ? "the profile in its query" : "the name that --profile gives";
  return refuse(what + " is nothing that a remote server takes: 1 to 256 letters, digits and _ / : - without //",
                from_url ? "write the name, or the role's ARN, that the server knows"
                         : "name what the server knows in the URL: ...?profile=NAME, or ...?profile=ROLE-ARN; "
                           "--profile then only says whose keys sign");
}

// Of ID.execute-api.REGION.amazonaws.com, in any partition; empty for another host.
std::string region_in(const std::string& host) {
  const std::string_view name = std::string_view(host).substr(0, host.find(':'));
  const std::vector<std::string_view> labels = split(name, '.');
  if (labels.size() < 4 || labels[1] != "execute-api" || !check_region(labels[2], kFlag)) return {};
  const std::string region(labels[2]);
  const std::string tail = ".execute-api." + region + "." + std::string(dns_suffix_of(region));
  return name.ends_with(tail) ? region : "";
}

ipc::Status take_region(const RemoteQuestion& question, AwsEndpoint& endpoint) {
  if (!question.is_signed) return {};
  endpoint.signing_region = region_in(endpoint.host);
  if (endpoint.signing_region.empty()) endpoint.signing_region = question.region;
  if (!endpoint.signing_region.empty()) return {};
  return refuse("which region to sign for is not known: " + endpoint.host + " is no execute-api host, and profile '" +
                    question.profile + "' has no region",
                "give --region, set AWS_REGION, or add region to the profile");
}

}  // namespace

ipc::Result<RemoteServer> parse_remote_server(const RemoteQuestion& question) {
  const std::string_view url = question.url;
  if (url.find('#') != std::string_view::npos) return refuse("a fragment is never sent to a server", "leave it out");
  const std::size_t scheme = url.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t rest = std::min(url.find_first_of("/?", authority), url.size());
  ipc::Result<AwsEndpoint> endpoint = parse_endpoint(url.substr(0, rest), kFlag);
  if (!endpoint) return std::unexpected(endpoint.error());
  RemoteServer server{question.url, {}, std::move(*endpoint), "/", {}, question.profile, question.device_id};
  const std::size_t mark = std::min(url.find('?', rest), url.size());
  if (mark > rest) server.path = url.substr(rest, mark - rest);
  if (ipc::Status plain = check_path(server.path); !plain) return std::unexpected(plain.error());
  ipc::Result<Query> query = read_query(mark < url.size() ? url.substr(mark + 1) : std::string_view{});
  if (!query) return std::unexpected(query.error());
  server.query = std::move(query->kept);
  const bool from_url = query->profile.has_value();
  if (from_url) server.profile = std::move(*query->profile);
  if (ipc::Status known = check_profile(server.profile, from_url); !known) return std::unexpected(known.error());
  if (ipc::Status known = take_region(question, server.endpoint); !known) return std::unexpected(known.error());
  server.name = server.endpoint.url + server.path;
  return server;
}

AwsRequest remote_request(const RemoteServer& server, std::chrono::seconds duration) {
  AwsRequest request;
  request.service = "execute-api";
  request.action = "the remote server";
  request.endpoint = server.endpoint;
  request.method = "GET";
  request.path = server.path;
  request.query = server.query + (server.query.empty() ? "" : "&") + "profile=" + uri_encode(server.profile) +
                  "&duration=" + std::to_string(duration.count()) + "&device_id=" + server.device_id;
  request.try_deadline = kTryDeadline;
  request.max_tries = kTries;
  return request;
}

}  // namespace broker
