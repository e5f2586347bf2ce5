#include "sources/sso/token.h"

#include <gtest/gtest.h>

#include "text/rfc3339.h"

namespace broker {
namespace {

using namespace std::chrono;

constexpr std::string_view kEnds = R"("expiresAt":"2026-01-27T18:00:00Z")";

std::string with(std::string_view members) { return std::string("{") + std::string(members) + "}"; }
std::string whole(std::string_view more = {}) {
  return with(std::string(R"("accessToken":"access-1",)") + std::string(kEnds) + std::string(more));
}

class SsoToken_ : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ipc::SecretArena::open()); }
  static std::string refusal(std::string_view json) {
    const auto token = read_sso_token(json);
    return token ? "" : token.error().what;
  }
};

struct Hostile {
  std::string name, json, why;
};

class HostileTokenFile : public SsoToken_, public ::testing::WithParamInterface<Hostile> {};

TEST_P(HostileTokenFile, IsNotBelieved) { EXPECT_EQ(GetParam().why, refusal(GetParam().json)); }

const std::string kNoText = " that is empty, or has spaces, line ends or other bytes";

INSTANTIATE_TEST_SUITE_P(
    All, HostileTokenFile,
    ::testing::Values(
        Hostile{"Empty", "", "is not one JSON object"}, Hostile{"List", "[]", "is not one JSON object"},
        Hostile{"Cut", R"({"accessToken":"access-1")", "is not one JSON object"},
        Hostile{"TwoObjects", whole() + "{}", "is not one JSON object"},
        Hostile{"Deep", with("\"a\":" + std::string(10000, '[')), "is not one JSON object"},
        Hostile{"NotUtf8", with("\"a\":\"\xFF\""), "is not one JSON object"},
        Hostile{"NoToken", with(kEnds), "has no accessToken"},
        Hostile{"NullToken", with(std::string(R"("accessToken":null,)") + std::string(kEnds)), "has no accessToken"},
        Hostile{"NumberToken", with(std::string(R"("accessToken":7,)") + std::string(kEnds)),
                "has a value for accessToken that is no text"},
        Hostile{"ObjectToken", with(std::string(R"("accessToken":{},)") + std::string(kEnds)),
                "has a value for accessToken that is no text"},
        Hostile{"EmptyToken", with(std::string(R"("accessToken":"",)") + std::string(kEnds)),
                "has a value for accessToken" + kNoText},
        Hostile{"TokenWithALineEnd", with(std::string(R"("accessToken":"a\r\nX-Evil: 1",)") + std::string(kEnds)),
                "has a value for accessToken" + kNoText},
        Hostile{"TokenWithANul", with(std::string(R"("accessToken":"a\u0000b",)") + std::string(kEnds)),
                "has a value for accessToken" + kNoText},
        Hostile{"HugeToken",
                with("\"accessToken\":\"" + std::string(kMaxSsoSecret + 1, 'x') + "\"," + std::string(kEnds)),
                "has a value for accessToken that is too long"},
        Hostile{"TwoTokens", whole(R"(,"accessToken":"access-2")"), "has a member twice"},
        Hostile{"NoEnd", with(R"("accessToken":"access-1")"), "has no expiresAt"},
        Hostile{"EndInWords", with(R"("accessToken":"access-1","expiresAt":"tomorrow")"),
                "has a value for expiresAt that is no moment such as 2026-01-31T12:00:00Z"},
        Hostile{"EndWithoutAZone", with(R"("accessToken":"access-1","expiresAt":"2026-01-27T18:00:00")"),
                "has a value for expiresAt that is no moment such as 2026-01-31T12:00:00Z"},
        Hostile{"EndAsANumber", with(R"("accessToken":"access-1","expiresAt":1769536800)"),
                "has a value for expiresAt that is no text"},
        Hostile{"UrlWithSpaces", whole(R"(,"startUrl":"a b")"), "has a value for startUrl" + kNoText},
        Hostile{"RefreshList", whole(R"(,"refreshToken":[1])"), "has a value for refreshToken that is no text"},
        Hostile{"RegistrationEnd", whole(R"(,"registrationExpiresAt":"never")"),
                "has a value for registrationExpiresAt that is no moment such as 2026-01-31T12:00:00Z"}),
    [](const auto& row) { return row.param.name; });

TEST_F(SsoToken_, ThousandsOfMembersAreNotRead) {
  std::string json = whole();
  json.pop_back();
  for (int i = 0; i < 1000; ++i) json += ",\"m" + std::to_string(i) + "\":1";
  EXPECT_EQ("has too many members", refusal(json + "}"));
}

TEST_F(SsoToken_, EveryWayInWhichOthersWriteTheEndIsRead) {
  const sys_seconds expected = sys_days(2026y / January / 27) + 18h;
  for (const char* text : {"2026-01-27T18:00:00Z", "2026-01-27T18:00:00UTC", "2026-01-27T18:00:00.123Z",
                           "2026-01-27T18:00:00+00:00", "2026-01-27T20:00:00+02:00"}) {
    const auto token = read_sso_token(with(std::string(R"("accessToken":"a","expiresAt":")") + text + '"'));
    ASSERT_TRUE(token) << text << ": " << token.error().what;
    EXPECT_EQ(expected, token->ends) << text;
  }
}

TEST_F(SsoToken_, AHalfRegistrationIsNone) {
  const auto token = read_sso_token(whole(R"(,"refreshToken":"r","clientId":"c","clientSecret":"s")"));
  ASSERT_TRUE(token);
  EXPECT_EQ("", token->client.id);
}

TEST_F(SsoToken_, IsWrittenAsItWasReadWithWhatNobodyKnows) {
  const std::string text =
      R"({"startUrl":"https://ledger.awsapps.com/start","region":"eu-central-1","accessToken":"access-1",)"
      R"("expiresAt":"2026-01-27T18:00:00Z","clientId":"client-1","clientSecret":"hidden-1",)"
      R"("registrationExpiresAt":"2026-04-27T18:00:00Z","refreshToken":"again-1",)"
      R"("identityProvider":{"a":[1,2.50]},"odd \"name\"":null})";
  const auto token = read_sso_token(text);
  ASSERT_TRUE(token) << token.error().what;
  EXPECT_EQ(text, sso_token_text(*token));
}

TEST_F(SsoToken_, TheFilesHaveTheNamesThatTheCliGivesThem) {
  // From Python: hashlib.sha1(...) of what botocore's SSOTokenFetcher hashes; test_sso_cache.py asks botocore itself.
  SsoPlan plan;
  plan.start_url = "https://ledger.awsapps.com/start";
  plan.region = "eu-central-1";
  EXPECT_EQ("de27f216ed70aa54db220242fe49e8f632563034", sso_token_name(plan));
  EXPECT_EQ("1c6ecf1450bd687a51dbef630b6603cb3061c851", sso_client_name(plan));
  plan.session = "ledger";
  plan.scopes = {"sso:account:access", "codewhisperer:completions"};
  EXPECT_EQ("850bf1071c5e3d8c24235676f8816ae0cbe2f14f", sso_token_name(plan));
  EXPECT_EQ("bb50f375b355fe5de0a038fd467be0a512dcbac7", sso_client_name(plan));
}

TEST_F(SsoToken_, AStartUrlIsOnePageHoweverItEnds) {
  EXPECT_TRUE(same_start_url("https://a.awsapps.com/start", "https://a.awsapps.com/start/#/"));
  EXPECT_FALSE(same_start_url("https://a.awsapps.com/start", "https://b.awsapps.com/start"));
}

}  // namespace
}  // namespace broker
