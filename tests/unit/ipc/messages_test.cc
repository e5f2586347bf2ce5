// Every message of the table, without listing them: round trip, cut at every byte, trailing bytes, field limits.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <tuple>
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
template <ipc::SecondsRange Range>
void fill(ipc::Seconds<Range>& seconds) {
  ASSERT_TRUE(seconds.assign(std::chrono::seconds(Range.longest)));
}
template <ipc::WireEnum E>
void fill(E& value) {
  value = last_of(value);
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

template <class Field>
bool reads(std::string_view wire, Field& field) {
  ipc::Reader reader(wire);
  return reader.get(field) && reader.at_end();
}

TEST(Codec, RefusesAFlagThatIsNeitherSetNorNot) {
  bool flag = false;
  EXPECT_TRUE(reads("\x01", flag));
  EXPECT_TRUE(flag);
  EXPECT_FALSE(reads("\x02", flag));
  EXPECT_FALSE(reads("\xff", flag));
  EXPECT_TRUE(reads(std::string_view("\0", 1), flag));
  EXPECT_FALSE(flag);
}

TEST(Codec, RefusesANumberThatIsNoValueOfAnEnum) {
  ipc::RunMode mode;
  EXPECT_FALSE(reads(std::string_view("\0", 1), mode));
  EXPECT_TRUE(reads("\x01", mode));
  EXPECT_TRUE(reads("\x04", mode));
  EXPECT_EQ(mode, ipc::RunMode::Whoami);
  EXPECT_FALSE(reads("\x06", mode));
}

TEST(Codec, RefusesSecondsOutOfTheirRange) {
  using Four = ipc::Seconds<ipc::SecondsRange{3, 4}>;
  using FourOrNone = ipc::Seconds<ipc::SecondsRange{3, 4, true}>;
  for (const auto& [wire, within, within_or_none] : {std::tuple{std::string("\0\0\0\0", 4), false, true},
                                                     {std::string("\x02\0\0\0", 4), false, false},
                                                     {std::string("\x03\0\0\0", 4), true, true},
                                                     {std::string("\x04\0\0\0", 4), true, true},
                                                     {std::string("\x05\0\0\0", 4), false, false},
                                                     {std::string("\x04\0\0\1", 4), false, false},
                                                     {std::string("\x04\0\0", 3), false, false}}) {
    Four field;
    FourOrNone may_be_left_out;
    EXPECT_EQ(reads(wire, field), within);
    EXPECT_EQ(reads(wire, may_be_left_out), within_or_none);
  }
  Four field;
  EXPECT_FALSE(field.assign(std::chrono::seconds(-4)));
  EXPECT_FALSE(FourOrNone{}.assign(std::chrono::seconds(2)));
}

TEST(Codec, RefusesToEncodeIntoTooSmallABuffer) {
  ipc::Done message;
  std::array<char, 6> small;
  EXPECT_EQ(ipc::encode(message, small), 0u);
}

TEST(Transport, UnknownNumbersAreRefused) {
  ipc::Transport transport;
  EXPECT_FALSE(reads(std::string_view("\0", 1), transport));
  EXPECT_FALSE(reads("\x03", transport));
  EXPECT_TRUE(reads("\x02", transport));
}

}  // namespace
