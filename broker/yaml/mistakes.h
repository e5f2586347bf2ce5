// What is wrong with a text that people write: all of it, so that they correct it in one go, and no more than they can
// read.
//
// Blocks: never.   Owns: the errors.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "ipc/result.h"

namespace broker {

class Mistakes {
 public:
  static constexpr std::size_t kMostTold = 20;

  // `what` is "source:line:column: reason"; of more than kMostTold only the number is kept.
  void add(ipc::Error error);
  void add(const Mistakes& others);
  [[nodiscard]] bool none() const { return told_.empty(); }
  // In the order in which they were found: what is no plain YAML, then from the top, and of a mapping first what stands
  // in it, then what is missing.
  [[nodiscard]] const std::vector<ipc::Error>& told() const { return told_; }
  [[nodiscard]] std::size_t more() const { return more_; }
  // The one that is told where there is room for one.
  [[nodiscard]] ipc::Error first() const;

 private:
  std::vector<ipc::Error> told_;
  std::size_t more_ = 0;
};

// A value, or everything that is wrong with its text.
template <class T>
using Read = std::expected<T, Mistakes>;

// Likewise with the first mistake alone.
template <class T>
ipc::Result<T> or_first(Read<T> read) {
  if (!read) return std::unexpected(read.error().first());
  return std::move(*read);
}

}  // namespace broker
