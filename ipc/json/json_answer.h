// What every command prints with --json: one object with "ok", "findings", and behind them what was asked for. `ok` is
// true exactly where the command ends with 0; each finding has "severity", "what" and, where there is one, "next_step".
//
// Runs in: supervisor, sentinel-doctor, the tools beside the broker.   Blocks: never.
// Trust: texts from elsewhere can be members; they are escaped (ipc/text/json_string.h).
#pragma once

#include <string>
#include <string_view>

#include "ipc/json/json_text.h"
#include "ipc/result.h"

namespace ipc {

class JsonAnswer {
 public:
  // Opens a finding; more members may follow, then close_object().
  JsonText& open_finding(std::string_view severity, std::string_view what, std::string_view next_step = {});
  // An error as a finding.
  void found(const Error& error);
  void warned(std::string_view what) { open_finding("warning", what).close_object(); }
  // The members behind the findings.
  JsonText& data() { return data_; }
  // The object, with a newline.
  [[nodiscard]] std::string finish(bool ok) &&;
  // The end of an object that was begun with its data, because that was printed while it was found.
  [[nodiscard]] std::string finish_behind_data(bool ok) &&;

 private:
  [[nodiscard]] std::string head(bool ok) const;

  JsonText findings_, data_;
};

}  // namespace ipc
