// Reads the one request with which a browser comes back from a sign-in: its head, which anybody on this host may have
// sent. It is this sign-in's only if it bears its state, which the page alone was told.
//
// Runs in: supervisor.   Blocks: never.
// Source: RFC 6749 4.1.2 and 4.1.2.1 (what a redirect says), RFC 8252 7.3 (the loopback address).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/field_types.h"
#include "ipc/text/login_page.h"

namespace supervisor {

inline constexpr std::size_t kMaxRedirectHead = 16 * 1024;

// Where the head ends, its empty line included; 0: it has not yet.
[[nodiscard]] std::size_t end_of_head(std::string_view bytes);

// One of the two is there.
struct Redirect {
  ipc::Secret<ipc::kMaxLoginCode> code;  // visible ASCII, its escapes undone
  std::string error;                     // such as access_denied: letters and underscores
};

// Nothing for any other request: another method, path, host, state, or a member that is there twice or is none.
[[nodiscard]] std::optional<Redirect> read_redirect(std::string_view head, std::uint16_t port, std::string_view state);

}  // namespace supervisor
