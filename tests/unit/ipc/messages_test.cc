// Every message of the table, without listing them: round trip, cut at every byte, trailing bytes, field limits.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "ipc/codec.h"

namespace {

template <std::integral T>
void fill(T& value) {
  value = static_cast<T>(0x1122334455667788ULL);
}
template <std::size_t N>
void fill(ipc::Text<N>& text) {
  ASSERT_TRUE(text.assign(std::string(N, 'x')));
}
template <std::size_t N>
void fill(ipc::Secret<N>& secret) {
  ASSERT_TRUE(secret.assign(std::string(N, 's')));
}

template <class Message>
std::string filled_packet() {
  Message message;
  ipc::for_each_field(message, [](std::string_view, auto& field) {
    fill(field);
    return true;
  });
  std::array<char, ipc::kMaxPacketBytes> bytes;
  const std::size_t size = ipc::encode(message, bytes);
  return std::string(bytes.data(), size);
}

template <class Message>
std::string encoded_again(std::string_view payload) {
  Message message;
  EXPECT_TRUE(ipc::decode(payload, message));
  std::array<char, ipc::kMaxPacketBytes> bytes;
  return std::string(bytes.data(), ipc::encode(message, bytes));
}

template <class Message>
class EveryMessage : public ::testing::Test {};

using Messages = testing::Types<
#define MESSAGE(name, ...) ipc::name,
#include "ipc/messages.def"
#undef MESSAGE
    ipc::Done>;
TYPED_TEST_SUITE(EveryMessage, Messages);

TYPED_TEST(EveryMessage, LargestFormFitsTheComputedLimitExactly) {
  const std::string packet = filled_packet<TypeParam>();
  EXPECT_EQ(packet.size(), 2 + ipc::kMessages[ipc::row_of(TypeParam::kId)].max_bytes);
}

TYPED_TEST(EveryMessage, SurvivesTheRoundTrip) {
  const std::string packet = filled_packet<TypeParam>();
  EXPECT_EQ(encoded_again<TypeParam>(std::string_view(packet).substr(2)), packet);
}

TYPED_TEST(EveryMessage, IsRefusedWhenCutAnywhere) {
  const std::string packet = filled_packet<TypeParam>();
  for (std::size_t size = 0; size + 2 < packet.size(); ++size) {
    TypeParam message;
    EXPECT_FALSE(ipc::decode(std::string_view(packet).substr(2, size), message)) << size;
  }
}

TYPED_TEST(EveryMessage, IsRefusedWithATrailingByte) {
  const std::string packet = filled_packet<TypeParam>() + '\0';
  TypeParam message;
  EXPECT_FALSE(ipc::decode(std::string_view(packet).substr(2), message));
}

TEST(Codec, RefusesATextOneByteTooLong) {
  const std::string wire("\x04\0\0\0abcd", 8);
  ipc::Text<3> text;
  ipc::Reader reader(wire);
  EXPECT_FALSE(reader.get(text));
}

TEST(Codec, RefusesANulByteInText) {
  const std::string wire("\x03\0\0\0a\0b", 7);
  ipc::Text<3> text;
  ipc::Reader reader(wire);
  EXPECT_FALSE(reader.get(text));
}

TEST(Codec, RefusesALengthThatReachesPastTheEnd) {
  const std::string wire("\xff\xff\xff\xff" "a", 5);
  ipc::Secret<64> secret;
  ipc::Reader reader(wire);
  EXPECT_FALSE(reader.get(secret));
}

TEST(Codec, RefusesToEncodeIntoTooSmallABuffer) {
  ipc::Done message;
  std::array<char, 6> small;
  EXPECT_EQ(ipc::encode(message, small), 0u);
}

TEST(Transport, UnknownNumbersAreRefused) {
  ipc::Transport transport;
  EXPECT_FALSE(ipc::transport_from(0, transport));
  EXPECT_FALSE(ipc::transport_from(3, transport));
  EXPECT_TRUE(ipc::transport_from(2, transport));
}

}  // namespace
