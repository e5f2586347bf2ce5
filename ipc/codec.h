// Turns a message into one packet and back: two bytes of id, then the fields in order, little-endian, texts and secrets
// with a four-byte length. The first failure sticks; trailing bytes are a failure.
//
// Runs in: every process.   Blocks: never.   Owns: nothing; writes into the caller's buffer.
// Fails: decode returns false for anything that is not of the field's type: a text too long, seconds out of their
// range, a number that is no value of an enum, a flag that is neither 0 nor 1.
#pragma once

#include <concepts>
#include <cstring>
#include <span>

#include "ipc/messages.h"

namespace ipc {

class Writer {
 public:
  explicit Writer(std::span<char> out) : out_(out) {}
  template <std::integral T>
  bool put(T value) {
    char bytes[sizeof(T)];
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(static_cast<U64>(value) >> (8 * i));
    return put_bytes({bytes, sizeof bytes});
  }
  template <std::size_t N>
  bool put(const Text<N>& text) {
    return put_counted(text.str());
  }
  template <std::size_t N>
  bool put(const Secret<N>& secret) {
    return put_counted(secret.reveal());
  }
  template <SecondsRange Range>
  bool put(const Seconds<Range>& seconds) {
    return put(static_cast<U32>(seconds.get().count()));
  }
  template <WireEnum E>
  bool put(E value) {
    return put(static_cast<U8>(value));
  }
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  bool put_counted(std::string_view bytes) { return put(static_cast<U32>(bytes.size())) && put_bytes(bytes); }
  bool put_bytes(std::string_view bytes) {
    if (bytes.size() > out_.size() - used_) return false;
    if (!bytes.empty()) std::memcpy(out_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
    return true;
  }
  std::span<char> out_;
  std::size_t used_ = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <std::integral T>
  bool get(T& value) {
    std::string_view bytes;
    if (!get_bytes(sizeof(T), bytes)) return false;
    U64 wide = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      wide |= static_cast<U64>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    value = static_cast<T>(wide);
    return true;
  }
  template <std::size_t N>
  bool get(Text<N>& text) {
    std::string_view bytes;
    return get_counted(N, bytes) && text.assign(bytes);
  }
  template <std::size_t N>
  bool get(Secret<N>& secret) {
    std::string_view bytes;
    return get_counted(N, bytes) && secret.assign(bytes);
  }
  template <SecondsRange Range>
  bool get(Seconds<Range>& seconds) {
    U32 count = 0;
    return get(count) && seconds.assign(std::chrono::seconds(count));
  }
  template <WireEnum E>
  bool get(E& value) {
    U8 number = 0;
    if (!get(number) || number == 0 || number > static_cast<U8>(last_of(value))) return false;
    value = static_cast<E>(number);
    return true;
  }
  bool get(bool& flag) {
    U8 number = 0;
    if (!get(number) || number > 1) return false;
    flag = number == 1;
    return true;
  }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

 private:
  bool get_counted(std::size_t limit, std::string_view& bytes) {
    U32 length = 0;
    return get(length) && length <= limit && get_bytes(length, bytes);
  }
  bool get_bytes(std::size_t count, std::string_view& bytes) {
    if (count > in_.size()) return false;
    bytes = in_.substr(0, count);
    in_.remove_prefix(count);
    return true;
  }
  std::string_view in_;
};

// Bytes written, or 0 where `out` is too small.
template <class Message>
std::size_t encode(const Message& message, std::span<char> out) {
  Writer writer(out);
  const bool ok = writer.put(Message::kId) &&
                  for_each_field(message, [&](std::string_view, const auto& field) { return writer.put(field); });
  return ok ? writer.size() : 0;
}

// `payload` is the packet without its id.
template <class Message>
[[nodiscard]] bool decode(std::string_view payload, Message& message) {
  Reader reader(payload);
  return for_each_field(message, [&](std::string_view, auto& field) { return reader.get(field); }) && reader.at_end();
}

}  // namespace ipc
