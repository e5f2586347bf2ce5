// Whatever is done to a log's lines is found, and named with its file and line; and nothing is found where nothing
// was done.
#include "tools/audit/verify.h"

#include "audit_verdicts.h"
#include "text/hex.h"

namespace {

using namespace audit_lines;

TEST(AuditVerify, AnUntouchedLogIsGood) {
  const File lines = written_lines(50);
  const Judged judged = judge(lines);
  EXPECT_EQ("", judged.first());
  EXPECT_TRUE(judged.notes.empty());
  EXPECT_EQ(50u, judged.totals.chained);
  EXPECT_EQ(50u, judged.totals.head_sequence);
  EXPECT_EQ(broker::sha256_hex(lines.back()), judged.totals.head_hash);
}

TEST(AuditVerify, ADeletedLineIsNamedByItsNumber) {
  File lines = written_lines(6);
  lines.erase(lines.begin() + 2);
  EXPECT_EQ("a:3 line number 3 is missing before this one", judge(lines).first());
  EXPECT_EQ(1u, judge(lines).findings.size());
}

TEST(AuditVerify, ADeletedBeginningIsFound) {
  File lines = written_lines(6);
  lines.erase(lines.begin(), lines.begin() + 3);
  EXPECT_EQ("a:1 lines number 1 to 3 are missing before this one", judge(lines).first());
}

TEST(AuditVerify, ADoubledLineIsFoundWhereverItsCopyStands) {
  const File lines = written_lines(6);
  File next_to_it = lines, later = lines;
  next_to_it.insert(next_to_it.begin() + 3, lines[2]);
  later.push_back(lines[2]);
  EXPECT_EQ("a:4 is a copy of the line before it", judge(next_to_it).first());
  EXPECT_EQ(1u, judge(next_to_it).findings.size());
  EXPECT_EQ("a:7 comes a second time: its number was there already", judge(later).first());
}

TEST(AuditVerify, ReorderedLinesAreFoundAndTheMovedOneIsNamed) {
  File lines = written_lines(6);
  std::swap(lines[2], lines[3]);
  const Judged judged = judge(lines);
  ASSERT_EQ(2u, judged.findings.size());
  EXPECT_EQ("a:3 line number 3 is missing before this one", judged.first());
  EXPECT_EQ(4u, judged.findings[1].line);
  EXPECT_EQ("was moved: it belongs further up", judged.findings[1].what);
}

TEST(AuditVerify, AChangedLineIsNamedWithBothHashes) {
  File lines = written_lines(6);
  const std::string before = broker::sha256_hex(lines[2]);
  lines[2] = with(lines[2], "user3", "userX");
  const Judged judged = judge(lines);
  ASSERT_EQ(1u, judged.findings.size());
  EXPECT_EQ("a:3 was changed: its SHA-256 is not what line a:4 says of it", judged.first());
  EXPECT_EQ(before, judged.findings[0].expected);
  EXPECT_EQ(broker::sha256_hex(lines[2]), judged.findings[0].found);
}

TEST(AuditVerify, EveryChangedByteOfALineIsFound) {
  const File lines = written_lines(4);
  for (std::size_t at = 0; at < lines[1].size(); ++at) {
    File changed = lines;
    changed[1][at] = static_cast<char>(changed[1][at] ^ 1);
    ASSERT_FALSE(judge(changed).findings.empty()) << at;
  }
}

TEST(AuditVerify, ALineThatWasPutInIsFound) {
  const File lines = written_lines(4);
  File forged = lines, foreign = lines, unnumbered = lines;
  forged.insert(forged.begin() + 2, with(lines[2], "user3", "mallory"));
  foreign.insert(foreign.begin() + 2, "hello");
  unnumbered.insert(unnumbered.begin() + 2, R"({"timestamp":"2026-01-01T00:00:00Z","effect":"allow"})");
  EXPECT_FALSE(judge(forged).findings.empty());
  EXPECT_EQ("a:3 is not a JSON object with each member once", judge(foreign).first());
  EXPECT_EQ("a:3 stands outside the chain: it has no number, and the lines before it have one",
            judge(unnumbered).first());
  for (const File& file : {foreign, unnumbered}) EXPECT_EQ(1u, judge(file).findings.size());
}

TEST(AuditVerify, ACutTailIsFoundByItsHeadAlone) {
  const File lines = written_lines(6);
  const std::string head = broker::sha256_hex(lines.back());
  const File cut(lines.begin(), lines.begin() + 4);
  EXPECT_TRUE(judge(cut).findings.empty());
  EXPECT_EQ("a:0 does not hold the line whose SHA-256 was expected: the end was cut off, or changed",
            judge(cut, nullptr, head).first());
  EXPECT_EQ("", judge(lines, nullptr, head).first());
  EXPECT_EQ("", judge(lines, nullptr, broker::sha256_hex(lines[3])).first()) << "a head from before the log grew";
}

TEST(AuditVerify, ACutTailIsFoundByTheHeadThatTheBrokerKeeps) {
  const File lines = written_lines(6);
  const broker::LogHead head{6, broker::sha256_hex(lines.back()), "2026-02-02T00:00:00Z"};
  EXPECT_EQ("", judge_with_head(lines, head).first());
  EXPECT_EQ(broker::AuditEnd::kWhole, judge_with_head(lines, head).totals.end);
  const File cut(lines.begin(), lines.begin() + 4);
  const Judged judged = judge_with_head(cut, head);
  EXPECT_EQ(
      "a:0 2 lines, number 5 to 6, are missing at the end: the log's head of 2026-02-02T00:00:00Z names line number 6",
      judged.first());
  EXPECT_EQ(2u, judged.totals.missing_at_end);
  EXPECT_EQ(broker::AuditEnd::kCut, judged.totals.end);
  EXPECT_EQ(
      "a:0 6 lines, number 1 to 6, are missing at the end: the log's head of 2026-02-02T00:00:00Z names line number 6",
      judge_with_head({}, head).first());
  EXPECT_EQ(broker::AuditEnd::kUnknown, judge(cut).totals.end) << "without a head nothing is claimed of the end";
}

TEST(AuditVerify, AHeadThatWasPutBackWithItsLogHidesNoCutFromTheExpectedOne) {
  const File lines = written_lines(6);
  const File cut(lines.begin(), lines.begin() + 4);
  const broker::LogHead put_back{4, broker::sha256_hex(cut.back()), "2026-02-02T00:00:00Z"};
  const Judged judged = judge_files({cut}, nullptr, broker::sha256_hex(lines.back()), put_back);
  EXPECT_EQ("a:0 does not hold the line whose SHA-256 was expected: the end was cut off, or changed", judged.first());
  EXPECT_EQ(broker::AuditEnd::kCut, judged.totals.end);
}

TEST(AuditVerify, AnExpectedLineThatIsThereHidesNoOtherLineUnderTheHeadsNumber) {
  const File lines = written_lines(6);
  const broker::LogHead head{5, broker::sha256_hex("another fifth line"), "2026-02-02T00:00:00Z"};
  const Judged judged = judge_files({lines}, nullptr, broker::sha256_hex(lines[3]), head);
  EXPECT_EQ(broker::AuditEnd::kCut, judged.totals.end);
  EXPECT_EQ(1u, judged.findings.size());
}

TEST(AuditVerify, AnEndThatWasWrittenAnewIsFoundByTheHead) {
  const File lines = written_lines(6);
  const broker::LogHead head{5, broker::sha256_hex("another fifth line"), "2026-02-02T00:00:00Z"};
  EXPECT_EQ(
      "a:5 is not the line that was written under this number: the log's head of 2026-02-02T00:00:00Z names "
      "another SHA-256",
      judge_with_head(lines, head).first());
  EXPECT_EQ(broker::AuditEnd::kCut, judge_with_head(lines, head).totals.end);
}

TEST(AuditVerify, ALogThatWentOnBehindItsHeadIsWhole) {
  const File lines = written_lines(6);
  const broker::LogHead head{4, broker::sha256_hex(lines[3]), "2026-02-02T00:00:00Z"};
  EXPECT_EQ("", judge_with_head(lines, head).first());
}

TEST(AuditVerify, OfATornLineItClaimsNothingThatItCannotKnow) {
  File lines = written_lines(2);
  const std::string torn = lines[1].substr(0, 40);
  ipc::UniqueFd file = memory_file();
  const ipc::UniqueFd seen(::dup(file.get()));
  put(file.get(), lines[0] + "\n" + torn);
  broker::AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(std::move(file), "log", false));
  ASSERT_TRUE(log.record(issued_line()));
  std::string text = content(seen.get());
  text.pop_back();
  const Judged judged = judge({lines[0], torn, text.substr(text.rfind('\n') + 1)});
  EXPECT_EQ("", judged.first());
  ASSERT_EQ(1u, judged.notes.size());
  EXPECT_EQ(judged.notes[0].what.find("was not handed out"), std::string::npos);
  EXPECT_NE(judged.notes[0].what.find("whether what it told was handed out cannot be known"), std::string::npos);
}

