// Base64 has one form: whatever else OpenSSL would take is refused.
#include "text/base64.h"

#include <gtest/gtest.h>

namespace broker {
namespace {

TEST(Base64, OnlyTheStandardFormIsTaken) {
  for (const char* text : {"aGVsbG8", "aGVsbG8\n", " aGVsbG8=", "aGVsbG9=", "aGVs=bG8",
                           "aGV_bG8=", "====", "aG==bG8=", "aGVsbG8=\n\n\n\n", "a==="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  EXPECT_FALSE(from_base64(std::string(kMaxBase64 + 4, 'A')));
  EXPECT_EQ(from_base64("aGVsbG8="), "hello");
}

// RFC 4648 10
TEST(Base64, WritesTheTestVectorsOfItsStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, BringsEveryByteBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(from_base64(base64(bytes)), bytes);
}

}  // namespace
}  // namespace broker
