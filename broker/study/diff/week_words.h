// Writes parts of a week in few words: "Mon-Fri 07:30-19:30 Europe/Berlin", "always".
//
// Runs in: sentinel-policy.   Blocks: never.   Units: minutes from Monday 00:00.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace broker {

struct WeekSpan {
  int begins = 0;
  int length = 0;  // a week: always
  bool operator==(const WeekSpan&) const = default;
};

std::string week_words(const std::vector<WeekSpan>& spans, std::string_view zone);

}  // namespace broker
