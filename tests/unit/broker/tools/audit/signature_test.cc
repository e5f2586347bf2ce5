// A signature holds for its own line, time, key name and key, and for nothing else.
#include "audit/signature.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "audit_verdicts.h"

namespace {

using namespace audit_lines;
using broker::LogKey;

// Made with `openssl genpkey -algorithm ed25519`, for these tests alone.
constexpr char kPrivatePem[] = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDVWlZnGfFUhVfxunh+n/DmaU7/gHu0zCsdglMR7lrCj
-----END PRIVATE KEY-----
)";
constexpr char kPublicPem[] = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAbiPMuTEa2hjbx5jwak7rIKbvPAz+V10Czw6KEoFhp7g=
-----END PUBLIC KEY-----
)";
constexpr char kOtherPem[] = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIPVl+8kx7oldTWMFPC9YAwni09hakxvAmNjJShCw+ZIO
-----END PRIVATE KEY-----
)";
constexpr char kEcPem[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgM7R+OVQEM4HEtxcp
8ad3M9X+eVmPGmJYeNIPXbqye5uhRANCAAQyuAP3uXXKgILwQBTPm5jfm+q7V7Fd
WyHN1D8XSkgle3jY1YQKE7sSck6dXNmG/wn5W6edM6bwL3eyPsqgiPlF
-----END PRIVATE KEY-----
)";

constexpr auto kVerify = LogKey::Purpose::kVerify;

class EachKind : public ::testing::TestWithParam<std::pair<std::string, std::string>> {
 protected:
  [[nodiscard]] File lines(int count) const { return written_lines(count, GetParam().first); }
  [[nodiscard]] Judged checked(const File& file) const { return judge(file, &key_); }
  // Of one line alone, so that the chain cannot be what finds it.
  [[nodiscard]] std::string fault(const std::string& line) const {
    const auto read = broker::read_audit_line(line);
    return read ? broker::signature_fault(key_, *read) : "unreadable: " + read.error().what;
  }
  LogKey key_ = key_from(GetParam().second, kVerify);
};

INSTANTIATE_TEST_SUITE_P(Signature, EachKind,
                         ::testing::Values(std::pair{kHmacKey, kHmacKey},
                                           std::pair<std::string, std::string>{kPrivatePem, kPublicPem},
                                           std::pair<std::string, std::string>{kPrivatePem, kPrivatePem}));

TEST_P(EachKind, AGenuineLogIsGood) {
  const Judged judged = checked(lines(10));
  EXPECT_EQ("", judged.first());
  EXPECT_EQ(10u, judged.totals.is_signed);
}

TEST_P(EachKind, EveryChangedByteIsFound) {
  const std::string line = lines(1)[0];
  ASSERT_EQ("", fault(line));
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string changed = line;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    ASSERT_NE("", fault(changed)) << at << ": " << changed;
  }
}

TEST_P(EachKind, TheTimeOfSigningIsCovered) {
  EXPECT_NE("", fault(with(lines(1)[0], "\",\"timestamp\":\"2026", "\",\"timestamp\":\"2025")));
}

TEST_P(EachKind, TheKeyIdIsCovered) {
  const std::string id = key_.id();
  EXPECT_EQ("has no valid signature: it names key other, and the key given is " + id,
            fault(with(lines(1)[0], "\"key_id\":\"" + id, "\"key_id\":\"other")));
}

TEST_P(EachKind, AMovedSignatureIsFound) {
  const File two = lines(2);
  const auto signature_of = [](const std::string& line) {
    return line.substr(line.find("\"signature\":\"") + 13,
                       line.find("\",\"key_id\"") - line.find("\"signature\":\"") - 13);
  };
  EXPECT_NE("", fault(with(two[0], signature_of(two[0]), signature_of(two[1]))));
}

