#include "ipc/text/rfc3339.h"

#include <algorithm>

namespace ipc {
namespace {

char* put_digits(char* to, unsigned value, int count) {
  for (int i = count; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + count;
}

using namespace std::chrono;

// Takes what a pattern of digits ('0') and other characters, which must be as they are, finds at the front. Each run of
// digits is a number.
template <std::size_t N>
bool take(std::string_view& text, std::string_view pattern, std::array<int, N>& numbers) {
  if (text.size() < pattern.size()) return false;
  std::size_t count = 0;
  bool in_number = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '0') {
      if (text[i] != pattern[i]) return false;
      in_number = false;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return false;
    if (!in_number) numbers[count++] = 0;
    in_number = true;
    numbers[count - 1] = numbers[count - 1] * 10 + (text[i] - '0');
  }
  text.remove_prefix(pattern.size());
  return true;
}

// All that is left of the text: Z, or +HH:MM.
std::optional<seconds> offset_from(std::string_view text) {
  if (text == "Z" || text == "z") return seconds(0);
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  std::array<int, 2> part{};
  if (!take(text, "00:00", part) || !text.empty() || part[0] > 23 || part[1] > 59) return std::nullopt;
  return sign * (hours(part[0]) + minutes(part[1]));
}

bool take_fraction(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
  if (end < 2 || end > 12) return false;
  text.remove_prefix(end);
  return true;
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

std::optional<Rfc3339> read_rfc3339(std::string_view text) {
  Rfc3339 read;
  std::array<int, 3> day{};
  std::array<int, 2> clock{};
  std::array<int, 1> second{};
  if (!take(text, "0000-00-00", day) || text.empty()) return std::nullopt;
  read.between = text.front();
  if (read.between != 'T' && read.between != 't' && read.between != ' ') return std::nullopt;
  text.remove_prefix(1);
  if (!take(text, "00:00", clock)) return std::nullopt;
  read.has_seconds = text.starts_with(':');
  if (read.has_seconds && !take(text, ":00", second)) return std::nullopt;
  read.has_fraction = read.has_seconds && text.starts_with('.');
  if (read.has_fraction && !take_fraction(text)) return std::nullopt;
  if (!text.empty() && !(read.east = offset_from(text))) return std::nullopt;

  const year_month_day date(year(day[0]), month(static_cast<unsigned>(day[1])),
                            std::chrono::day(static_cast<unsigned>(day[2])));
  read.second = second[0];
  if (!date.ok() || clock[0] > 23 || clock[1] > 59 || read.second > 60) return std::nullopt;
  read.local = sys_days(date) + hours(clock[0]) + minutes(clock[1]) + seconds(read.second);
  return read;
}

std::optional<sys_seconds> read_aws_time(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  const auto read = read_rfc3339(text);
  if (!read || read->between != 'T' || !read->has_seconds) return std::nullopt;
  if (read->local < sys_days(year(2000) / 1 / 1)) return std::nullopt;
  return read->utc();
}

}  // namespace ipc
