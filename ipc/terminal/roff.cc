#include "ipc/terminal/roff.h"

namespace ipc {
namespace {

// Those beside this one that are written by hand say the same; a test compares.
constexpr std::string_view kPages[] = {
    "sentinel(1)",           "sentinel-run(7)",  "sentinel-config(5)", "sentinel-policy(5)", "sentinel-profiles(5)",
    "sentinel-decisions(5)", "sentinel-keys(5)", "sentinel-host(5)",   "sentinel-remote(7)", "sentinel(7)",
};

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_item(std::string_view head, std::string_view text) {
  return ".TP\n.B " + roff(head) + "\n" + roff(text) + ".\n";
}

std::string roff_see_also(std::string_view own) {
  std::string out;
  for (const std::string_view page : kPages) {
    if (page == own) continue;
    const std::size_t section = page.find('(');
    out += (out.empty() ? ".SH SEE ALSO\n" : ",\n");
    out += ".BR " + roff(page.substr(0, section)) + " " + std::string(page.substr(section));
  }
  return out + "\n";
}

}  // namespace ipc
