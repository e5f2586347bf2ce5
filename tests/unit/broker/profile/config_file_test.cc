#include "profile/config_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace {

using broker::AwsConfigFile;
using broker::AwsFileKind;
using broker::SectionKind;

class AwsConfigFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    std::string name = ::testing::TempDir() + "aws_config_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ / "file";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view text, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary) << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  std::string refusal(std::string_view text, AwsFileKind kind = AwsFileKind::kConfig, mode_t mode = 0600) {
    write(text, mode);
    const auto file = AwsConfigFile::open(path_, kind);
    return file ? "accepted" : file.error().what.substr(path_.string().size());
  }

  std::filesystem::path folder_, path_;
};

TEST_F(AwsConfigFileTest, BytesThatAreNoTextAreRefusedWithTheirLine) {
  EXPECT_EQ(refusal(std::string_view("[a]\nb = \0c\n", 11)), ":2: the line holds a control character");
  EXPECT_EQ(refusal("[a]\nb = \x1b[0m\n"), ":2: the line holds a control character");
  EXPECT_EQ(refusal("[a]\nb = c\rd = e\n"), ":2: the line holds a control character");
  EXPECT_EQ(refusal("\xef\xbb\xbf[a]\n"), ":1: the file begins with a byte order mark");
  for (const std::string_view bad : {"\xff", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                     "\xf8\x88\x80\x80\x80", "\xe2\x28\xa1", "\x80"}) {
    EXPECT_EQ(refusal("[a]\nb = " + std::string(bad) + "\n"), ":2: the line is not valid UTF-8");
    EXPECT_EQ(refusal("[a]\n# " + std::string(bad)), ":2: the line is not valid UTF-8");
  }
}

TEST_F(AwsConfigFileTest, AFileOrLineBeyondItsCapIsRefused) {
  EXPECT_EQ(refusal("[a]\nb = " + std::string(16 * 1024, 'x')), ":2: the line is longer than 16 KiB");
  EXPECT_EQ(refusal("[a]\n#" + std::string(200 * 1024, 'x')), ":2: the line is longer than 16 KiB");
  std::string big = "[a]\n";
  while (big.size() <= AwsConfigFile::kMaxBytes) big += "# " + std::string(1000, 'x') + "\n";
  EXPECT_EQ(refusal(big), ": is larger than 1 MiB");
}

TEST_F(AwsConfigFileTest, AMalformedLineIsRefusedAndNeverShown) {
  // Not so "[a] text": the AWS tools read it as [a], and what follows is looked at by nobody.
  for (const std::string_view text : {"pasted-SECRET\n", "[a]\npasted-SECRET\n", "[a]\n= pasted-SECRET\n", "[]\n",
                                      "[a\n", "[a]\nb =\n  pasted-SECRET\n", "[DEFAULT]\n",
                                      "[a]\npasted-SECRET-WITH-A-NAME-THAT-IS-MUCH-TOO-LONG=1\n"
                                      "pasted-SECRET-WITH-A-NAME-THAT-IS-MUCH-TOO-LONG=2\n",
                                      "[a]\naws_secret_access_key = x\n  pasted-SECRET\n",
                                      "[a]\naws_access_key_id = x\n  AWS_Secret_Access_Key = pasted-SECRET\n"}) {
    const std::string what = refusal(text);
    EXPECT_NE(what, "accepted") << text;
    EXPECT_EQ(what.find("SECRET"), std::string::npos) << what;
    EXPECT_EQ(what.find("secret-w"), std::string::npos) << what;
  }
}

TEST_F(AwsConfigFileTest, TwiceTheSameSectionOrKeyIsRefused) {
  EXPECT_EQ(refusal("[a]\n[a]\n"), ":2: the section [a] stands in the file twice, first in line 1");
  EXPECT_EQ(refusal("[profile a]\n[profile \"a\"]\n"),
            ":2: the section [profile \"a\"] stands in the file twice, first in line 1");
  EXPECT_EQ(refusal("[default]\n[profile default]\n"),
            ":2: the section [profile default] stands in the file twice, first in line 1");
  EXPECT_EQ(refusal("[a]\nregion = 1\nREGION = 2\n"), ":3: 'region' is given twice in one section, first in line 2");
}

