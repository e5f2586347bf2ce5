#include "doctor/aws_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "ipc/secret.h"
#include "scene.h"

namespace supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class DoctorAwsFiles : public DoctorScene {};

constexpr char kKeys[] = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = not-to-be-shown\n";

std::vector<AwsSection> sections(std::string_view text) {
  return sections_of(text, ipc::AwsFileKind::kConfig, "file").sections;
}

// Not the value itself, so that it lies nowhere but where the reader puts it.
constexpr char kMaskedValue[] = "xKBssfLf-long-enough-to-be-found-behind-the-heap's-own-pointers-in-a-freed-block-7+3";
constexpr char kMask = 0x15;
constexpr std::size_t kLinks = 32;  // the heap writes its own pointers into the first bytes of a freed block

bool lies_on_the_heap() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (!line.ends_with("[heap]")) continue;
    const auto begin = reinterpret_cast<const char*>(std::stoull(line, nullptr, 16));
    const auto end = reinterpret_cast<const char*>(std::stoull(line.substr(line.find('-') + 1), nullptr, 16));
    const auto same = [](char there, char masked) { return there == static_cast<char>(masked ^ kMask); };
    return std::search(begin, end, std::begin(kMaskedValue) + kLinks, std::end(kMaskedValue) - 1, same) != end;
  }
  return false;
}

TEST(DoctorSections, NoValueIsLeftInMemory) {
#ifdef SENTINEL_SANITIZED
  GTEST_SKIP() << "the sanitizer has a heap of its own";
#endif
  for (const std::string_view before : {"[a]\nmisspelt_secret_key = ", "[a]\ns3 =\n  misspelt_secret_key = "}) {
    char text[160] = {};
    char* at = std::ranges::copy(before, text).out;
    for (const char c : std::string_view(kMaskedValue)) *at++ = static_cast<char>(c ^ kMask);
    const std::string_view whole(text, static_cast<std::size_t>(at - text));
    std::string copy(whole);
    EXPECT_TRUE(lies_on_the_heap());
    ipc::wipe(copy.data(), copy.size());
    ASSERT_FALSE(lies_on_the_heap());
    EXPECT_EQ(sections(whole).size(), 1U);
    EXPECT_FALSE(lies_on_the_heap()) << before;
  }
}

TEST(DoctorSections, WhatIsNoIniIsPassedOver) {
  EXPECT_TRUE(sections("aws_secret_access_key = x\n").empty());  // before any section
  for (const std::string text :
       {"[", "[]", "[a", "[a]", "[a]\n=", "[a]\n=x", "[a]\nx", "[a]\n[", "\n\n", "[a]\r\n", "]["}) {
    for (const AwsSection& section : sections(text)) EXPECT_FALSE(section.secret_key) << text;
  }
  EXPECT_FALSE(sections("[a]\n# aws_secret_access_key = x\n;aws_secret_access_key = x").at(0).secret_key);
  EXPECT_FALSE(sections("[a]\naws_secret_access_key =\n").at(0).secret_key);
  EXPECT_FALSE(sections("[a]\nmy_aws_secret_access_key = x\n").at(0).secret_key);
}

TEST(DoctorSections, AnIndentedLineBelongsToTheKeyBefore) {
  EXPECT_FALSE(sections("[a]\ns3 =\n  aws_secret_access_key = x\n").at(0).secret_key);
  EXPECT_TRUE(sections("[a]\n  aws_secret_access_key = x\n").at(0).secret_key);
}

TEST(DoctorSections, KeysAreReadAsTheAwsToolsDo) {
  const auto found = sections(
      "[default]\nAWS_Secret_Access_Key=x\r\n[profile  'ledger prod']\naws_secret_access_key: x\n"
      "aws_session_token=t\n[profile b]\ncredential_process = \"/usr/bin/sentinel\" credentials --profile c\n"
      "[profile c]\ncredential_process=/opt/vault --sentinel\n[default]\naws_session_token = t\n");
  const auto named = [&](std::string_view name) { return *std::ranges::find(found, name, &AwsSection::name); };
  ASSERT_EQ(found.size(), 4U);
  EXPECT_TRUE(named("default").secret_key && named("default").session_token);  // two sections of one name are one
  EXPECT_TRUE(named("ledger prod").secret_key && !named("ledger prod").long_term_key());
  EXPECT_TRUE(named("b").process && named("b").own_process);
  EXPECT_TRUE(named("c").process && !named("c").own_process);
}

