// The head of a request that anybody on this host may send to the port of a sign-in: what counts bears the state, and
// what comes of it fits into a body and onto a terminal, whatever the bytes are.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "must.h"
#include "redirect/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint16_t kPort = 40123;
  constexpr std::string_view kState = "state-of-this-login";
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = supervisor::end_of_head(bytes);
  must(end <= size && (end == 0 || bytes.substr(0, end).ends_with("\r\n\r\n")));
  const auto redirect = supervisor::read_redirect(bytes.substr(0, end), kPort, kState);
  if (!redirect) return 0;
  must(bytes.starts_with("GET /oauth/callback?") && bytes.find(kState) < end);
  must(redirect->code.reveal().empty() != redirect->error.empty());
  must(std::ranges::all_of(redirect->code.reveal(), [](char c) { return c > ' ' && c <= '~'; }));
  must(std::ranges::all_of(redirect->error, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }));
  must(!supervisor::read_redirect(bytes.substr(0, end), kPort, "another-state-than-it"));
  return 0;
}
