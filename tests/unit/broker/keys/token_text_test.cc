#include "keys/token_text.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "errand_fakes.h"

namespace broker {
namespace {

using testing::FakeErrands;

class TokenTextTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  static std::string why(std::string_view text, TokenForm form = TokenForm::kIdentity) {
    const auto token = read_token_text(text, form);
    return token ? "read" : token.error().what;
  }
};

TEST_F(TokenTextTest, NothingIsNoToken) {
  EXPECT_EQ(why(""), "is empty");
  EXPECT_EQ(why(" \r\n\t"), "is empty");
}

TEST_F(TokenTextTest, MoreThanOneLineIsNoToken) {
  EXPECT_EQ(why("eyJh.eyJz.c2ln\nX-Header: 1"), "has more than one line");
  EXPECT_EQ(why("Basic abc\nX-Header: 1", TokenForm::kHeader), "has more than one line");
}

TEST_F(TokenTextTest, BytesThatNoTokenHasAreRefusedAndNotQuoted) {
  const std::vector<std::string_view> faulty = {
      "eyJh eyJz", "eyJh\tx", "{\"a\":1}", "eyJh&Action=x", "eyJ\x7f", "eyJ\xc3\xa9", std::string_view("eyJ\0x", 5),
      "eyJh\rx"};
  for (const std::string_view text : faulty) {
    EXPECT_EQ(why(text), "has characters that no such token has") << text;
  }
  EXPECT_EQ(why("Basic abc\x01", TokenForm::kHeader), "has characters that no such token has");
  EXPECT_EQ(why("Basic\rabc", TokenForm::kHeader), "has characters that no such token has");
}

TEST_F(TokenTextTest, LongerThanStsTakesIsRefused) {
  EXPECT_EQ(why(std::string(kMaxTokenText + 1, 'e')), "is longer than any token that is known");
  EXPECT_EQ(why(std::string(kMaxTokenText, 'e') + "\n"), "read");
}

TEST_F(TokenTextTest, ATokenIsWhatStandsBetweenTheSpaces) {
  EXPECT_EQ(read_token_text(" eyJh._-~+/=|\r\n", TokenForm::kIdentity)->reveal(), "eyJh._-~+/=|");
  EXPECT_EQ(read_token_text("Basic a:b{}\n", TokenForm::kHeader)->reveal(), "Basic a:b{}");
}

TEST_F(TokenTextTest, AnEndlessFileIsCutAtTheCap) {
  const auto file = FakeErrands::file_of(std::string(1024 * 1024, 'e'));
  EXPECT_EQ(read_token_file(file.get(), TokenForm::kIdentity).error().what, "is longer than any token that is known");
}

TEST_F(TokenTextTest, AFileThatCannotBeReadSaysWhy) {
  EXPECT_EQ(read_token_file(-1, TokenForm::kIdentity).error().what, "cannot be read: Bad file descriptor");
}

TEST_F(TokenTextTest, AFileIsReadFromItsBeginningWhereverTheDescriptorStands) {
  const auto file = FakeErrands::file_of("eyJh.eyJz.c2ln\n");
  ASSERT_EQ(::lseek(file.get(), 5, SEEK_SET), 5);
  EXPECT_EQ(read_token_file(file.get(), TokenForm::kIdentity)->reveal(), "eyJh.eyJz.c2ln");
}

}  // namespace
}  // namespace broker