TEST_P(EachKind, AnEmptyOrCutSignatureIsFound) {
  const std::string line = lines(1)[0];
  const std::size_t from = line.find("\"signature\":\"") + 13, to = line.find("\",\"key_id\"");
  EXPECT_EQ("has an empty signature", fault(line.substr(0, from) + line.substr(to)));
  for (const std::size_t left : {std::size_t{1}, std::size_t{2}, (to - from) / 2, to - from - 1}) {
    EXPECT_NE("", fault(line.substr(0, from + left) + line.substr(to))) << left;
  }
  EXPECT_NE("", fault(line.substr(0, to) + "00" + line.substr(to)));
}

TEST_P(EachKind, ASignatureThatIsNotHexIsFound) {
  const std::string line = lines(1)[0];
  const std::size_t from = line.find("\"signature\":\"") + 13;
  EXPECT_EQ("has a signature that is not hex digits", fault(line.substr(0, from) + "zz" + line.substr(from + 2)));
}

TEST_P(EachKind, ChainedLinesThatWereWrittenAnewAreFound) {
  File forged = written_lines(3);  // a whole chain, good in itself, without the key
  ASSERT_EQ("", judge(forged).first());
  EXPECT_EQ("a:0 has no signed line, and a key was given", checked(forged).first());
}

TEST_P(EachKind, AnUnsignedLineAmongSignedOnesIsFound) {
  File mixed = lines(3);
  const auto read = broker::read_audit_line(mixed[1]);
  ASSERT_TRUE(read);
  mixed[1] = std::string(read->entry);
  const Judged judged = checked(mixed);
  EXPECT_EQ("a:2 is not signed, and lines before it are", judged.first());
}

// Whoever may write the file removes it, writes a chain of his own, and lets the broker sign what comes next.
TEST_P(EachKind, AForgedHistoryBelowSignedLinesIsFound) {
  const File forged = written_lines(3);
  const std::string link = R"({"timestamp":"2026-01-01T00:00:00Z","event":"rotated","sequence":50,"previous":")" +
                           std::string(64, '7') + "\"}";
  const std::string old = R"({"timestamp":"2026-01-01T00:00:00Z","user":"u","profile":"p","effect":"deny"})";
  for (const File& history : {forged, File{link}, File{old, old}}) {
    ipc::UniqueFd file = memory_file();
    const ipc::UniqueFd seen(::dup(file.get()));
    for (const std::string& line : history) put(file.get(), line + "\n");
    broker::AuditLog log(audit_lines::kClock, key_from(GetParam().first));
    ASSERT_TRUE(log.add_sink(std::move(file), "log", false));
    ASSERT_TRUE(log.record(issued_line()));
    std::string text = content(seen.get());
    text.pop_back();
    File lines = history;
    lines.push_back(text.substr(text.rfind('\n') + 1));
    ASSERT_EQ("", judge(lines).first()) << "the chain itself is whole";
    const std::string place = "a:" + std::to_string(lines.size()) + " is the first signed line: ";
    EXPECT_EQ(0u, checked(lines).first().find(place + std::to_string(history.size()) + " before it"))
        << checked(lines).first();
  }
}

