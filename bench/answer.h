// The one answer that both baseline servers give, and the reader that judges any server's answer.
//
// Runs in: the baseline servers (the bytes) and the load generator (the reader).   Blocks: never.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bench {

// Credentials of the form and size that STS gives; every value is invented.
const std::string& credentials_body();

// Status line and headers as the broker writes them, then the body.
const std::string& whole_answer(bool keep_alive);

// Collects one HTTP answer and says whether it is what an SDK can use.
class AnswerReader {
 public:
  enum class State { kMore, kGood, kBad };

  void clear() { used_ = 0; }
  [[nodiscard]] std::span<char> room() { return std::span(bytes_).subspan(used_); }
  // Call after `size` bytes went into room(). kGood: status 200, whole body, AccessKeyId in it, nothing behind it.
  State took(std::size_t size);
  // What came, for an error: the status line, or where it stopped.
  [[nodiscard]] std::string summary() const;

 private:
  std::array<char, 16 * 1024> bytes_;
  std::size_t used_ = 0;
};

}  // namespace bench
