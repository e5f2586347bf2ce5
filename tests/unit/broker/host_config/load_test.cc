// Every way to write host.yaml wrongly is refused with its place; what remains is read as sentinel-host(5) says.
#include "host_config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kProfiles[] = "profiles: { base: { credential: base-key, region: eu-north-1 } }\n";
constexpr char kPolicy[] = "policy: { parameter: /p, profile: base }\n";
constexpr char kPrincipals[] = "principals: [{ uid: 1000, user: marta }]\n";
constexpr char kLog[] = "log: { syslog: true }\n";

// A good file in which one part, the one that begins as `part` does, is in the place of the usual one.
std::string with(const std::string& part) {
  std::string text = "version: \"1\"\n";
  std::string plain = part;
  std::erase(plain, '^');
  bool there = false;
  for (const std::string usual : {kProfiles, kPolicy, kPrincipals, kLog}) {
    const bool replaced = plain.starts_with(usual.substr(0, usual.find(':') + 1));
    there = there || replaced;
    text += replaced ? part : usual;
  }
  return there ? text : text + part;
}

// `part` holds one '^' right before the byte that the error must name by line and column.
struct RefusedHost {
  const char* claim;
  std::string part;
  const char* reason;
  const char* next_step;
};

class HostConfigRefused : public ::testing::TestWithParam<RefusedHost> {};

TEST_P(HostConfigRefused, AtItsPlaceWithANextStep) {
  std::string text = with(GetParam().part);
  const std::size_t mark = text.find('^');
  ASSERT_NE(mark, std::string::npos);
  text.erase(mark, 1);
  const std::string before = text.substr(0, mark);
  const std::string place = "host.yaml:" + std::to_string(1 + std::ranges::count(before, '\n')) + ":" +
                            std::to_string(mark - (before.rfind('\n') + 1) + 1) + ": ";
  const auto config = read_host_config(text, "host.yaml");
  ASSERT_FALSE(config) << text;
  ASSERT_THAT(config.error().told(), SizeIs(1)) << config.error().told()[1].what;
  const ipc::Error error = config.error().first();
  EXPECT_THAT(error.what, StartsWith(place)) << text;
  EXPECT_THAT(error.what, HasSubstr(GetParam().reason));
  EXPECT_THAT(error.next_step, HasSubstr(GetParam().next_step));
  EXPECT_EQ(error.fault, ipc::Fault::kConfig);
}

