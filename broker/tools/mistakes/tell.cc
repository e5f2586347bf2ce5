#include "tools/mistakes/tell.h"

#include "yaml/error_place.h"

namespace broker {

void add_mistake(const ipc::Error& error, std::string_view file, ipc::JsonAnswer& answer) {
  const ErrorPlace place = place_of(error, file);
  ipc::JsonText& json = answer.open_finding("error", place.reason, error.next_step).text("file", file);
  if (place.line > 0) json.number("line", place.line);
  if (place.column > 0) json.number("column", place.column);
  json.close_object();
}

void tell_mistakes(const Mistakes& mistakes, const std::string& file, std::string_view text, ToolOutput& out) {
  for (const ipc::Error& each : mistakes.told()) {
    if (out.json()) add_mistake(each, file, out.answer());
    const ErrorPlace place = place_of(each, file);
    out.note(each.what, Ink::kBad);
    if (place.line > 0 && !text.empty()) {
      const ShownLine shown = show_line(text, place);
      out.quote(shown.text, shown.caret);
    }
    if (!each.next_step.empty()) out.note("  " + each.next_step);
  }
  if (mistakes.more() == 0) return;
  out.note(file + ": and " + std::to_string(mistakes.more()) + " more; correct these, then validate it again");
}

}  // namespace broker
