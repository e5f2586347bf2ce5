// Shows the user the page on which to log in to IAM Identity Center: a line on the terminal, and a browser where there
// is a display.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kProtocol for what is no web address: a browser takes other things, too, and programs take options.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace supervisor {

struct LoginPage {
  std::string_view profile, url, code;  // url empty: another run shows the page
  const std::vector<std::string>& environment;
  bool no_browser = false;  // --stdout
  bool as_sibling = false;  // as in programs.h
  bool comes_back = false;  // the browser is sent back to this host, and so has to be on it
};
ipc::Status show_login(const LoginPage&);

// The browser's words: $BROWSER's first, in which %s stands for the URL, else xdg-open. The URL is one argument, or a
// part of one. Empty where there is no display, and where $BROWSER has a shell read a URL with what shells obey.
std::vector<std::string> browser_words(const std::vector<std::string>& environment, const std::string& url);

}  // namespace supervisor
