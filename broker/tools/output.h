// How a tool speaks: lines for people, in colour where a terminal shows it, or JSON for programs. Whatever a line
// quotes of a policy or of AWS can neither break it nor steer a terminal.
//
// Runs in: sentinel-policy, sentinel-audit.   Blocks: on writing to stdout and stderr.
// Fails: finish() answers false when stdout could not take everything, so that no cut list looks like a whole one.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "text/plain_text.h"

namespace broker {

enum class Ink { kNone, kGood, kBad, kWarn, kQuiet, kStrong };

class ToolOutput {
 public:
  ToolOutput(std::FILE* out, std::FILE* err, bool colour) : out_(out), err_(err), colour_(colour) {}
  // By --color; "auto": stdout is a terminal that is not dumb, and NO_COLOR is not set. kUsage for another word.
  static ipc::Result<ToolOutput> open(std::string_view colour_word);

  // `text` in that colour, made harmless: for the middle of a line.
  [[nodiscard]] std::string ink(Ink ink, std::string_view text) const;
  void line(std::string_view text);  // made by ink() and harmless(); a newline is added
  void raw(std::string_view text);   // exactly these bytes
  // To stderr: the sentence after "sentinel: ", and the next step on a line of its own.
  void error(const ipc::Error& error);
  void note(std::string_view text);  // one line to stderr
  // To stderr: a line of a file, and the mark below it, which points into it.
  void quote(std::string_view text, std::string_view mark);
  [[nodiscard]] bool finish();

 private:
  std::FILE* out_;
  std::FILE* err_;
  bool colour_;
};

}  // namespace broker
