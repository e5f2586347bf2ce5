// Bytes on the heap that are wiped when they go: for answers, which may hold keys and are too large for SecretBuffer.
//
// Blocks: never.   Owns: its bytes; moves, and does not copy.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace broker {

class WipedBytes {
 public:
  WipedBytes() = default;
  WipedBytes(WipedBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  WipedBytes& operator=(WipedBytes&& other) noexcept;
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  ~WipedBytes();
  void append(std::string_view more);
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

}  // namespace broker
