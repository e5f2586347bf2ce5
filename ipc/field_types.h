// The types that a message field may have. Each knows its largest wire size, and decoding one checks its shape:
// a value that reached a struct is already within its bounds.
//
// Runs in: every process.   Blocks: never.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "ipc/secret.h"

namespace ipc {

using U8 = std::uint8_t;
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;
using I64 = std::int64_t;

// At most N bytes of text without NUL bytes.
template <std::size_t N>
class Text {
 public:
  static constexpr std::size_t kCapacity = N;
  Text() = default;
  // Cuts what does not fit: only for texts meant for people. Use assign() where a cut would change the meaning.
  explicit Text(std::string_view text) : text_(text.substr(0, N)) { text_.resize(std::strlen(text_.c_str())); }
  [[nodiscard]] bool assign(std::string_view text) {
    if (text.size() > N || text.find('\0') != std::string_view::npos) return false;
    text_ = text;
    return true;
  }
  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

// At most N bytes that are wiped when the message goes. Printing one does not compile; copying one does not either.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kCapacity = N;
  Secret() = default;
  Secret(Secret&& other) noexcept { take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes_.data(), N); }
  [[nodiscard]] bool assign(std::string_view bytes) {
    if (bytes.size() > N) return false;
    wipe(bytes_.data(), N);
    copy_leaving_no_trace(bytes_.data(), bytes);
    size_ = bytes.size();
    return true;
  }
  [[nodiscard]] std::string_view reveal() const { return {bytes_.data(), size_}; }

 private:
  void take(Secret& other) {
    (void)assign(other.reveal());
    wipe(other.bytes_.data(), N);
    other.size_ = 0;
  }
  std::array<char, N> bytes_{};
  std::size_t size_ = 0;
};

// What a field of seconds may say.
struct SecondsRange {
  std::int64_t shortest, longest;
  bool may_be_left_out = false;  // as 0, which then asks for none
};

// Whole seconds of a range. A new one says 0: where the range does not hold that, a decoder refuses a field that was
// never filled in.
template <SecondsRange Range>
class Seconds {
 public:
  static constexpr std::chrono::seconds kShortest{Range.shortest}, kLongest{Range.longest};
  static_assert(0 <= Range.shortest && Range.shortest <= Range.longest && Range.longest <= UINT32_MAX);
  [[nodiscard]] constexpr bool assign(std::chrono::seconds value) {
    const bool left_out = Range.may_be_left_out && value.count() == 0;
    if (!left_out && (value < kShortest || value > kLongest)) return false;
    value_ = value;
    return true;
  }
  [[nodiscard]] std::chrono::seconds get() const { return value_; }

 private:
  std::chrono::seconds value_{0};
};

// An enum that travels in one byte. Its values count from 1 to last_of(), so that a decoder refuses a field that was
// never filled in.
template <class T>
concept WireEnum = std::is_enum_v<T> && std::is_same_v<std::underlying_type_t<T>, U8> && requires(T any) {
  { last_of(any) } -> std::same_as<T>;
};

// Largest number of bytes that a field takes on the wire.
template <class T>
struct WireSize;
template <std::integral T>
struct WireSize<T> {
  static constexpr std::size_t value = sizeof(T);
};
template <std::size_t N>
struct WireSize<Text<N>> {
  static constexpr std::size_t value = 4 + N;  // length, then the bytes
};
template <std::size_t N>
struct WireSize<Secret<N>> {
  static constexpr std::size_t value = 4 + N;
};
template <SecondsRange Range>
struct WireSize<Seconds<Range>> {
  static constexpr std::size_t value = sizeof(U32);
};
template <WireEnum E>
struct WireSize<E> {
  static constexpr std::size_t value = sizeof(U8);
};

}  // namespace ipc