TEST(AuditVerify, AnOverlongLineIsAFindingAndNotTheEnd) {
  File lines = written_lines(4);
  lines.insert(lines.begin() + 2, std::string(broker::kMaxAuditLine + 1, 'x'));
  const Judged judged = judge(lines);
  EXPECT_EQ("a:3 is longer than 64 KiB", judged.first());
  EXPECT_EQ(1u, judged.findings.size());
  EXPECT_EQ(4u, judged.totals.chained);
}

TEST(AuditVerify, ItGoesOnAfterAFinding) {
  File lines = written_lines(20);
  lines[4] = with(lines[4], "user5", "userX");
  lines.erase(lines.begin() + 9);
  lines[14] = "{";
  EXPECT_EQ(4u, judge(lines).findings.size());  // changed, missing, unreadable, and its number is missing
  EXPECT_EQ(20u, judge(lines).totals.head_sequence);
}

TEST(AuditVerify, LinesOfBeforeTheChainAreCountedAndBound) {
  ipc::UniqueFd file = memory_file();
  const ipc::UniqueFd seen(::dup(file.get()));
  const std::string old = R"({"timestamp":"2026-01-01T00:00:00Z","user":"u","profile":"p","effect":"deny"})";
  put(file.get(), old + "\n" + old + "\n");
  broker::AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(std::move(file), "log", false));
  ASSERT_TRUE(log.record(issued_line()));
  const std::string text = content(seen.get());
  const File lines{old, old, text.substr(2 * (old.size() + 1), text.size() - 2 * (old.size() + 1) - 1)};
  const Judged judged = judge(lines);
  EXPECT_EQ("", judged.first());
  ASSERT_EQ(1u, judged.notes.size());
  EXPECT_EQ("2 unchained lines before this one, of before lines were chained", judged.notes[0].what);
  EXPECT_EQ("a:2 was changed: its SHA-256 is not what the next line says",
            judge({old, with(old, "deny", "none"), lines[2]}).first());
}

TEST(AuditVerify, OfAnEmptyLogThereIsNothingToFind) { EXPECT_EQ("", judge({}).first()); }

}  // namespace
