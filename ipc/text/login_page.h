// Which URL a browser may be given as a page to log in at: https to anywhere, plain http to this machine alone. The
// broker asks this before it passes a URL on, and the supervisor before it shows one. It does not say whose page it is.
//
// Runs in: broker, supervisor.   Blocks: never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ipc {

inline constexpr std::size_t kMaxLoginPage = 2048;

// False as well for a URL with a user, for an https host that begins with neither letter nor digit, and for a character
// that a shell or a terminal could take for its own.
bool is_login_page(std::string_view url);

// Where a browser of this host comes back to from a sign-in, and the path that the AWS CLI registers there, too.
// Without a port: as the registration says it, which leaves it open.
inline constexpr std::string_view kRedirectPath = "/oauth/callback";
[[nodiscard]] std::string redirect_url(std::uint16_t port = 0);
inline constexpr std::size_t kMaxLoginCode = 8192;  // that it brings

}  // namespace ipc
