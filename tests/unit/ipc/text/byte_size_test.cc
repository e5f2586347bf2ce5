// A size is read exactly, or not at all.
#include "ipc/text/byte_size.h"

#include <gtest/gtest.h>

namespace ipc {
namespace {

TEST(ByteSize, IsOfOneForm) {
  for (const char* bad : {"", "MiB", "-1", "+1", "1 MiB", "1.5MiB", "1mib", "1Mi", "1MiBx", "0x10", "1TiB", " 1"}) {
    EXPECT_EQ(parse_byte_size(bad), std::nullopt) << bad;
  }
}

TEST(ByteSize, TooGreatIsTheGreatest) {
  EXPECT_EQ(parse_byte_size("18446744073709551616"), UINT64_MAX);
  EXPECT_EQ(parse_byte_size("18446744073709551615GiB"), UINT64_MAX);
}

TEST(ByteSize, CountsBytes) {
  EXPECT_EQ(parse_byte_size("0"), 0u);
  EXPECT_EQ(parse_byte_size("1000000"), 1000000u);
  EXPECT_EQ(parse_byte_size("64MiB"), 64u * 1024 * 1024);
  EXPECT_EQ(parse_byte_size("10MB"), 10'000'000u);
  EXPECT_EQ(parse_byte_size("3kB"), 3000u);
}

}  // namespace
}  // namespace ipc
