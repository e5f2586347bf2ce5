#include "tool_output.h"

#include <unistd.h>

#include <cstdlib>

#include "json_line.h"
#include "plain_text.h"

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

std::string harmless(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
  }
  // Each fault is at the first byte of what is wrong; the bytes that continue it are faults of their own then.
  std::size_t from = 0;
  while (from < out.size()) {
    const auto fault = text_fault(std::string_view(out).substr(from));
    if (!fault) break;
    from += fault->offset;
    out[from++] = '?';
  }
  return out;
}

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
  note(error.what);
  if (!error.next_step.empty()) note("  " + error.next_step);
}

void ToolOutput::quote(std::string_view text, std::string_view mark) {
  (void)std::fflush(out_);
  std::string whole = "    " + harmless(text) + "\n";
  if (!mark.empty()) whole += "    " + ink(Ink::kBad, mark) + "\n";
  (void)std::fwrite(whole.data(), 1, whole.size(), err_);
}

bool ToolOutput::finish() { return std::fflush(out_) == 0 && std::ferror(out_) == 0; }

// ---- JSON

void JsonText::before(std::string_view key) {
  if (!first_) text_ += ',';
  first_ = false;
  if (key.empty()) return;
  text_ += '"';
  text_ += key;
  text_ += "\":";
}

JsonText& JsonText::begin(std::string_view key, char bracket) {
  before(key);
  text_ += bracket;
  first_ = true;
  return *this;
}

JsonText& JsonText::end(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

JsonText& JsonText::text(std::string_view key, std::string_view value) {
  before(key);
  append_json_string(text_, value);
  return *this;
}

JsonText& JsonText::number(std::string_view key, std::int64_t value) {
  before(key);
  text_ += std::to_string(value);
  return *this;
}

JsonText& JsonText::boolean(std::string_view key, bool value) {
  before(key);
  text_ += value ? "true" : "false";
  return *this;
}

JsonText& JsonText::nothing(std::string_view key) {
  before(key);
  text_ += "null";
  return *this;
}

}  // namespace broker
