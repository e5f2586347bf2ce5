#include "aws/source_identity.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "source_identity_reader.h"

namespace broker {
namespace {

constexpr char kAllowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_=,.@+-";

TEST(SourceIdentity, RefusesAMarkerOrIdOfAnotherForm) {
  for (const char* marker : {"", "Direct", "0123456789abcdef", "0123ABCD", "0123abc", "direct.", "dir:ect"}) {
    EXPECT_FALSE(format_source_identity("marta", marker, "0123abcd")) << marker;
  }
  for (const char* id : {"", "0123abc", "0123ABCD", "0123abcde", "0123.bcd"}) {
    EXPECT_FALSE(format_source_identity("marta", "direct", id)) << id;
  }
}

// Upstream's separator, which STS does not take.
TEST(SourceIdentity, NoColonAndNoDotOfAUserIsASeparator) {
  for (const std::string user : {"mar:ta", ":", "marta:direct:0123abcd", "marta.direct.0123abcd", ".", "..."}) {
    const auto text = format_source_identity(user, "direct", "0123abcd");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->find(':'), std::string::npos) << *text;
    const auto back = parse_source_identity(*text);
    ASSERT_TRUE(back) << *text;
    EXPECT_EQ(back->user, user);
    EXPECT_EQ(back->request_id, "0123abcd");
  }
}

TEST(SourceIdentity, WithoutItsPrefixItIsNobodys) {
  const std::string whole = *format_source_identity("marta", "direct", "0123abcd");
  ASSERT_TRUE(parse_source_identity(whole));
  for (std::size_t cut = 1; cut <= whole.find('.') + 1; ++cut) EXPECT_FALSE(parse_source_identity(whole.substr(cut)));
  for (const char* prefix : {"", "x", "SENTINEL", "sentinel2", "sentine", " sentinel", "aws:sentinel"}) {
    EXPECT_FALSE(parse_source_identity(prefix + whole.substr(whole.find('.')))) << prefix;
  }
}

TEST(SourceIdentity, ParsesNothingThatNobodyWrote) {
  for (const char* text : {"",
                           "sentinel",
                           "sentinel...",
                           "sentinel.marta.direct",
                           "sentinel.marta.direct.0123abcd.",
                           "Sentinel.marta.direct.0123abcd",
                           "sentinel.marta.direct.0123abcG",
                           "sentinel.mar ta.direct.0123abcd",
                           "sentinel.ma=2erta.direct.0123abcd",
                           "sentinel.ma=4Drta.direct.0123abcd",
                           "sentinel.ma=.direct.0123abcd",
                           "sentinel.ma=4.direct.0123abcd",
                           "sentinel.a==0123.direct.0123abcd",
                           "sentinel.a===0123456789abcde.direct.0123abcd",
                           "sentinel:marta",
                           "sentinel:ma.rta:direct:0123abcd",
                           "sentinel::direct:0123abcd",
                           "sentinel:marta:direct:0123abcd:x",
                           "sentinel:marta:0123456789abcdef:0123abcd",
                           "sentinel:aaaaaaaaaaaaaaaaaaaaa:direct:0123abcd"}) {
    EXPECT_FALSE(parse_source_identity(text)) << text;
  }
}

TEST(SourceIdentity, EveryUserFitsTheCharactersAndLengthOfSts) {
  for (int length = 0; length <= 300; ++length) {
    for (const std::string& unit : {std::string("a"), std::string("."), std::string("\xff"), std::string("=")}) {
      std::string user;
      for (int i = 0; i < length; ++i) user += unit;
      const auto text = format_source_identity(user, "0123abcd", "89abcdef");
      ASSERT_TRUE(text);
      EXPECT_LE(text->size(), kMaxSourceIdentity);
      EXPECT_EQ(text->find_first_not_of(kAllowed), std::string::npos) << *text;
      EXPECT_LE(role_session_name(user, "0123abcd").size(), 64u);
      EXPECT_EQ(role_session_name(user, "0123abcd").find_first_not_of(kAllowed), std::string::npos);
    }
  }
}

TEST(SourceIdentity, UsersThatLookAlikeAreWrittenDifferently) {
  std::map<std::string, std::string> seen;
  const std::string long_name(60, 'a');
  for (const std::string& user :
       {std::string("a.b"), std::string("a=b"), std::string("a=2Eb"), std::string("ab"), std::string("a_b"),
        std::string("A.B"), std::string("a=3D2Eb"), std::string(""), long_name, long_name + "b", long_name + "c",
        std::string(19, 'a'), std::string(19, 'a') + "=="}) {
    const auto [entry, is_new] = seen.emplace(encode_user(user), user);
    EXPECT_TRUE(is_new) << user << " and " << entry->second << " are both " << encode_user(user);
  }
}

// A user may be named like the short form of another; the escape of '=' keeps them apart.
TEST(SourceIdentity, NoUserCanPoseAsTheShortFormOfAnother) {
  const std::string victim(60, 'a');
  EXPECT_NE(encode_user(encode_user(victim)), encode_user(victim));
}

TEST(SourceIdentity, RandomUsersSurviveTheRoundTripAndNeverCollide) {
  std::mt19937 random(7);
  std::map<std::string, std::string> seen;
  for (int i = 0; i < 20000; ++i) {
    std::string user;
    for (unsigned n = random() % 12; n > 0; --n) user += "ab=.2E_@+-\x01\xfe"[random() % 12];
    const auto [entry, is_new] = seen.emplace(encode_user(user), user);
    ASSERT_TRUE(is_new || entry->second == user);
    const auto back = parse_source_identity(*format_source_identity(user, "direct", "0123abcd"));
    ASSERT_TRUE(back);
    ASSERT_EQ(back->user, user);
    ASSERT_FALSE(back->user_is_cut);
  }
}

TEST(SourceIdentity, ReadsWhatItWrote) {
  EXPECT_EQ(*format_source_identity("marta.k", "direct", "0123abcd"), "sentinel.marta=2Ek.direct.0123abcd");
  const auto cut = parse_source_identity(*format_source_identity(std::string(60, 'm'), "89abcdef", "0123abcd"));
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->user_is_cut);
  EXPECT_EQ(cut->user, std::string(19, 'm'));
  EXPECT_EQ(cut->marker, "89abcdef");
  EXPECT_EQ(cut->request_id, "0123abcd");
  EXPECT_FALSE(cut->legacy);
}