const RefusedHost kRefused[] = {
    {"AnUnknownKey", "^limit: {}\n", "unknown key \"limit\"; did you mean \"limits\"?", "nothing that is written"},
    {"AKeyAtTheWrongPlace", "policy: { parameter: /p, profile: base, ^file_mode: 1 }\n", "unknown key", "correct"},
    // profiles
    {"NoProfile", "profiles: ^{}\n", "1 to 1000 profiles", "NAME"},
    {"AProfileThatIsAWord", "profiles: { base: ^key }\n", "needs a mapping", "keys with their values"},
    {"NoSource", "profiles: { ^base: { region: eu-north-1 } }\n", "nothing says where its keys come from",
     "credential"},
    {"TwoSources", "profiles: { base: { credential: a, ^credential_process: /bin/x } }\n",
     "both credential and credential_process", "keep one"},
    {"AMisspeltSetting", "profiles: { base: { credential: a, ^role_anr: x } }\n", "did you mean \"role_arn\"?", ""},
    {"ASecret", "profiles: { base: { credential: a, ^aws_secret_access_key: abc } }\n", "a secret never stands in",
     "systemd-creds"},
    {"AnAccessKey", "profiles: { base: { ^aws_access_key_id: AKIAEXAMPLE } }\n", "an access key never stands",
     "credential: NAME"},
    {"ASessionToken", "profiles: { base: { credential: a, ^aws_session_token: abc } }\n", "a secret never", "lasts"},
    {"ASignIn", "profiles: { base: { ^sso_session: x } }\n", "a person signs in", "of the host's own"},
    {"AnMfaDevice", "profiles: { base: { credential: a, ^mfa_serial: x } }\n", "a device's code is asked", "needs no"},
    {"ASettingOfNoRole", "profiles: { base: { credential: a, ^external_id: abc } }\n", "this profile has no role_arn",
     "add role_arn"},
    {"ADurationOfNoRole", "profiles: { base: { credential: a, ^duration_seconds: 900 } }\n", "no role_arn",
     "take it out"},
    {"AnExternalIdOfAToken", "profiles: { base: { role_arn: r, web_identity_token_file: /t, ^external_id: abc } }\n",
     "not sent with a token", "another profile"},
    {"ARoleOfAProgram", "profiles: { base: { credential_process: /opt/x, ^role_arn: r } }\n",
     "whose keys are the profile's own", "source_profile: base"},
    {"ACredentialWithAPath", "profiles: { base: { credential: ^a/b } }\n", "not the name of a credential", "a path"},
    {"ACredentialAbove", "profiles: { base: { credential: ^.. } }\n", "not the name of a credential", "a path"},
    {"KeysOfAnEnvironment", "profiles: { base: { credential_source: ^Environment } }\n", "unknown credential_source",
     "known words"},
    {"ATokenFileOfNoFolder", "profiles: { base: { web_identity_token_file: ^token } }\n", "plain absolute path", "/"},
    {"AProgramOfNoFolder", "profiles: { base: { credential_process: ^keys now } }\n", "absolute path of a program",
     "/path/of/program"},
    {"AProgramInQuotes", "profiles: { base: { credential_process: ^'\"/opt/x\" y' } }\n", "absolute path of a program",
     "without quotes"},
    {"AProgramThatIsNotListed", "profiles: { base: { credential_process: ^/opt/x y, region: eu-north-1 } }\n",
     "runs a program that programs does not list", "add /opt/x to programs"},
    {"ALongerProgramThanTheListed",
     "profiles: { base: { credential_process: ^/opt/xy, region: eu-north-1 } }\nprograms: [/opt/x]\n",
     "programs does not list", "/opt/xy"},
    {"AProgramWithABlank", "programs: [^\"/opt/x y\"]\n", "has a blank", "another name"},
    {"AProgramTwice", "programs: [/opt/x, ^/opt/x]\n", "listed twice", "once"},
    {"AProgramByAWayRound", "programs: [^/opt/../x]\n", "plain absolute path", ".."},
    // policy
    {"NoPolicy", "policy: ^{ profile: base }\n", "a host has one policy", "parameter or file"},
    {"TwoPolicies", "policy: ^{ parameter: /p, file: /etc/p, profile: base }\n", "a host has one policy", "either"},
    {"AParameterWithoutKeys", "policy: ^{ parameter: /p }\n", "nothing says with whose keys", "profile: NAME"},
    {"AKmsKeyWithoutKeys", "policy: ^{ file: /etc/p, signed_by: { kms_key: k } }\n", "nothing says with whose keys",
     ""},
    {"KeysForNothing", "policy: { file: /etc/p, ^profile: base }\n", "AWS is not asked", "take profile out"},
    {"AnUnknownProfile", "policy: { parameter: /p, profile: ^bas }\n", "did you mean \"base\"?", "name one"},
    {"ARelativeFile", "policy: { file: ^p.yaml }\n", "plain absolute path", "from / on"},
    {"TwoSigners", "policy: { file: /p, signed_by: ^{ kms_key: k, key_file: /k }, profile: base }\n", "names one key",
     "either"},
    {"NoSigner", "policy: { file: /p, signed_by: ^{} }\n", "names one key", "either"},
    {"PollOfAFile", "policy: { file: /p, ^poll: 60s }\n", "poll is of a parameter", "take it out"},
    {"PollTooOften", "policy: { parameter: /p, profile: base, poll: ^4s }\n", "out of bounds", "5s to 1h"},
    {"PollWithoutAUnit", "policy: { parameter: /p, profile: base, poll: ^60 }\n", "60", "5s to 1h"},
    {"PollOfHalves", "policy: { parameter: /p, profile: base, poll: ^5.5s }\n", "whole seconds", "round"},
    {"TooOld", "policy: { parameter: /p, profile: base, max_age: ^25h }\n", "out of bounds", "0s to 24h"},
    // principals
    {"NoPrincipal", "principals: ^[]\n", "empty list", ""},
    {"NobodyNamed", "principals: [^{ user: marta }]\n", "nothing says who this is", "uid, uids, name and group"},
    {"TwoNamed", "principals: [{ uid: 1, ^name: marta, user: marta }]\n", "both uid and name", "a row for each"},
    {"AUidWithoutAUser", "principals: [^{ uid: 1 }]\n", "which user of the policy", "add user"},
    {"AUidInQuotes", "principals: [{ uid: ^\"1\", user: a }]\n", "not a number", "without quotes"},
    {"AUidWithASign", "principals: [{ uid: ^-1, user: a }]\n", "not a number", "digits"},
    {"AnOctalUid", "principals: [{ uid: ^010, user: a }]\n", "not a number", "digits"},
    {"TheUidThatIsNone", "principals: [{ uid: ^4294967295, user: a }]\n", "out of bounds", "4294967294"},
    {"ARangeOfOne", "principals: [{ uids: ^\"5\", user: \"{uid}\" }]\n", "not a range", "1000-1999"},
    {"ARangeThatFalls", "principals: [{ uids: ^\"9-5\", user: \"{uid}\" }]\n", "does not rise", "lower"},
    {"ARangeWithoutAnEnd", "principals: [{ uids: ^\"9-\", user: \"{uid}\" }]\n", "two ends", "1000-1999"},
    {"ARangeOfThree", "principals: [{ uids: ^\"1-2-3\", user: \"{uid}\" }]\n", "not a number", "digits"},
    {"AnUnknownPlaceholder", "principals: [^{ group: ops, user: \"{login}\" }]\n", "{login}", "{name}"},
    {"AGroupOfOneUser", "principals: [^{ group: ops, user: ops }]\n", "can hold for several uids", "shared: true"},
    {"ARangeOfOneUser", "principals: [^{ uids: \"1-9\", user: ops }]\n", "can hold for several uids", "shared: true"},
    {"TwoUidsOfOneUser", "principals: [{ uid: 1, user: ops }, ^{ uid: 2, user: ops }]\n", "and so is uid 1",
     "shared: true"},
    {"TheUidOfNobody", "principals: [^{ uid: 65534, user: ops }]\n", "no number here", "uid of their own"},
    {"AGroupOfManyThatIsShared", "principals: [^{ group: ops, shared: true }]\n", "makes a user of each account",
     "leave shared out"},
    {"OneLoginTwice", "principals: [{ name: a }, ^{ name: a, user: b }]\n", "the row at host.yaml:4:14", "leave one"},
    // limits, log, network
    {"AnUnknownLimit", "limits: { ^runs_per_usr: 1 }\n", "did you mean \"runs_per_user\"?", ""},
    {"ALimitOfNothing", "limits: { runs: ^0 }\n", "out of bounds", "give 1 to 65535"},
    {"ALimitInWords", "limits: { runs: ^many }\n", "not a number", "1 to 65535"},
    {"NoLog", "log: ^{ sync: true }\n", "without a record nobody gets keys", "syslog"},
    {"NoLogEither", "log: ^{ syslog: false }\n", "without a record", "syslog"},
    {"SyncOfNoFile", "log: ^{ syslog: true, sync: true }\n", "of a file", "add file"},
    {"ASizeInWords", "log: { file: /l, max_size: ^big }\n", "not a size", "64MiB"},
    {"ASmallSize", "log: { file: /l, max_size: ^1kB }\n", "out of bounds", "1MiB to 16GiB"},
    {"YesInOtherWords", "log: { syslog: ^yes }\n", "true or false", ""},
    {"AnEndpointInTheOpen", "endpoints: { sts: ^\"http://10.0.0.1\" }\n", "http", ""},
    {"AnEndpointOfNoService", "endpoints: { ^s3: \"https://x\" }\n", "unknown key \"s3\"", ""},
    {"APasswordOfAProxy", "proxy: ^\"http://u:p@proxy:3128\"\n", "a user and a password never stand", "without them"},
    {"PastNoProxy", "no_proxy: ^[a]\n", "there is none", "add proxy"},
    {"TwoHostsInOne", "proxy: \"http://p:1\"\nno_proxy: [^\"a,b\"]\n", "not one host", "an entry"},
    {"ABundleOfNoFolder", "ca_bundle: ^ca.pem\n", "plain absolute path", ""},
};

