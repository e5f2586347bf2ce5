// The token vending machine of --remote-server: where it is, and what it is asked. Data, and the request made of it.
//
// The URL's own query is kept, and goes before what we add: profile, duration, device_id. What is asked for is the
// URL's own `profile` where it has one, else --profile's name as it is: upstream's machine assumes the role whose ARN
// the value is, another may know profiles by names of its own; and --profile names whose keys sign, in any case.
// Blocks: never.   Owns: its text; no secret.
// Fails: kConfig for a URL that could be read in two ways, or that leaves us without what must be sent.
// The parameters are those that upstream's machine reads. API Gateway decodes a query and encodes it anew before it
// checks the signature.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "call/aws_call.h"
#include "ipc/result.h"

namespace broker {

// The word of the decision log, beside those of profile/sources.def.
inline constexpr std::string_view kRemoteSource = "remote";

struct RemoteServer {
  std::string url;       // as it was given
  std::string name;      // without its query: what sentences call it
  AwsEndpoint endpoint;  // signing_region empty where nothing is signed
  std::string path;      // as on the wire
  std::string query;     // of the URL, encoded as AWS does; without what we add
  std::string profile;   // what is asked for
  std::string device_id;
};

struct RemoteQuestion {
  std::string url, profile;  // --remote-server, --profile
  std::string region;        // the profile's or --region; empty: none is known
  std::string device_id;
  bool is_signed = true;  // false: a token file says who asks
};

ipc::Result<RemoteServer> parse_remote_server(const RemoteQuestion& question);

// Unsigned as yet; `duration` from 900 to 43200 s.
AwsRequest remote_request(const RemoteServer& server, std::chrono::seconds duration);

}  // namespace broker
