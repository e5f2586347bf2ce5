// A moment as text, as JSON wants it: 2026-01-31T12:00:00Z. Never a local time, never a fraction.
//
// Runs in: broker.   Blocks: never.   Allocates: nothing.   Units: whole seconds UTC, years 0 to 9999.
// Source: RFC 3339; both the decision log and the SDKs' Expiration read this form.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

namespace broker {

class TimeText {
 public:
  explicit TimeText(std::chrono::sys_seconds time);
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, 20> bytes_;
};

inline TimeText rfc3339(std::chrono::sys_seconds time) { return TimeText(time); }

}  // namespace broker