INSTANTIATE_TEST_SUITE_P(Each, HostConfigRefused, ::testing::ValuesIn(kRefused),
                         [](const ::testing::TestParamInfo<RefusedHost>& param) { return param.param.claim; });

std::vector<std::string> mistakes(const std::string& text) {
  const auto config = read_host_config(text, "h");
  std::vector<std::string> out;
  if (config) return out;
  for (const ipc::Error& each : config.error().told()) out.push_back(each.what);
  return out;
}

TEST(HostConfig, EveryPartIsDemanded) {
  EXPECT_THAT(mistakes("version: \"1\"\n"),
              ElementsAre(HasSubstr("\"profiles\" is missing"), HasSubstr("\"policy\" is missing"),
                          HasSubstr("\"principals\" is missing"), HasSubstr("\"log\" is missing")));
  EXPECT_THAT(mistakes("version: \"2\"\n"), ElementsAre(HasSubstr("version \"2\" is not supported")));
  EXPECT_THAT(mistakes("null\n"), ElementsAre(HasSubstr("the file is empty")));
}

TEST(HostConfig, EveryMistakeIsTold) {
  EXPECT_THAT(
      mistakes("version: \"1\"\n"
               "profiles: { a: { region: eu-north-1 }, b: { credential: x, colour: red } }\n"
               "policy: { file: p }\n"
               "principals: [{ uid: x, user: a }, { name: b }, { group: c, user: c }]\n"
               "limits: { runs: 0, runs_per_user: many }\n"
               "log: {}\n"),
      ElementsAre(StartsWith("h:2:13: profile \"a\": nothing says"),
                  StartsWith("h:2:60: profile \"b\": unknown key \"colour\""), StartsWith("h:3:17: policy: "),
                  StartsWith("h:4:21: principals: \"x\" is not a number"),
                  StartsWith("h:4:48: principals: group \"c\" can hold for several"), StartsWith("h:5:17: limits: "),
                  StartsWith("h:5:35: limits: "), StartsWith("h:6:6: log: no decision")));
}