TEST_F(AwsConfigFileTest, AFileThatOthersMayWriteIsRefused) {
  const std::string owners = ::geteuid() == 0 ? std::string("root") : "root or uid " + std::to_string(::geteuid());
  for (const AwsFileKind kind : {AwsFileKind::kCredentials, AwsFileKind::kConfig}) {
    EXPECT_EQ(refusal("[a]\n", kind, 0602), ": can be written by others than " + owners + " (by every user)");
    EXPECT_EQ(refusal("[a]\n", kind, 0666), ": can be written by others than " + owners + " (by every user)");
  }
}

// A config of another user's, however private, ran its credential_process with this user's rights.
TEST_F(AwsConfigFileTest, AFileThatAnotherUserWroteOrCouldReplaceIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a file away";
  write("[a]\n", 0644);
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  for (const AwsFileKind kind : {AwsFileKind::kCredentials, AwsFileKind::kConfig}) {
    const auto theirs = AwsConfigFile::open(path_, kind);
    ASSERT_FALSE(theirs);
    EXPECT_NE(theirs.error().what.find(": does not belong to root but to uid 65534"), std::string::npos);
  }
  ASSERT_EQ(::chown(path_.c_str(), 0, 65534), 0);
  EXPECT_TRUE(AwsConfigFile::open(path_, AwsFileKind::kConfig));
  ASSERT_EQ(::chmod(path_.c_str(), 0664), 0);
  EXPECT_FALSE(AwsConfigFile::open(path_, AwsFileKind::kConfig)) << "a group of others";
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  const auto replaced = AwsConfigFile::open(path_, AwsFileKind::kConfig);
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().what.find("the folder " + folder_.string() + " can be written by others"),
            std::string::npos);
}

TEST_F(AwsConfigFileTest, KeysThatOthersMayReadAreWarnedOf) {
  for (const mode_t mode : {0640, 0604, 0644}) {
    write("[a]\n", mode);
    EXPECT_EQ(AwsConfigFile::open(path_, AwsFileKind::kCredentials)->warnings().size(), 1U);
    EXPECT_TRUE(AwsConfigFile::open(path_, AwsFileKind::kConfig)->warnings().empty());
    write("[a]\naws_secret_access_key = x\n", mode);
    EXPECT_EQ(AwsConfigFile::open(path_, AwsFileKind::kConfig)->warnings().size(), 1U);
  }
}

TEST_F(AwsConfigFileTest, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(AwsConfigFile::open(path_, AwsFileKind::kConfig));
  EXPECT_FALSE(AwsConfigFile::open(folder_, AwsFileKind::kConfig));
  EXPECT_FALSE(AwsConfigFile::open("/dev/zero", AwsFileKind::kConfig));
}

TEST_F(AwsConfigFileTest, AFileThatIsNotThereIsEmpty) {
  EXPECT_FALSE(AwsConfigFile::open(path_, AwsFileKind::kConfig)->exists());
  EXPECT_FALSE(AwsConfigFile::open("/dev/null", AwsFileKind::kCredentials)->exists());
  EXPECT_FALSE(AwsConfigFile::open("/dev/null/below", AwsFileKind::kCredentials)->exists());
  std::filesystem::create_symlink("/dev/null", path_);
  EXPECT_FALSE(AwsConfigFile::open(path_, AwsFileKind::kConfig)->exists());
  std::filesystem::remove(path_);
  std::filesystem::create_symlink("gone", path_);
  EXPECT_FALSE(AwsConfigFile::open(path_, AwsFileKind::kConfig)->exists());
}

TEST_F(AwsConfigFileTest, ASecretOfAFileThatWasChangedSinceIsRefused) {
  write("[a]\naws_secret_access_key = first\n");
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kCredentials);
  ASSERT_TRUE(file);
  const auto* value = file->find(SectionKind::kProfile, "a")->find("aws_secret_access_key");
  write("[a]\naws_secret_access_key = other and longer\n");
  EXPECT_FALSE(file->secret(*value));
}