TEST(DoctorSections, ASectionThatIsNoProfileIsShownInBrackets) {
  std::vector<std::string> names;
  for (const AwsSection& section : sections("[a]\n[services 'b c']\n[sso-session d]\n[profile e'f]\n[profile a]\n")) {
    names.push_back(section.name);
  }
  EXPECT_THAT(names, ElementsAre("a", "[services b c]", "[sso-session d]", "[a]", "[profile e'f]"));
  EXPECT_EQ(sections_of("[profile a]\n", ipc::AwsFileKind::kCredentials, "file").sections.at(0).name, "profile a");
}

TEST_F(DoctorAwsFiles, ALineThatCannotBeReadIsNotCalledGoodAndSpoilsItselfAlone) {
  credentials("[one]\nregion = eu-1\n\x1b = x\n");
  EXPECT_UNTOLD(check_long_term_keys(host_), "~/.aws/credentials:3: the line holds a control character, so that");
  credentials("[one]\nnonsense\n[two]\n" + std::string(kKeys));
  EXPECT_NO(check_long_term_keys(host_), "two in ~/.aws/credentials");
  EXPECT_UNTOLD(check_session_keys(host_), "~/.aws/credentials:2: the line has no '='");
}

TEST_F(DoctorAwsFiles, WhatCannotBeReadIsNotCalledGood) {
  folder("/home/marta/.aws/credentials");  // a folder in its place
  EXPECT_UNTOLD(check_long_term_keys(host_), "~/.aws/credentials");
  std::filesystem::remove(host_.at("/home/marta/.aws/credentials"));
  ASSERT_EQ(::mkfifo(host_.at("/home/marta/.aws/credentials").c_str(), 0600), 0);
  EXPECT_UNTOLD(check_long_term_keys(host_), "~/.aws/credentials");
  std::filesystem::remove(host_.at("/home/marta/.aws/credentials"));
  std::filesystem::create_symlink("/dev/zero", host_.at("/home/marta/.aws/credentials"));
  EXPECT_UNTOLD(check_session_keys(host_), "~/.aws/credentials");
  std::filesystem::remove(host_.at("/home/marta/.aws/credentials"));
  credentials(std::string(kMaxLookedAt + 1, '\n'));
  EXPECT_UNTOLD(check_keys_that_win(host_), "~/.aws/credentials");
}

TEST_F(DoctorAwsFiles, AFileOfTheKernelsHasNoSizeAndIsReadAllTheSame) {
  const LookedAt status = look_at("/proc/self/status");
  EXPECT_EQ(status.how, Reading::Read);
  EXPECT_THAT(std::string(status.text.view()), HasSubstr("TracerPid:"));
}

TEST_F(DoctorAwsFiles, WithoutFilesNothingIsOpen) {
  for (const auto check : {check_long_term_keys, check_session_keys, check_keys_that_win, check_credential_processes,
                           check_sso_tokens, check_cached_sessions, check_other_key_files, check_readable_files}) {
    EXPECT_YES(check(host_));
  }
}

TEST_F(DoctorAwsFiles, LongTermKeysAreNamedByProfileAndFileAndNeverShown) {
  credentials("[one]\n" + std::string(kKeys) + "[two]\nregion = eu-1\n");
  config("[profile three]\n" + std::string(kKeys) + "[profile four]\n" + kKeys + "aws_session_token = t\n");
  const Found found = check_long_term_keys(host_);
  EXPECT_NO(found, "three in ~/.aws/config; one in ~/.aws/credentials");
  EXPECT_THAT(found.subject, Not(HasSubstr("not-to-be-shown")));
  EXPECT_THAT(found.subject, Not(HasSubstr("four")));
  EXPECT_NO(check_session_keys(host_), "four in ~/.aws/config");
}

TEST_F(DoctorAwsFiles, FilesThatTheEnvironmentNamesCountBesideThoseAtHome) {
  file("/elsewhere/keys", "[other]\n" + std::string(kKeys));
  credentials("[one]\n" + std::string(kKeys));
  set("AWS_SHARED_CREDENTIALS_FILE", "/elsewhere/keys");
  EXPECT_NO(check_long_term_keys(host_), "one in ~/.aws/credentials; other in /elsewhere/keys");
  set("AWS_CONFIG_FILE", "~/.aws/config");
  EXPECT_THAT(aws_file_paths(host_),
              ElementsAre("/home/marta/.aws/config", "/home/marta/.aws/credentials", "/elsewhere/keys"));
}

