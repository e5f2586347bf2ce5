// Where a loader's error points: its line and column, and that line of the text with a caret below it.
//
// Runs in: the tools that read such texts.   Blocks: never.   Units: lines and columns from 1; columns count bytes of
// the line.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

struct ErrorPlace {
  int line = 0;        // 0: the error names no place
  int column = 0;      // 0: only the line is known
  std::string reason;  // the sentence without the place
};

// Of "source:line: reason" or "source:line:column: reason".
ErrorPlace place_of(const ipc::Error& error, std::string_view source);

struct ShownLine {
  std::string text;   // harmless; a long line is cut around the place
  std::string caret;  // blanks, then '^'; empty where there is no column
};
ShownLine show_line(std::string_view text, const ErrorPlace& place);

}  // namespace broker
