#include "errands/login_page.h"

#include "child/environment.h"
#include "errands/programs.h"
#include "errands/shell_words.h"
#include "ipc/text/login_page.h"
#include "terminal/say.h"

namespace supervisor {

std::vector<std::string> browser_words(const std::vector<std::string>& environment, const std::string& url) {
  if (environment_value(environment, "DISPLAY").empty() && environment_value(environment, "WAYLAND_DISPLAY").empty())
    return {};
  const std::string_view chosen = environment_value(environment, "BROWSER");
  auto words = shell_words(chosen.substr(0, chosen.find(':')));
  if (!words || words->empty()) return {"xdg-open", url};
  bool placed = false;
  for (std::string& word : *words) {
    const std::size_t mark = word.find("%s");
    if (mark == std::string::npos) continue;
    word.replace(mark, 2, url);
    placed = true;
  }
  if (!placed) words->push_back(url);
  return std::move(*words);
}

ipc::Status show_login(const LoginPage& page) {
  if (page.url.empty()) {
    say("profile " + std::string(page.profile) + ": waiting for the login that another run shows");
    return {};
  }
  if (!ipc::is_login_page(page.url)) return ipc::fail(ipc::Fault::kProtocol, "a login page whose address is none");
  say("profile " + std::string(page.profile) + ": log in at " + std::string(page.url));
  if (!page.code.empty()) say("  and check that the page shows the code " + std::string(page.code));
  if (page.no_browser) return {};
  const std::vector<std::string> words = browser_words(page.environment, std::string(page.url));
  if (words.empty()) return {};
  const ipc::Status started =
      start_detached({.words = words, .environment = page.environment, .as_sibling = page.as_sibling});
  if (!started) say("  no browser could be started: " + started.error().what);
  return {};
}

}  // namespace supervisor
