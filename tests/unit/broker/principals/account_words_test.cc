// The framing between the broker and what asks the databases: what its writer would not write is not read.
#include "principals/account_words.h"

#include <gtest/gtest.h>

namespace broker::testing {
namespace {

Account marta(std::vector<std::string> groups = {"staff", "domain users"}) {
  return {1000, "marta", std::move(groups)};
}

std::vector<std::string> many(std::size_t count, std::size_t bytes) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    names.push_back(std::string(bytes - number.size(), 'g') + number);
  }
  return names;
}

TEST(AccountWords, QuestionOfAnotherSizeIsNone) {
  const std::string question = write_account_question(4000000001);
  EXPECT_EQ(read_account_question(question), 4000000001);
  EXPECT_FALSE(read_account_question(""));
  EXPECT_FALSE(read_account_question(question.substr(1)));
  EXPECT_FALSE(read_account_question(question + "x"));
}

TEST(AccountWords, AnswerThatIsCutOrHasMoreIsNone) {
  for (const ipc::Result<Account>& answer : {ipc::Result<Account>(marta()), ipc::Result<Account>(Account{1000}),
                                             ipc::Result<Account>(ipc::fail(ipc::Fault::kUnavailable, "it is down"))}) {
    const std::string packet = write_account_answer(1000, answer);
    ASSERT_TRUE(read_account_answer(packet));
    for (std::size_t bytes = 0; bytes < packet.size(); ++bytes)
      EXPECT_FALSE(read_account_answer(packet.substr(0, bytes)));
    EXPECT_FALSE(read_account_answer(packet + '\0'));
  }
}

TEST(AccountWords, AnswerOfAnotherKindIsNone) {
  std::string packet = write_account_answer(1000, Account{1000});
  for (int kind = 0; kind < 256; ++kind) {
    packet[0] = static_cast<char>(kind);
    EXPECT_EQ(read_account_answer(packet).has_value(), kind == 2) << kind;
  }
}

TEST(AccountWords, NameThatIsNoTextIsNeitherWrittenNorRead) {
  const std::string packet = write_account_answer(1000, marta());
  for (const char bad : {'\0', '\n', '\x1b', '\xff'}) {
    for (const char* name : {"marta", "staff", "domain users"}) {
      std::string changed = packet;
      changed[changed.find(name) + 2] = bad;
      EXPECT_FALSE(read_account_answer(changed)) << name;
    }
  }
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string("\xff"), std::string(257, 'a')}) {
    const auto answer = read_account_answer(write_account_answer(1000, marta({"staff", name})));
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->account) << "not the account without it";
  }
}

TEST(AccountWords, MoreGroupsThanFitAreAReasonAndNotSomeOfThem) {
  const auto fits = read_account_answer(write_account_answer(1000, marta(many(kMostGroups, 32))));
  ASSERT_TRUE(fits && fits->account);
  EXPECT_EQ(*fits->account->groups, many(kMostGroups, 32));
  for (const auto& groups : {many(kMostGroups + 1, 8), many(300, 256)}) {
    const auto answer = read_account_answer(write_account_answer(1000, marta(groups)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->uid, 1000U);
    ASSERT_FALSE(answer->account);
    EXPECT_EQ(answer->account.error().what, "the names of its login and its groups are too many or too long");
  }
}

TEST(AccountWords, MoreGroupsThanItsWriterWritesAreNotRead) {
  std::string packet = write_account_answer(1000, marta(many(kMostGroups, 8)));
  const std::size_t count = packet.find("marta") + 5;
  const std::string last = packet.substr(packet.size() - 12);  // with its length
  packet[count] = static_cast<char>((kMostGroups + 1) & 0xff);
  packet[count + 1] = static_cast<char>((kMostGroups + 1) >> 8);
  EXPECT_FALSE(read_account_answer(packet + last));
  packet[count] = static_cast<char>(kMostGroups & 0xff);
  packet[count + 1] = static_cast<char>(kMostGroups >> 8);
  EXPECT_TRUE(read_account_answer(packet)) << "the case above can fail";
}

TEST(AccountWords, ReasonIsOneLineOfTextHoweverLong) {
  for (const std::string& reason :
       {std::string("m\xc3\xa4rz") + std::string(5000, '\xc3'), std::string("a\nb\x1b[2J"), std::string()}) {
    const auto answer = read_account_answer(write_account_answer(7, ipc::fail(ipc::Fault::kSystem, reason)));
    ASSERT_TRUE(answer);
    ASSERT_FALSE(answer->account);
    EXPECT_EQ(answer->account.error().fault, ipc::Fault::kUnavailable);
    EXPECT_FALSE(answer->account.error().what.empty());
    EXPECT_LE(answer->account.error().what.size(), kMostReasonBytes);
  }
}

TEST(AccountWords, AccountComesBackAsItWas) {
  const auto answer = read_account_answer(write_account_answer(1000, marta()));
  ASSERT_TRUE(answer && answer->account);
  EXPECT_EQ(answer->uid, 1000U);
  EXPECT_EQ(answer->account->uid, 1000U);
  EXPECT_EQ(answer->account->login, "marta");
  EXPECT_EQ(*answer->account->groups, (std::vector<std::string>{"staff", "domain users"}));
  const auto none = read_account_answer(write_account_answer(1001, Account{1001}));
  ASSERT_TRUE(none && none->account);
  EXPECT_EQ(none->account->login, "");
  EXPECT_FALSE(none->account->groups);
}

}  // namespace
}  // namespace broker::testing
