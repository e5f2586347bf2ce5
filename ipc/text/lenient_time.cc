#include "ipc/text/lenient_time.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "ipc/text/ascii.h"

namespace ipc {
namespace {

using namespace std::chrono;

constexpr std::size_t kMostText = 64;
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::string_view kUtc[] = {"Z", "z", "UTC", "GMT"};

// Takes one part after the other off the front; each says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  [[nodiscard]] bool at_end() const { return left_.empty(); }
  [[nodiscard]] bool starts_with_digit() const { return !left_.empty() && is_digit(left_.front()); }

  bool take(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  bool take_blanks() {
    const std::size_t end = std::min(left_.find_first_not_of(" \t"), left_.size());
    left_.remove_prefix(end);
    return end != 0;
  }
  // Just so many digits.
  bool take_digits(std::size_t count, int& number) {
    if (left_.size() < count || !std::ranges::all_of(left_.substr(0, count), is_digit)) return false;
    number = 0;
    for (const char c : left_.substr(0, count)) number = number * 10 + (c - '0');
    left_.remove_prefix(count);
    return true;
  }
  // The index of the word that comes; nothing where none of them does, or another letter follows.
  template <std::size_t N>
  std::optional<std::size_t> take_word(const std::string_view (&words)[N]) {
    const std::size_t end = static_cast<std::size_t>(std::ranges::find_if_not(left_, is_letter) - left_.begin());
    const auto found = std::ranges::find(words, left_.substr(0, end));
    if (found == std::end(words)) return std::nullopt;
    left_.remove_prefix(end);
    return static_cast<std::size_t>(found - std::begin(words));
  }
  bool take_fraction() {
    if (!take('.') && !take(',')) return true;
    const std::size_t end = std::min(left_.find_first_not_of("0123456789"), left_.size());
    left_.remove_prefix(end);
    return end != 0;
  }

 private:
  std::string_view left_;
};

struct Moment {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  seconds east{0};

  [[nodiscard]] std::optional<sys_seconds> utc() const {
    const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (year < 1 || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - east;
  }
};

bool take_clock(Scanner& in, Moment& out) {
  if (!in.take_digits(2, out.hour) || !in.take(':') || !in.take_digits(2, out.minute)) return false;
  if (!in.take(':')) return true;  // Java leaves out seconds that are none
  return in.take_digits(2, out.second) && in.take_fraction();
}

// 120000, as it follows a date without dashes.
bool take_compact_clock(Scanner& in, Moment& out) {
  return in.take_digits(2, out.hour) && in.take_digits(2, out.minute) && in.take_digits(2, out.second) &&
         in.take_fraction();
}

bool take_offset(Scanner& in, Moment& out) {
  (void)in.take_blanks();
  const bool west = in.take('-');
  if (!west && !in.take('+')) return in.take_word(kUtc).has_value();
  int hour = 0, minute = 0;
  if (!in.take_digits(2, hour)) return false;
  const bool colon = in.take(':');
  if (!in.take_digits(2, minute) && colon) return false;
  out.east = (west ? -1 : 1) * (hours(hour) + minutes(minute));
  return hour <= 23 && minute <= 59;
}

bool take_month(Scanner& in, Moment& out) {
  const auto month = in.take_word(kMonths);
  out.month = static_cast<int>(month.value_or(0)) + 1;
  return month.has_value();
}

bool take_day(Scanner& in, Moment& out) { return in.take_digits(2, out.day) || in.take_digits(1, out.day); }

bool take_iso(Scanner& in, Moment& out) {
  if (!in.take_digits(4, out.year)) return false;
  const bool dashes = in.take('-');
  if (!in.take_digits(2, out.month) || (dashes && !in.take('-')) || !in.take_digits(2, out.day)) return false;
  if (!in.take('T') && !in.take('t') && !in.take_blanks()) return false;
  return (dashes ? take_clock(in, out) : take_compact_clock(in, out)) && take_offset(in, out);
}

// "Sat, 31 Jan 2026 12:00:00 GMT", behind the comma.
bool take_mail(Scanner& in, Moment& out) {
  return in.take_blanks() && take_day(in, out) && in.take_blanks() && take_month(in, out) && in.take_blanks() &&
         in.take_digits(4, out.year) && in.take_blanks() && take_clock(in, out) && take_offset(in, out);
}

// "Sat Jan 31 12:00:00 UTC 2026", behind the day's name.
bool take_unix(Scanner& in, Moment& out) {
  return in.take_blanks() && take_month(in, out) && in.take_blanks() && take_day(in, out) && in.take_blanks() &&
         take_clock(in, out) && take_offset(in, out) && in.take_blanks() && in.take_digits(4, out.year);
}

bool take_named(Scanner& in, Moment& out) {
  if (!in.take_word(kDays)) return false;
  return in.take(',') ? take_mail(in, out) : take_unix(in, out);
}

}  // namespace

std::optional<sys_seconds> read_lenient_time(std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  Scanner in(trimmed(text));
  Moment moment;
  if (!(in.starts_with_digit() ? take_iso(in, moment) : take_named(in, moment)) || !in.at_end()) return std::nullopt;
  return moment.utc();
}

}  // namespace ipc