TEST_P(EachKind, ASignatureHasOneFormAlone) {
  std::string line = lines(1)[0];
  const std::size_t from = line.find("\"signature\":\"") + 13, to = line.find("\",\"key_id\"");
  const std::string before = line;
  std::transform(line.begin() + static_cast<long>(from), line.begin() + static_cast<long>(to),
                 line.begin() + static_cast<long>(from),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  ASSERT_NE(before, line);
  EXPECT_NE("", fault(line));
}

TEST_P(EachKind, WhiteSpaceIsNotSigned) {
  std::string spaced = with(lines(1)[0], "{\"timestamp\":", "{ \"timestamp\" :\t");
  EXPECT_EQ("", fault(spaced));
}

TEST_P(EachKind, TheOrderOfMembersIsSigned) {
  EXPECT_NE("", fault(with(lines(1)[0], R"("user":"user1","profile":"ledger-prod")",
                           R"("profile":"ledger-prod","user":"user1")")));
}

TEST(Signature, AnotherKeyIsRefused) {
  for (const auto& [signer, verifier] : {std::pair<std::string, std::string>{kHmacKey, kOtherHmacKey},
                                         {kPrivatePem, kOtherPem},
                                         {kHmacKey, kPublicPem},
                                         {kPrivatePem, kHmacKey}}) {
    const LogKey key = key_from(verifier, kVerify);
    const Judged judged = judge(written_lines(2, signer), &key);
    EXPECT_EQ(2u, judged.findings.size());
    EXPECT_NE(judged.first().find("has no valid signature: it names key"), std::string::npos) << judged.first();
  }
}

TEST(Signature, UnusableKeysAreRefusedWithTheNextStep) {
  ASSERT_TRUE(key_from(kHmacKey).id().size() == 16);
  for (const std::string& text :
       {std::string(62, 'a'), std::string(), std::string("\n"), std::string(65, 'a'), std::string(64, 'g'),
        std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), std::string(kEcPem),
        std::string(kPublicPem)}) {
    const auto key = LogKey::from_text(text, "the-key", LogKey::Purpose::kSign);
    ASSERT_FALSE(key) << text;
    EXPECT_NE(key.error().what.find("the-key"), std::string::npos);
    EXPECT_FALSE(key.error().next_step.empty());
    if (text.size() > 16) {
      EXPECT_EQ(key.error().what.find(text.substr(0, 16)), std::string::npos) << "part of a key is shown";
    }
  }
}

TEST(Signature, AShortKeyIsRefusedForVerifyingToo) {
  ASSERT_TRUE(key_from(kHmacKey).id().size() == 16);
  EXPECT_FALSE(LogKey::from_text(std::string(62, 'a'), "the-key", kVerify));
}

TEST(Signature, AKeyIdIsPlain) {
  ASSERT_TRUE(key_from(kHmacKey).id().size() == 16);
  for (const char* bad : {"two words", "\"", "back\\slash", "tab\t", "\xC3\xA9"}) {
    EXPECT_FALSE(LogKey::from_text(kHmacKey, "k", LogKey::Purpose::kSign, bad)) << bad;
  }
  const auto named = LogKey::from_text(kHmacKey, "k", LogKey::Purpose::kSign, "log-2026");
  ASSERT_TRUE(named);
  EXPECT_EQ("log-2026", named->id());
}

TEST(Signature, AKeyFileThatOthersCanReadIsRefused) {
  ASSERT_TRUE(key_from(kHmacKey).id().size() == 16);
  std::string path = "/tmp/sentinel-log-key-XXXXXX";
  const ipc::UniqueFd file(::mkstemp(path.data()));
  put(file.get(), kHmacKey);
  for (const mode_t mode : {0604, 0644, 0602, 0620, 0666}) {
    ASSERT_EQ(0, ::fchmod(file.get(), mode));
    const auto key = LogKey::read(path, LogKey::Purpose::kSign);
    ASSERT_FALSE(key) << std::oct << mode;
    EXPECT_EQ("chmod 600 " + path, key.error().next_step);
  }
  ASSERT_EQ(0, ::fchmod(file.get(), 0600));
  EXPECT_TRUE(LogKey::read(path, LogKey::Purpose::kSign));
  if (::geteuid() == 0) {
    ASSERT_EQ(0, ::fchown(file.get(), 12345, 0));
    EXPECT_FALSE(LogKey::read(path, LogKey::Purpose::kSign)) << "another user's key";
  }
  ::unlink(path.c_str());
  EXPECT_FALSE(LogKey::read("/tmp", LogKey::Purpose::kSign));
  EXPECT_FALSE(LogKey::read(path, LogKey::Purpose::kSign));
}

}  // namespace
