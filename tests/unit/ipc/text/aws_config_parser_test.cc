#include "ipc/text/aws_config_parser.h"

#include <gtest/gtest.h>

#include <string>

// What a file says is tested where files are read (tests/unit/broker/profile/config_file_test.cc); here is what the
// parser alone promises: to readers that go on behind a line that it refused, and to writers of headers.
namespace {

using ipc::SectionKind;

struct GoneOn {
  ipc::ConfigIndex index;
  int refused = 0;
};

GoneOn go_on(std::string_view text) {
  GoneOn out;
  ipc::AwsConfigParser parser("file", ipc::AwsFileKind::kConfig);
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (!parser.take_line(line, at)) ++out.refused;
    at += line.size() + 1;
  }
  out.index = parser.take_index();
  return out;
}

const ipc::ConfigValue* find(const GoneOn& read, const std::string& profile, std::string_view key) {
  const auto section = read.index.find({SectionKind::kProfile, profile});
  return section == read.index.end() ? nullptr : section->second.find(key);
}

TEST(AwsConfigParser, ALineThatIsRefusedIsPassedOverAlone) {
  const GoneOn read = go_on("[profile a]\nnonsense\nregion = x\n\x1b\noutput = y\n= z\n");
  EXPECT_EQ(read.refused, 3);
  EXPECT_EQ(find(read, "a", "region")->text, "x");
  EXPECT_EQ(find(read, "a", "output")->text, "y");
}

TEST(AwsConfigParser, BelowAHeaderThatCannotBeReadNothingIsTheSectionsBefore) {
  for (const char* header : {"[profile b", "[]", "[DEFAULT]"}) {
    const GoneOn read = go_on("[profile a]\nregion = x\n" + std::string(header) +
                              "\noutput = y\n  aws_session_token = t\n"
                              "[profile c]\noutput = z\n");
    EXPECT_EQ(read.refused, 3) << header;
    EXPECT_EQ(find(read, "a", "output"), nullptr) << header;
    EXPECT_EQ(find(read, "c", "output")->text, "z") << header;
    EXPECT_EQ(read.index.size(), 2U) << header;
  }
}

// Python's configparser looks no further than the last ]; a user's file with such a line works with the AWS tools.
TEST(AwsConfigParser, WhatFollowsAHeaderIsNothing) {
  for (const char* header : {"[profile b] text", "[profile b]/* s3://bucket */", "[profile b] # more", "[profile b];"}) {
    const GoneOn read = go_on(std::string(header) + "\nregion = x\n");
    EXPECT_EQ(read.refused, 0) << header;
    ASSERT_NE(find(read, "b", "region"), nullptr) << header;
  }
}

TEST(AwsConfigParser, AHeaderWithAnOpenQuoteSpoilsItselfAlone) {
  const GoneOn read = go_on("[profile Single'Quote]\nregion = x\n[profile b]\nregion = y\n");
  EXPECT_EQ(read.refused, 0);
  EXPECT_TRUE(read.index.contains({SectionKind::kOther, "profile Single'Quote"}));
  EXPECT_EQ(find(read, "b", "region")->text, "y");
}

TEST(AwsConfigParser, ASectionThatStandsThereTwiceIsOneForWhoGoesOn) {
  const GoneOn read = go_on("[profile a]\nregion = x\n[profile b]\nregion = b\n[profile a]\noutput = y\nregion = z\n");
  EXPECT_EQ(read.refused, 2);
  EXPECT_EQ(find(read, "a", "region")->text, "x");
  EXPECT_EQ(find(read, "a", "output")->text, "y");
  EXPECT_EQ(find(read, "b", "output"), nullptr);
}

TEST(AwsConfigParser, WhatContinuesASecretThatWasRefusedIsNotKept) {
  const GoneOn read = go_on("[profile a]\noutput = y\naws_session_token = t\naws_session_token = u\n  more = secret\n");
  EXPECT_EQ(read.refused, 2);
  EXPECT_EQ(find(read, "a", "aws_session_token")->secret_length, 1U);
  EXPECT_TRUE(find(read, "a", "aws_session_token")->nested.empty());
  EXPECT_FALSE(find(read, "a", "output")->continued);
}

TEST(AwsConfigParser, ANameInAHeaderIsReadBack) {
  for (const std::string name :
       {"plain", "a b", "it's", "say \"so\"", "back\\slash", "\t", "'", "\"", "\\", "x]y", "a'b\"c d"}) {
    const GoneOn read = go_on("[profile " + ipc::name_in_header(name) + "]\nregion = x\n");
    ASSERT_NE(find(read, name, "region"), nullptr) << ipc::name_in_header(name);
  }
  EXPECT_EQ(ipc::name_in_header("plain"), "plain");
  EXPECT_EQ(ipc::name_in_header("a b"), "\"a b\"");
  EXPECT_EQ(ipc::name_in_header("Single'Quote"), "\"Single'Quote\"");
}

}  // namespace
