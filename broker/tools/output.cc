#include "tools/output.h"

#include <unistd.h>

#include <cstdlib>

#include "text/plain_text.h"

namespace broker {
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

bool set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool terminal_shows_colour() {
  const char* const term = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && !set("NO_COLOR") && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

ipc::Result<ToolOutput> ToolOutput::open(std::string_view word) {
  if (word == "always") return ToolOutput(stdout, stderr, true);
  if (word == "never") return ToolOutput(stdout, stderr, false);
  if (word.empty() || word == "auto") return ToolOutput(stdout, stderr, terminal_shows_colour());
  return ipc::fail(ipc::Fault::kUsage, "--color is " + in_quotes(harmless(word)), "use auto, always or never");
}

std::string ToolOutput::ink(Ink ink, std::string_view text) const {
  const std::string plain = harmless(text);
  if (!colour_ || ink == Ink::kNone) return plain;
  return "\x1b[" + std::string(code(ink)) + "m" + plain + "\x1b[0m";
}

void ToolOutput::line(std::string_view text) {
  raw(text);
  raw("\n");
}

void ToolOutput::raw(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), out_); }

void ToolOutput::note(std::string_view text) {
  (void)std::fflush(out_);  // in the order in which it was said, where both are one terminal
  const std::string whole = "sentinel: " + harmless(text) + "\n";
  (void)std::fwrite(whole.data(), 1, whole.size(), err_);
}

void ToolOutput::error(const ipc::Error& error) {
  note(ipc::said(error));
  if (!error.next_step.empty()) note("  " + error.next_step);
}

void ToolOutput::quote(std::string_view text, std::string_view mark) {
  (void)std::fflush(out_);
  std::string whole = "    " + harmless(text) + "\n";
  if (!mark.empty()) whole += "    " + ink(Ink::kBad, mark) + "\n";
  (void)std::fwrite(whole.data(), 1, whole.size(), err_);
}

bool ToolOutput::finish() { return std::fflush(out_) == 0 && std::ferror(out_) == 0; }

}  // namespace broker
