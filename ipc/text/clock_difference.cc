#include "ipc/text/clock_difference.h"

namespace ipc {

std::string clock_difference_words(std::chrono::seconds aws_minus_ours) {
  const auto off = std::chrono::round<std::chrono::minutes>(std::chrono::abs(aws_minus_ours)).count();
  if (std::chrono::abs(aws_minus_ours) < std::chrono::minutes(1)) return "";
  constexpr long kTwoDays = 48 * 60, kTwoHours = 2 * 60;
  std::string length = std::to_string(off) + (off == 1 ? " minute" : " minutes");
  if (off > kTwoHours) length = std::to_string((off + 30) / 60) + " hours";
  if (off > kTwoDays) length = std::to_string(off / (24 * 60)) + " days";
  return length + (aws_minus_ours.count() > 0 ? " behind" : " ahead of") + " AWS's";
}

}  // namespace ipc
