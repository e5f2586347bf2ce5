// One sign-in whose browser comes back to this host: shows its page, waits for the redirect, and passes the code on to
// the broker, which alone can use it.
//
// Runs in: supervisor.   Blocks: never.   Owns: the port that is listened on, our end of the socket to the broker.
// Fails: kRefused where the page says no; kSystem without a port; kProtocol for a page or a state that is none.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "errands/login_page.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "redirect/listener.h"

namespace supervisor {

class BrowserSignIn {
 public:
  // `page.url` lacks the address to come back to; `state` is what the redirect must bring along.
  static ipc::Result<std::unique_ptr<BrowserSignIn>> show(const LoginPage& page, std::string_view state);

  // The broker's end: what comes is "PORT CODE". To be called once.
  [[nodiscard]] ipc::UniqueFd take_reading() { return std::move(reading_); }
  void add_to(std::vector<pollfd>&) const;
  // Does what can be done now; how it ended, once it has.
  std::optional<ipc::Status> work();

 private:
  BrowserSignIn(RedirectListener listener, std::string_view state) : listener_(std::move(listener)), state_(state) {}
  [[nodiscard]] bool given_up() const;
  [[nodiscard]] ipc::Status pass_on();

  RedirectListener listener_;
  std::string state_;
  ipc::UniqueFd reading_, writing_;
};

// Whether a browser can be started here: by a display, and a program that is there.
[[nodiscard]] bool opens_browser(const std::vector<std::string>& environment);

}  // namespace supervisor
