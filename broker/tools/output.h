// How a tool speaks: lines for people, in colour where a terminal shows it, or JSON for programs. Whatever a line
// quotes of a policy or of AWS can neither break it nor steer a terminal.
//
// With --json the tool fills answer(), which finish() prints: one object in one form for all of them
// (ipc/json/json_answer.h), in which each error that was told is a finding. Without, what answer() holds is printed
// nowhere. Runs in: the sentinel-… tools beside the broker.   Blocks: on writing to stdout and stderr. Fails: finish()
// answers false when stdout could not take everything, so that no cut list looks like a whole one.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "ipc/json/json_answer.h"
#include "ipc/result.h"
#include "ipc/terminal/ink.h"
#include "text/plain_text.h"

namespace broker {

using ipc::Ink;

class ToolOutput {
 public:
  ToolOutput(std::FILE* out, std::FILE* err, bool colour, bool json = false)
      : out_(out), err_(err), colour_(colour), json_(json) {}
  // The columns of the terminal that stdout is, else no limit: what a program reads is not broken.
  [[nodiscard]] std::size_t width() const { return width_; }
  // By --color; "auto": as ipc/terminal/ink.h says of stdout. kUsage for another word.
  static ipc::Result<ToolOutput> open(std::string_view colour_word, bool json = false);

  [[nodiscard]] bool json() const { return json_; }
  ipc::JsonAnswer& answer() { return answer_; }
  // For a list that may be longer than memory, the only data of its answer: its items are printed as they come.
  void open_list(std::string_view key);
  void item(std::string_view json);

  // `text` in that colour, made harmless: for the middle of a line.
  [[nodiscard]] std::string ink(Ink ink, std::string_view text) const;
  void line(std::string_view text);  // made by ink() and harmless(); a newline is added
  void raw(std::string_view text);   // exactly these bytes
  // To stderr: the sentence after "sentinel: ", and the next step on a line of its own.
  void error(const ipc::Error& error);
  void note(std::string_view text, Ink ink = Ink::kNone);  // one line to stderr; the colour is of its first word
  void warning(std::string_view text);                     // a note that a program should see, too
  // To stderr: a line of a file, and the mark below it, which points into it.
  void quote(std::string_view text, std::string_view mark);
  // `ok`: the tool ends with 0.
  [[nodiscard]] bool finish(bool ok);

 private:
  std::FILE* out_;
  std::FILE* err_;
  bool colour_, json_, err_colour_ = false;
  std::size_t width_ = std::string::npos;
  bool listing_ = false, listed_ = false;
  ipc::JsonAnswer answer_;
};

}  // namespace broker
