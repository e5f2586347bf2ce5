#include "time_text.h"

#include <algorithm>

namespace broker {
namespace {

char* put_digits(char* to, unsigned value, int count) {
  for (int i = count; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + count;
}

}  // namespace

TimeText::TimeText(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char* at = put_digits(bytes_.data(), static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999)), 4);
  const auto put = [&at](char before, unsigned value) {
    *at++ = before;
    at = put_digits(at, value, 2);
  };
  put('-', static_cast<unsigned>(date.month()));
  put('-', static_cast<unsigned>(date.day()));
  put('T', static_cast<unsigned>(clock.hours().count()));
  put(':', static_cast<unsigned>(clock.minutes().count()));
  put(':', static_cast<unsigned>(clock.seconds().count()));
  *at = 'Z';
}

}  // namespace broker