TEST_F(AwsConfigFileTest, ASecretOfAFileThatWasReplacedIsTheOldOne) {
  write("[a]\naws_secret_access_key = first\n");
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kCredentials);
  ASSERT_TRUE(file);
  std::filesystem::remove(path_);
  write("[a]\naws_secret_access_key = other\n");
  const auto* value = file->find(SectionKind::kProfile, "a")->find("aws_secret_access_key");
  EXPECT_EQ(file->secret(*value)->reveal(), "first");
}

TEST_F(AwsConfigFileTest, SecretsAreNeverKeptAsText) {
  write("[a]\naws_access_key_id = id\nAWS_SECRET_ACCESS_KEY = one\naws_session_token: two\naws_security_token=three\n");
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kCredentials);
  ASSERT_TRUE(file);
  const broker::ConfigSection& section = *file->find(SectionKind::kProfile, "a");
  const std::array<std::pair<std::string_view, std::string_view>, 3> secrets = {
      {{"aws_secret_access_key", "one"}, {"aws_session_token", "two"}, {"aws_security_token", "three"}}};
  for (const auto& [key, text] : secrets) {
    EXPECT_EQ(section.find(key)->text, "");
    EXPECT_EQ(file->secret(*section.find(key))->reveal(), text);
  }
  EXPECT_EQ(section.find("aws_access_key_id")->text, "id");
}

// A file of many windows: every line is whole, and every secret is the right one, wherever a window ends.
TEST_F(AwsConfigFileTest, LinesThatCrossAWindowStayWhole) {
  std::string text;
  constexpr int kProfiles = 700;
  const auto secret = [](int i) {
    return "secret" + std::to_string(i) + std::string(static_cast<std::size_t>(i * 13 % 1000), 's');
  };
  for (int i = 0; i < kProfiles; ++i) {
    text += "[p" + std::to_string(i) + "]\naws_secret_access_key = " + secret(i) + "\nregion = r" + std::to_string(i) +
            "\n";
  }
  ASSERT_GT(text.size(), 5U * 64 * 1024);
  write(text);
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kCredentials);
  ASSERT_TRUE(file) << file.error().what;
  for (int i = 0; i < kProfiles; ++i) {
    const broker::ConfigSection* section = file->find(SectionKind::kProfile, "p" + std::to_string(i));
    ASSERT_NE(section, nullptr);
    EXPECT_EQ(section->line, 3 * i + 1);
    EXPECT_EQ(section->find("region")->text, "r" + std::to_string(i));
    ASSERT_EQ(file->secret(*section->find("aws_secret_access_key"))->reveal(), secret(i));
  }
}

TEST_F(AwsConfigFileTest, NestedValuesKeepTheirLines) {
  write("[services x]\nsts =\n\n  # a comment\n  endpoint_url = https://a\n  endpoint_url = https://b=c\nssm =\n");
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kConfig);
  ASSERT_TRUE(file);
  const broker::ConfigSection& section = *file->find(SectionKind::kServices, "x");
  EXPECT_EQ(section.find("sts")->nested.at("endpoint_url").text, "https://b=c");  // the last one, as in botocore
  EXPECT_EQ(section.find("sts")->nested.at("endpoint_url").line, 6);
  EXPECT_TRUE(section.find("ssm")->nested.empty());
}

TEST_F(AwsConfigFileTest, SectionNamesAreReadAsAShellReadsThem) {
  write(
      "[profile 'a b']\n[profile c\\ d]\n[profile \"e\\\"f\"]\n[profile g'h'i]\n[sso-session s]\n"
      "[profile j k]\n[profile 'l]\n[profilem]\n[profile \"\"]\n[profile]\n[n]\n");
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kConfig);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->names(SectionKind::kProfile), (std::vector<std::string>{"a b", "c d", "e\"f", "ghi"}));
  EXPECT_EQ(file->names(SectionKind::kSsoSession), std::vector<std::string>{"s"});
  EXPECT_EQ(file->names(SectionKind::kOther).size(), 6U);
}

TEST_F(AwsConfigFileTest, InTheCredentialsFileASectionIsAProfileAsItStands) {
  write("[profile a]\n[services]\n[default]\n");
  const auto file = AwsConfigFile::open(path_, AwsFileKind::kCredentials);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->names(SectionKind::kProfile), (std::vector<std::string>{"default", "profile a", "services"}));
}

}  // namespace
