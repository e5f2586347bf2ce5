#include "tools/output.h"

#include <unistd.h>

#include "text/plain_text.h"

namespace broker {

ipc::Result<ToolOutput> ToolOutput::open(std::string_view word, bool json) {
  const bool by_itself = word.empty() || word == "auto";
  if (!by_itself && word != "always" && word != "never")
    return ipc::fail(ipc::Fault::kUsage, "--color is " + in_quotes(harmless(word)), "use auto, always or never");
  ToolOutput out(stdout, stderr, by_itself ? ipc::shows_colour(STDOUT_FILENO) : word == "always", json);
  out.err_colour_ = word != "never" && ipc::shows_colour(STDERR_FILENO);
  out.width_ = ipc::terminal_width(STDOUT_FILENO, std::string::npos);
  return out;
}

void ToolOutput::open_list(std::string_view key) {
  listing_ = true;
  raw("{\"" + std::string(key) + "\":[");
}

void ToolOutput::item(std::string_view json) {
  raw(listed_ ? ",\n" : "\n");
  listed_ = true;
  raw(json);
}

std::string ToolOutput::ink(Ink ink, std::string_view text) const {
  const std::string plain = harmless(text);
  return colour_ ? ipc::inked(ink, plain) : plain;
}

void ToolOutput::line(std::string_view text) {
  raw(text);
  raw("\n");
}

void ToolOutput::raw(std::string_view text) { (void)std::fwrite(text.data(), 1, text.size(), out_); }

void ToolOutput::note(std::string_view text, Ink ink) {
  (void)std::fflush(out_);  // in the order in which it was said, where both are one terminal
  const std::string name = err_colour_ ? ipc::inked(ink, "sentinel:") : "sentinel:";
  const std::string whole = name + " " + harmless(text) + "\n";
  (void)std::fwrite(whole.data(), 1, whole.size(), err_);
}

void ToolOutput::warning(std::string_view text) {
  if (json_) return answer_.warned(text);
  note(text, Ink::kWarn);
}

void ToolOutput::error(const ipc::Error& error) {
  if (json_) answer_.found(error);
  note(ipc::said(error), Ink::kBad);
  if (!error.next_step.empty()) note("  " + error.next_step);
}

void ToolOutput::quote(std::string_view text, std::string_view mark) {
  (void)std::fflush(out_);
  std::string whole = "    " + harmless(text) + "\n";
  if (!mark.empty()) whole += "    " + ink(Ink::kBad, mark) + "\n";
  (void)std::fwrite(whole.data(), 1, whole.size(), err_);
}

bool ToolOutput::finish(bool ok) {
  if (listing_) {
    raw(listed_ ? "\n]" : "]");
    raw(std::move(answer_).finish_behind_data(ok));
  } else if (json_) {
    raw(std::move(answer_).finish(ok));
  }
  return std::fflush(out_) == 0 && std::ferror(out_) == 0;
}

}  // namespace broker
