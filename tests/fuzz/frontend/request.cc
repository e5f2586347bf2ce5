// Any bytes as a request head, in one piece and cut anywhere: the result must not depend on the cut, and what is served
// must have the one form that the broker may be shown.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ipc/client/answer_mac.h"
#include "ipc/client/served_profiles.h"
#include "must.h"
#include "request_check.h"

namespace {

using frontend::HeadParser;

HeadParser::Progress feed_in_two(HeadParser& parser, std::string_view bytes, std::size_t cut) {
  const HeadParser::Progress first = parser.feed(bytes.substr(0, cut));
  return first == HeadParser::Progress::NeedMore ? parser.feed(bytes) : first;
}

void judge(std::string_view bytes, frontend::HostRule rule) {
  const auto request = frontend::check_request(bytes, rule);
  if (!request) return;
  must(bytes.size() <= frontend::kMaxHeadBytes);
  std::string profile;
  must(request->profile.empty() ||
       (rule.transport == ipc::Transport::Unix && ipc::read_profile_in_path(request->profile, profile)));
  must(profile.size() <= ipc::kMaxProfileName);
  const std::string path = std::string("/creds") + (profile.empty() ? "" : "/") + ipc::profile_in_path(profile);
  must(bytes.starts_with("GET " + path + " HTTP/1.1\r\n") && bytes.ends_with("\r\n\r\n"));
  must(bytes.find("\r\n\r\n") == bytes.size() - 4);
  must(request->route != nullptr && request->authorization.size() <= frontend::kMaxAuthorizationBytes);
  must(request->nonce.empty() || ipc::is_nonce(request->nonce));
  for (const char c : request->authorization) must(c >= ' ' && c <= '~');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    must(bytes[i] != '\0' && (bytes[i] == '\n') == (i > 0 && bytes[i - 1] == '\r'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadParser whole, parts;
  const HeadParser::Progress progress = whole.feed(bytes);
  const std::size_t cut = size == 0 ? 0 : data[size / 2] % (size + 1);
  must(feed_in_two(parts, bytes, cut) == progress);
  if (progress != HeadParser::Progress::Complete) return 0;
  judge(bytes, {ipc::Transport::Tcp, 45678});
  judge(bytes, {ipc::Transport::Unix, 0});
  return 0;
}
