#include "study/diff/week_words.h"

#include <bitset>
#include <map>

#include "policy/time_window.h"

namespace broker {
namespace {

constexpr int kDay = 24 * 60;
constexpr int kWeekMinutes = 7 * kDay;
constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
using Days = std::bitset<7>;

// Neighbours become a range where there are three or more.
std::string day_words(const Days& set) {
  if (set.all()) return "every day";
  std::string out;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (!set.test(i)) continue;
    std::size_t last = i;
    while (last + 1 < set.size() && set.test(last + 1)) ++last;
    out += (out.empty() ? "" : ", ") + std::string(kDays[i]);
    if (last >= i + 2) {
      out += std::string("-") + kDays[last];
      i = last;
    }
  }
  return out;
}

// Within a day, and what ends at midnight: "07:30-19:30", "15:00-24:00"; over one midnight: "22:00-06:00 (overnight)".
std::string hours_of(int begins, int length) {
  const int end = begins + length;
  if (end <= kDay) return begins == 0 && end == kDay ? "all day" : clock_text(begins) + "-" + clock_text(end);
  return clock_text(begins) + "-" + clock_text(end - kDay) + " (overnight)";
}

std::string long_span(const WeekSpan& span) {
  const int end = (span.begins + span.length) % kWeekMinutes;
  const bool midnight = end % kDay == 0;
  const int last_day = ((midnight ? end - 1 : end) + kWeekMinutes) % kWeekMinutes / kDay;
  return std::string(kDays[span.begins / kDay % 7]) + " " + clock_text(span.begins % kDay) + " to " + kDays[last_day] +
         " " + (midnight ? "24:00" : clock_text(end % kDay));
}

}  // namespace

std::string week_words(const std::vector<WeekSpan>& spans, std::string_view zone) {
  std::map<std::string, Days> by_hours;
  std::vector<std::string> order, longer;
  for (const WeekSpan& span : spans) {
    if (span.length >= kWeekMinutes) return "always";
    const int begins = span.begins % kDay;
    if (span.length >= kDay && span.length != kDay - begins) {
      longer.push_back(long_span(span));
      continue;
    }
    const std::string hours = hours_of(begins, span.length);
    if (!by_hours.contains(hours)) order.push_back(hours);
    by_hours[hours].set(static_cast<std::size_t>(span.begins / kDay % 7));
  }
  std::string out;
  for (const std::string& hours : order) out += (out.empty() ? "" : "; ") + day_words(by_hours[hours]) + " " + hours;
  for (const std::string& each : longer) out += (out.empty() ? "" : "; ") + each;
  return out + " " + std::string(zone);
}

}  // namespace broker