TEST_F(DoctorAwsFiles, KeysGoBeforeSentinelInDefaultAndWhereItIsTheProcess) {
  credentials("[brokered]\n" + std::string(kKeys) + "[plain]\n" + kKeys);
  config("[profile brokered]\ncredential_process = sentinel credentials --profile plain --policy-file /p\n");
  const Found found = check_keys_that_win(host_);
  EXPECT_NO(found, "brokered in ~/.aws/credentials");
  EXPECT_THAT(found.subject, Not(HasSubstr("plain")));
  EXPECT_YES(check_credential_processes(host_));
  credentials("[default]\n" + std::string(kKeys));
  EXPECT_NO(check_keys_that_win(host_), "default in ~/.aws/credentials");
}

TEST_F(DoctorAwsFiles, AForeignCredentialProcessIsNamedByItsProfileAlone) {
  config("[profile vault]\ncredential_process = /opt/vault --password not-to-be-shown\n");
  const Found found = check_credential_processes(host_);
  EXPECT_NO(found, "vault in ~/.aws/config");
  EXPECT_THAT(found.subject, Not(HasSubstr("not-to-be-shown")));
}

TEST(DoctorCaches, OnlyWhatStillWorksCounts) {
  constexpr std::time_t kNow = 1'800'000'000;
  const auto live = [&](std::string_view json) { return holds_live(json, "accessToken", "expiresAt", kNow); };
  EXPECT_FALSE(live(""));
  EXPECT_FALSE(live("{}"));
  EXPECT_FALSE(live(R"({"accessToken": "", "expiresAt": "2030-01-01T00:00:00Z"})"));
  EXPECT_FALSE(live(R"({"accessToken": 7)"));
  EXPECT_FALSE(live(R"({"clientSecret":"s","expiresAt":"2030-01-01T00:00:00Z"})"));
  EXPECT_FALSE(live(R"({"accessToken":"t","expiresAt":"2027-01-15T08:00:00Z"})"));
  EXPECT_TRUE(live(R"({"accessToken":"t","expiresAt":"2027-01-15T08:00:01UTC"})"));
  EXPECT_TRUE(live("{\"expiresAt\" :\n\"2030-01-01T00:00:00+00:00\", \"accessToken\" : \"t\"}"));
  EXPECT_TRUE(live(R"({"accessToken":"t"})"));  // no end that can be read: it may still work
  EXPECT_TRUE(live(R"({"accessToken":"t","expiresAt":"soon"})"));
}

TEST_F(DoctorAwsFiles, LiveTokensAndSessionsAreNamedByFile) {
  file("/home/marta/.aws/sso/cache/a.json", R"({"accessToken":"not-to-be-shown","expiresAt":"2030-01-01T00:00:00Z"})");
  file("/home/marta/.aws/sso/cache/old.json", R"({"accessToken":"t","expiresAt":"2020-01-01T00:00:00Z"})");
  file(
      "/home/marta/.aws/sso/cache/renewed.json",
      R"({"accessToken":"t","expiresAt":"2020-01-01T00:00:00Z","refreshToken":"r","registrationExpiresAt":"2030-01-01T00:00:00Z"})");
  file("/home/marta/.aws/cli/cache/b.json",
       R"({"Credentials":{"SecretAccessKey":"not-to-be-shown","Expiration":"2030-01-01T00:00:00Z"}})");
  const Found tokens = check_sso_tokens(host_);
  EXPECT_NO(tokens, "~/.aws/sso/cache/a.json, ~/.aws/sso/cache/renewed.json");
  EXPECT_THAT(tokens.subject, Not(HasSubstr("old.json")));
  EXPECT_THAT(tokens.subject, Not(HasSubstr("not-to-be-shown")));
  EXPECT_NO(check_cached_sessions(host_), "~/.aws/cli/cache/b.json");
}

// As `aws login` writes it: the refresh token has no end that can be read.
TEST_F(DoctorAwsFiles, WhatAwsLoginKeepsIsNamedAndMustBePrivate) {
  file(
      "/home/marta/.aws/login/cache/c.json",
      R"({"accessToken":{"secretAccessKey":"not-to-be-shown","expiresAt":"2020-01-01T00:00:00Z"},"refreshToken":"r","dpopKey":"k"})");
  EXPECT_NO(check_sso_tokens(host_), "~/.aws/login/cache/c.json");
  EXPECT_YES(check_readable_files(host_));
  mode("/home/marta/.aws/login/cache/c.json", 0644);
  EXPECT_NO(check_readable_files(host_), "~/.aws/login/cache/c.json");
}

