// Writes and reads a moment as RFC 3339 has it: 2026-01-31T12:00:00Z. What is written has never an offset or a
// fraction. ipc/text/lenient_time.h reads what other programs print.
//
// Blocks: never.   Allocates: nothing.   Units: whole seconds UTC, years 0 to 9999.
// Source: RFC 3339 5.6; both the decision log and the SDKs' Expiration have this form.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace ipc {

class TimeText {
 public:
  explicit TimeText(std::chrono::sys_seconds time);
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, 20> bytes_;
};

inline TimeText rfc3339(std::chrono::sys_seconds time) { return TimeText(time); }

// A moment that was read, and how it was written: each reader of somebody's text says which of the forms it takes.
struct Rfc3339 {
  std::chrono::sys_seconds local;            // what the digits say; UTC only after `east` is taken away
  std::optional<std::chrono::seconds> east;  // Z is 0; nothing where the text names no offset
  int second = 0;                            // 60 in a leap second, which `local` counts as the next minute's first
  char between = 'T';                        // date and time: 'T', 't' or a blank
  bool has_seconds = true;
  bool has_fraction = false;  // cut off, never rounded
  [[nodiscard]] std::chrono::sys_seconds utc() const { return local - east.value_or(std::chrono::seconds(0)); }
};

// Reads a whole text: YYYY-MM-DD, one of "Tt ", HH:MM, and where they stand :SS, a fraction of 1 to 11 digits, and Z, z
// or an offset of the form +HH:MM. Nothing else is skipped or guessed: no sign, no blank, no day outside the calendar.
[[nodiscard]] std::optional<Rfc3339> read_rfc3339(std::string_view text);

// "2026-01-27T10:00:00Z" as AWS writes it, with or without a fraction, from the year 2000 on; nothing else.
[[nodiscard]] std::optional<std::chrono::sys_seconds> read_aws_time(std::string_view text);

}  // namespace ipc
