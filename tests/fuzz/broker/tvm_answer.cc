// Whatever a token vending machine, its gateway, or something in its place answers: keys are taken whole or not at all,
// every refusal has a sentence fit for a terminal and a way on; and whatever URL names it, what is sent is plain ASCII.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "must.h"
#include "remote/answer.h"

namespace {

bool is_plain(std::string_view text, char least) {
  return std::ranges::all_of(text, [least](char c) { return c >= least && c <= '~'; });
}

void read_keys(std::string_view body) {
  constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 27);
  const auto keys = broker::read_remote_keys(body, "https://tvm.example.com/", kNow);
  if (!keys) return must(!keys.error().next_step.empty() && is_plain(keys.error().what, ' '));
  for (const std::string_view part :
       {std::string_view(keys->access_key_id), keys->secret_access_key.reveal(), keys->session_token.reveal()}) {
    must(!part.empty() && is_plain(part, '!'));
  }
  must(keys->expiration > kNow && keys->expiration <= kNow + broker::kLongestRemote + broker::kRemoteSkew);
}

void read_failure(const broker::RemoteServer& server, long status, std::string_view body) {
  broker::HttpAnswer answer;
  answer.status = status;
  answer.body.append(body);
  const ipc::Error error = broker::remote_error(server, broker::read_remote_failure(answer));
  must(is_plain(error.what, ' ') && error.what.size() < 1024 && !error.next_step.empty());
}

void read_url(std::string_view url) {
  const auto server =
      broker::parse_remote_server({std::string(url), "ledger-prod", "eu-west-1", std::string(64, 'd'), true});
  if (!server) return must(!server.error().next_step.empty());
  const broker::AwsRequest request = broker::remote_request(*server, std::chrono::seconds(900));
  must(is_plain(request.path, '!') && request.path.starts_with('/') && is_plain(request.query, '!'));
  must(request.query.find("profile=") != std::string::npos &&
       request.query.find("&duration=900&device_id=dd") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = ipc::SecretArena::open().has_value();
  must(ready);
  static const auto server =
      broker::parse_remote_server({"https://tvm.example.com/", "ledger-prod", "eu-west-1", std::string(64, 'd'), true});
  must(server.has_value());
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  read_keys(body);
  for (const long status : {302L, 400L, 403L, 429L, 500L, 999L}) read_failure(*server, status, body);
  read_url(body);
  return 0;
}