TEST_F(DoctorAwsFiles, WhatAwsLoginKeepsIsFoundWhereTheVariableHasIt) {
  host_.environment.emplace_back("AWS_LOGIN_CACHE_DIRECTORY=~/elsewhere");
  file(
      "/home/marta/elsewhere/c.json",
      R"({"accessToken":{"secretAccessKey":"not-to-be-shown","expiresAt":"2030-01-01T00:00:00Z"},"refreshToken":"r","dpopKey":"k"})");
  mode("/home/marta/elsewhere/c.json", 0644);
  EXPECT_NO(check_sso_tokens(host_), "~/elsewhere/c.json");
  EXPECT_NO(check_cached_sessions(host_), "~/elsewhere/c.json");
  EXPECT_EQ(check_cached_sessions(host_).fix_subject, "~/elsewhere/c.json");  // rm -r: never the folder, which is yours
  EXPECT_NO(check_readable_files(host_), "~/elsewhere/c.json");
}

TEST_F(DoctorAwsFiles, AFixCanBeGivenToAShellWhateverTheFilesAreCalled) {
  EXPECT_EQ(for_shell({"~/.aws/config", "/a b", "~/.aws/cli/cache/;x", "/it's", "~x"}),
            "~/.aws/config '/a b' ~/'.aws/cli/cache/;x' '/it'\\''s' '~x'");
  file("/home/marta/.aws/cli/cache/$(x).json", R"({"SecretAccessKey":"s"})");
  EXPECT_EQ(check_cached_sessions(host_).fix_subject, "~/.aws/cli/cache");
  mode("/home/marta/.aws/cli/cache/$(x).json", 0644);
  EXPECT_EQ(check_readable_files(host_).fix_subject, "~/'.aws/cli/cache/$(x).json'");
}

TEST_F(DoctorAwsFiles, OtherToolsFilesCountWhereTheyHoldAKey) {
  file("/home/marta/.boto", "[Credentials]\n#aws_secret_access_key = x\n");
  file("/home/marta/.s3cfg", "[default]\nsecret_key = \n");
  EXPECT_YES(check_other_key_files(host_));
  file("/home/marta/.s3cfg", "[default]\nsecret_key = not-to-be-shown\n");
  const Found found = check_other_key_files(host_);
  EXPECT_NO(found, "~/.s3cfg");
  EXPECT_THAT(found.subject, Not(HasSubstr("not-to-be-shown")));
}

TEST_F(DoctorAwsFiles, ManyProfilesAreCounted) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "[p" + std::to_string(i) + "]\n" + kKeys;
  credentials(text);
  EXPECT_NO(check_long_term_keys(host_), "and 42 more in ~/.aws/credentials");
}

// ---- who else can read and write them

TEST_F(DoctorAwsFiles, OthersGetAtAFileByItsModeOrThroughAFolder) {
  file("/home/marta/.aws/credentials", "", 0644);
  EXPECT_NO(check_readable_files(host_), "~/.aws/credentials");
  mode("/home/marta/.aws/credentials", 0602);
  EXPECT_NO(check_readable_files(host_), "~/.aws/credentials");
  mode("/home/marta/.aws/credentials", 0600);
  EXPECT_YES(check_readable_files(host_));
  mode("/home/marta", 0777);  // whoever may write it puts another .aws there
  EXPECT_NO(check_readable_files(host_), "~/.aws/credentials");
  mode("/home/marta/.aws", 0700);
  EXPECT_NO(check_readable_files(host_), "~/.aws/credentials");
  mode("/home/marta", 01777);
  EXPECT_YES(check_readable_files(host_));
}

TEST_F(DoctorAwsFiles, AFolderThatIsClosedKeepsWhatIsBelow) {
  file("/home/marta/.aws/credentials", "", 0666);
  mode("/home/marta/.aws", 0700);
  EXPECT_YES(check_readable_files(host_));
  mode("/home/marta/.aws", 0755);
  mode("/home/marta", 0700);
  EXPECT_YES(check_readable_files(host_));
}

TEST_F(DoctorAwsFiles, AGroupCountsUnlessItIsTheUsersOwn) {
  file("/home/marta/.aws/credentials", "", 0640);
  EXPECT_YES(check_readable_files(host_));
  host_.private_group.reset();
  EXPECT_NO(check_readable_files(host_), "~/.aws/credentials");
}

TEST_F(DoctorAwsFiles, WhatBelongsToAStrangerIsTheStrangers) {
  credentials("");
  EXPECT_YES(check_readable_files(host_));
  host_.uid = host_.uid_of_root = ::geteuid() + 1;
  EXPECT_NO(check_readable_files(host_), "~/.aws/credentials");
}

}  // namespace
}  // namespace supervisor
