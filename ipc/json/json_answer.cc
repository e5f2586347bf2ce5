#include "ipc/json/json_answer.h"

namespace ipc {

JsonText& JsonAnswer::open_finding(std::string_view severity, std::string_view what, std::string_view next_step) {
  findings_.open_object().text("severity", severity).text("what", what);
  return next_step.empty() ? findings_ : findings_.text("next_step", next_step);
}

void JsonAnswer::found(const Error& error) { open_finding("error", said(error), error.next_step).close_object(); }

std::string JsonAnswer::head(bool ok) const {
  return std::string("\"ok\":") + (ok ? "true" : "false") + ",\"findings\":[" + findings_.so_far() + "]";
}

std::string JsonAnswer::finish(bool ok) && {
  const std::string& data = data_.so_far();
  return "{" + head(ok) + (data.empty() ? "" : ",") + data + "}\n";
}

std::string JsonAnswer::finish_behind_data(bool ok) && { return "," + head(ok) + "}\n"; }

}  // namespace ipc
