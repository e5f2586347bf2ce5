#include "host/wiped_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace broker {
namespace {

TEST(WipedBytes, BytesThatMovedAreInOnePlaceOnly) {
  WipedBytes a;
  a.append("first ");
  WipedBytes b = std::move(a);
  EXPECT_EQ(a.view(), "");
  b.append("second");
  EXPECT_EQ(b.view(), "first second");
  WipedBytes c;
  c.append("old");
  c = std::move(b);
  EXPECT_EQ(c.view(), "first second");
  EXPECT_EQ(b.view(), "");
}

TEST(WipedBytes, GrowsFromPiecesOfAnySize) {
  WipedBytes bytes;
  std::string expected;
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string piece(size, static_cast<char>(size));
    bytes.append(piece);
    expected += piece;
  }
  EXPECT_EQ(bytes.view(), expected);
}

}  // namespace
}  // namespace broker
