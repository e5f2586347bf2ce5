// Hands the user's browser a page whose address is a secret: who opens it is signed in to the AWS console.
//
// An argument of the browser's would be read by every user of the host, and a file is not seen by browsers that are
// packed with a file system of their own. So the browser is given http://127.0.0.1:PORT/NUMBER, which leads it on,
// once: the kernel says of each connection which user it is of, and another's is hung up on before a byte of it is
// read; the number, of 128 random bits, is known to this browser's start alone, so that no page on the web can ask for
// it. A program of the same user that reads the browser's arguments may be faster: then the browser gets nothing, and
// that is told. Runs in: sentinel, once the broker has ended.   Blocks: until the browser has the page, at most
// kBrowserPatience. Fails: kConfig where no browser can be started; kUnavailable where none came in time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace supervisor {

inline constexpr std::chrono::seconds kBrowserPatience{60};

// Whether there is a display and a browser for it, before anything is asked of AWS.
[[nodiscard]] ipc::Status check_browser(const std::vector<std::string>& environment);

// `url` has passed ipc::is_web_page().
[[nodiscard]] ipc::Status hand_to_browser(std::string_view url, const std::vector<std::string>& environment);

}  // namespace supervisor