TEST(HostConfig, ASecretsValueIsInNoSentence) {
  const auto config = read_host_config(with("profiles: { a: { aws_secret_access_key: tellNobody } }\n"), "h");
  ASSERT_FALSE(config);
  for (const ipc::Error& each : config.error().told()) {
    EXPECT_THAT(each.what + each.next_step, ::testing::Not(HasSubstr("tellNobody")));
  }
}

constexpr char kWhole[] = R"(version: "1"
programs: [/opt/vault/keys]
profiles:
  base: { credential: base-key, region: eu-north-1 }
  vault: { credential_process: /opt/vault/keys --path aws, region: eu-north-1 }
  ledger:
    role_arn: arn:aws:iam::111122223333:role/ledger
    source_profile: base
    duration_seconds: 3600
policy:
  parameter: /sentinel/policies/default
  profile: base
  signed_by: { kms_key: alias/policy }
  poll: 30s
  max_age: 0s
principals:
  - { uid: 1000, user: marta }
  - { uids: "2000-2999", user: "agent-{uid}" }
  - { name: build }
  - { group: ops, user: "ops-{name}" }
  - { group: interns, user: intern, shared: true }
  - { uid: 1001, user: intern, shared: true }
limits: { runs_per_user: 4 }
log: { file: /var/log/sentinel/decisions.jsonl, syslog: true, sync: true, max_size: 64MiB }
endpoints: { sts: "https://sts.example.com" }
ca_bundle: /etc/ssl/corp.pem
proxy: http://proxy.example.com:3128
no_proxy: [.example.com, 10.0.0.0/8]
)";

