#include "ipc/terminal/ink.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace ipc {
namespace {

std::string_view code(Ink ink) {
  switch (ink) {
    case Ink::kNone:
      return "";
    case Ink::kGood:
      return "32";
    case Ink::kBad:
      return "1;31";
    case Ink::kWarn:
      return "33";
    case Ink::kQuiet:
      return "2";
    case Ink::kStrong:
      return "1";
  }
  return "";
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

bool shows_colour(int fd) {
  const std::string_view term = variable("TERM");
  return ::isatty(fd) == 1 && !term.empty() && term != "dumb" && variable("NO_COLOR").empty() &&
         variable("CLICOLOR") != "0";
}

std::string inked(Ink ink, std::string_view text) {
  if (ink == Ink::kNone) return std::string(text);
  return "\x1b[" + std::string(code(ink)) + "m" + std::string(text) + "\x1b[0m";
}

std::size_t terminal_width(int fd, std::size_t otherwise) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

}  // namespace ipc