TEST(SourceIdentity, ReadsTheColonFormsOfUpstream) {
  const auto four = parse_source_identity("sentinel:marta:direct:0123abcd");
  ASSERT_TRUE(four);
  EXPECT_TRUE(four->legacy);
  EXPECT_EQ(four->user, "marta");
  EXPECT_EQ(four->marker, "direct");
  const auto three = parse_source_identity("sentinel:marta:0123abcd");
  ASSERT_TRUE(three);
  EXPECT_EQ(three->marker, "");
  EXPECT_EQ(three->request_id, "0123abcd");
}

TEST(SourceIdentity, RequestIdsAreEightHexDigitsAndDoNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto id = new_request_id();
    ASSERT_TRUE(id);
    EXPECT_EQ(id->size(), 8u);
    EXPECT_EQ(id->find_first_not_of("0123456789abcdef"), std::string::npos);
    seen.insert(*id);
  }
  EXPECT_GE(seen.size(), 998u);
}

// No digit follows from its place, or from any digit of the id before; limits are six standard deviations wide.
TEST(SourceIdentity, RequestIdsAreNotToBeGuessedFromEarlierOnes) {
  constexpr int kIds = 16'000, kMean = kIds / 16, kWide = 6 * 31;
  int of_place[8][16] = {}, of_step[8][8][16] = {};
  std::string before = *new_request_id();
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (int i = 0; i < kIds; ++i) {
    const std::string id = *new_request_id();
    for (std::size_t place = 0; place < 8; ++place) {
      ++of_place[place][value(id[place])];
      for (std::size_t other = 0; other < 8; ++other)
        ++of_step[place][other][(value(id[place]) - value(before[other]) + 16) % 16];
    }
    before = id;
  }
  for (std::size_t place = 0; place < 8; ++place) {
    for (std::size_t digit = 0; digit < 16; ++digit) {
      EXPECT_NEAR(of_place[place][digit], kMean, kWide) << place << " " << digit;
      for (std::size_t other = 0; other < 8; ++other)
        EXPECT_NEAR(of_step[place][other][digit], kMean, kWide) << place << " after " << other << " " << digit;
    }
  }
}

TEST(SourceIdentity, ASessionWithoutAUserIsNamedByItsRequest) {
  EXPECT_EQ(role_session_name("", "0123abcd"), "sentinel-0123abcd");
  EXPECT_EQ(role_session_name("marta", "0123abcd"), "sentinel-marta");
}

}  // namespace
}  // namespace broker