TEST(HostConfig, AWholeFileIsReadAsItSays) {
  const auto config = read_host_config(kWhole, "h");
  ASSERT_TRUE(config) << config.error().first().what;
  ASSERT_THAT(config->profiles, SizeIs(3));
  EXPECT_EQ(config->profiles[0].credential.text, "base-key");
  EXPECT_EQ(config->profiles[1].program.text, "/opt/vault/keys");
  EXPECT_EQ(config->profiles[2].settings.find("duration_seconds")->text, "3600");
  EXPECT_EQ(config->profiles[2].settings.find("source_profile")->line, 8);
  EXPECT_EQ(config->policy.parameter.text, "/sentinel/policies/default");
  EXPECT_EQ(config->policy.kms_key.text, "alias/policy");
  EXPECT_EQ(config->policy.poll.count(), 30);
  EXPECT_EQ(config->policy.max_age.count(), 0);
  EXPECT_EQ(config->limits.runs_per_user, 4u);
  EXPECT_EQ(config->limits.runs, 512u);
  EXPECT_EQ(config->log.max_bytes, 64u * 1024 * 1024);
  EXPECT_TRUE(config->log.system_log && config->log.sync);
  EXPECT_THAT(config->network, ElementsAre(::testing::Pair("AWS_CA_BUNDLE", "/etc/ssl/corp.pem"),
                                           ::testing::Pair("AWS_ENDPOINT_URL_STS", "https://sts.example.com"),
                                           ::testing::Pair("HTTPS_PROXY", "http://proxy.example.com:3128"),
                                           ::testing::Pair("NO_PROXY", ".example.com,10.0.0.0/8")));
}

TEST(HostConfig, RowsOfPrincipalsAreReadAsTheySay) {
  const auto config = read_host_config(kWhole, "h");
  ASSERT_TRUE(config);
  const auto row = [](PrincipalRow::By by, uid_t first, uid_t last, const char* name, const char* user, bool shared) {
    return ::testing::AllOf(::testing::Field(&PrincipalRow::by, by), ::testing::Field(&PrincipalRow::first, first),
                            ::testing::Field(&PrincipalRow::last, last), ::testing::Field(&PrincipalRow::name, name),
                            ::testing::Field(&PrincipalRow::user, user),
                            ::testing::Field(&PrincipalRow::shared, shared));
  };
  using By = PrincipalRow::By;
  EXPECT_THAT(
      config->principals,
      ElementsAre(row(By::kUid, 1000, 1000, "", "marta", false), row(By::kUids, 2000, 2999, "", "agent-{uid}", false),
                  row(By::kName, 0, 0, "build", "{name}", false), row(By::kGroup, 0, 0, "ops", "ops-{name}", false),
                  row(By::kGroup, 0, 0, "interns", "intern", true), row(By::kUid, 1001, 1001, "", "intern", true)));
  EXPECT_EQ(config->principals[1].place, "h:18:5");
}

TEST(HostConfig, ItsKeysAreTold) {
  std::vector<std::string> paths;
  for (const SchemaKey& key : host_keys()) paths.push_back(key.path);
  EXPECT_THAT(paths, ::testing::IsSupersetOf({"profiles.NAME.role_arn", "policy.signed_by.kms_key",
                                              "principals[].shared", "limits.runs", "log.syslog", "endpoints.sts"}));
}

}  // namespace
}  // namespace broker
