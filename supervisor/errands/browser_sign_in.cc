#include "errands/browser_sign_in.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "child/command.h"
#include "child/environment.h"
#include "ipc/process/one_way_socket.h"
#include "ipc/secret.h"
#include "ipc/text/login_page.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::size_t kLeastState = 16;

// Of a value in a query.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':') {
      out += "%3A";
    } else if (c == '/') {
      out += "%2F";
    } else {
      out += c;
    }
  }
  return out;
}

bool is_state(std::string_view text) {
  return text.size() >= kLeastState && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
         });
}

}  // namespace

ipc::Result<std::unique_ptr<BrowserSignIn>> BrowserSignIn::show(const LoginPage& page, std::string_view state) {
  if (!is_state(state)) return ipc::fail(Fault::kProtocol, "a sign-in without a state of its own");
  auto listener = RedirectListener::open();
  if (!listener) return std::unexpected(listener.error());
  auto socket = ipc::OneWaySocket::open();
  if (!socket) return std::unexpected(socket.error());
  const std::string url = std::string(page.url) + "&redirect_uri=" + escaped(ipc::redirect_url(listener->port()));
  LoginPage whole = page;
  whole.url = url;
  whole.comes_back = true;
  if (const ipc::Status shown = show_login(whole); !shown) return std::unexpected(shown.error());
  std::unique_ptr<BrowserSignIn> sign_in(new BrowserSignIn(std::move(*listener), state));
  sign_in->reading_ = std::move(socket->reading);
  sign_in->writing_ = std::move(socket->writing);
  return sign_in;
}

void BrowserSignIn::add_to(std::vector<pollfd>& polled) const {
  polled.push_back({writing_.get(), 0, 0});  // its end is told unasked
  listener_.add_to(polled);
}

bool BrowserSignIn::given_up() const {
  pollfd end{writing_.get(), 0, 0};
  return ::poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

std::optional<ipc::Status> BrowserSignIn::work() {
  if (given_up()) return ipc::fail(Fault::kUnavailable, "nobody waits for the login any more");
  if (!listener_.work(state_)) return std::nullopt;
  if (listener_.error().empty()) return pass_on();
  const bool denied = listener_.error() == "access_denied";
  return ipc::fail(
      Fault::kRefused,
      denied ? "the login was denied in the browser" : "the browser came back with the error " + listener_.error(),
      denied ? "start again, and approve it there" : "start again, or with --device-code");
}

ipc::Status BrowserSignIn::pass_on() {
  const std::string port = std::to_string(listener_.port()) + " ";
  std::array<char, ipc::kMaxLoginCode + 8> text{};
  const std::string_view code = listener_.code();
  std::ranges::copy(port, text.begin());
  ipc::copy_leaving_no_trace(text.data() + port.size(), code);
  const std::size_t size = port.size() + code.size();
  const ssize_t sent = ::send(writing_.get(), text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  ipc::wipe(text.data(), text.size());
  writing_.reset();
  if (sent == static_cast<ssize_t>(size)) return {};
  return ipc::system_error("cannot pass the code of the login on");
}

bool opens_browser(const std::vector<std::string>& environment) {
  const std::vector<std::string> words = browser_words(environment, "https://127.0.0.1/?a=1&b=2");
  return !words.empty() && resolve_command(words.front(), environment_value(environment, "PATH")).has_value();
}

}  // namespace supervisor
