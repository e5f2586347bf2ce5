#include "errands/login_page.h"

#include <algorithm>
#include <iterator>

#include "child/environment.h"
#include "errands/programs.h"
#include "errands/shell_words.h"
#include "ipc/text/login_page.h"
#include "terminal/say.h"

namespace supervisor {

namespace {

bool has_display(const std::vector<std::string>& environment) {
  return !environment_value(environment, "DISPLAY").empty() ||
         !environment_value(environment, "WAYLAND_DISPLAY").empty();
}

// What a shell obeys in a word, and is_login_page() lets through: a query may hold all of it.
bool a_shell_would_obey(std::string_view url) { return url.find_first_of("$;|&()*{}~!^[]") != std::string_view::npos; }

bool is_shell(std::string_view word) {
  constexpr std::string_view kShells[] = {"sh",   "bash", "dash", "ash",  "zsh",    "ksh",
                                          "mksh", "fish", "csh",  "tcsh", "busybox"};
  return std::ranges::find(kShells, word.substr(word.rfind('/') + 1)) != std::end(kShells);
}

// The page would be a part of a script: of a shell's, or of whatever else reads a word with blanks and quotes.
bool makes_a_script(const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [](const std::string& word) {
    return is_shell(word) ||
           (word.find("%s") != std::string::npos && word.find_first_of(" \t'\"") != std::string::npos);
  });
}

}  // namespace

std::vector<std::string> browser_words(const std::vector<std::string>& environment, const std::string& url) {
  if (!has_display(environment)) return {};
  const std::string_view chosen = environment_value(environment, "BROWSER");
  auto words = shell_words(chosen.substr(0, chosen.find(':')));
  if (!words || words->empty()) return {"xdg-open", url};
  if (a_shell_would_obey(url) && makes_a_script(*words)) return {};
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
  if (page.comes_back) say("  in a browser of this host; for one of another device start with --device-code");
  if (!page.code.empty()) say("  and check that the page shows the code " + std::string(page.code));
  if (page.no_browser) return {};
  const std::vector<std::string> words = browser_words(page.environment, std::string(page.url));
  if (words.empty() && has_display(page.environment))
    say("  no browser is started: BROWSER makes the address a part of a script, which would obey what stands in it");
  if (words.empty()) return {};
  const ipc::Status started =
      start_detached({.words = words, .environment = page.environment, .as_sibling = page.as_sibling});
  if (!started) say("  no browser could be started: " + started.error().what);
  return {};
}

}  // namespace supervisor
