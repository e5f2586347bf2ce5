// A file has one chain, whoever writes to it and however it ended before; what cannot be continued is refused.
#include "audit/chain.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <sstream>
#include <thread>

#include "audit_verdicts.h"
#include "text/hex.h"
#include "tools/audit/reader.h"

namespace {

using namespace audit_lines;
using broker::AuditLog;
using std::chrono::milliseconds;

// A log on a real file system, with a name.
class AuditFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/log";
  }
  void TearDown() override {
    for (const std::string& path : {path_, path_ + ".2", path_ + "-head"}) ::unlink(path.c_str());
    ::rmdir(folder_.c_str());
  }
  [[nodiscard]] ipc::UniqueFd open(const std::string& path, int flags = O_CREAT) const {
    return ipc::UniqueFd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | flags, 0600));
  }
  void write(std::string_view text) const { put(open(path_).get(), text); }
  // A run that opens the log and writes so many lines.
  ipc::Status run(int lines = 1) const {
    AuditLog log(audit_lines::kClock);
    if (ipc::Status added = log.add_sink(open(path_), path_, false); !added) return added;
    for (int i = 0; i < lines; ++i) {
      if (ipc::Status done = log.record(issued_line()); !done) return done;
    }
    return {};
  }
  [[nodiscard]] static Judged judge_paths(const std::vector<std::string>& paths) {
    Judged judged;
    broker::AuditVerifier verifier(
        nullptr, [&judged](const broker::AuditFinding& finding) { judged.findings.push_back(finding); },
        [&judged](const broker::AuditFinding& note) { judged.notes.push_back(note); });
    for (const std::string& path : paths) {
      verifier.begin_file(path);
      EXPECT_TRUE(broker::read_audit_file(path, [&](std::string_view l, bool whole) { verifier.line(l, whole); }));
    }
    verifier.finish();
    judged.totals = verifier.totals();
    return judged;
  }
  [[nodiscard]] Judged judged() const { return judge_paths({path_}); }
  void expect_refused(const ipc::Status& status, std::string_view why) const {
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().what.find(why), std::string::npos) << status.error().what;
    EXPECT_NE(status.error().what.find(path_), std::string::npos) << status.error().what;
    EXPECT_FALSE(status.error().next_step.empty());
  }
  std::string folder_ = "/tmp/sentinel-audit-XXXXXX", path_;
};

TEST_F(AuditFile, ForeignEndsAreRefusedAndNotWrittenTo) {
  for (const std::string text :
       {"hello\n", "hello", "{}\n", "[1]\n", "{\"user\":\"x\"}\n", "\n", "{\"timestamp\":\"x\"\n",
        "{\"timestamp\":\"2026\",\"effect\":\"deny\",\"sequence\":0,\"previous\":\"\"}\n",
        "{\"timestamp\":\"2026\",\"effect\":\"deny\",\"sequence\":7}\n", "# {\"timestamp\":\""}) {
    ::unlink(path_.c_str());
    write(text);
    expect_refused(run(), "cannot be continued");
    EXPECT_EQ(text, content(open(path_).get()));
  }
}

TEST_F(AuditFile, ALineThatIsLongerThanAnyOfOursIsRefused) {
  write("{\"timestamp\":\"" + std::string(200'000, 'x'));
  expect_refused(run(), "cannot be continued");
}

TEST_F(AuditFile, AChainGoesOnAcrossRuns) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(run(3));
  EXPECT_EQ("", judged().first());
  EXPECT_EQ(15u, judged().totals.head_sequence);
}

TEST_F(AuditFile, AChainBeginsWithNumberOneAndNothingBefore) {
  ASSERT_TRUE(run());
  EXPECT_NE(content(open(path_).get()).find(",\"sequence\":1,\"previous\":\"" + std::string(64, '0') + "\"}\n"),
            std::string::npos);
}

TEST_F(AuditFile, EightBrokersThatWriteAtOnceKeepOneChain) {
  constexpr int kBrokers = 8, kLines = 200;
  std::vector<pid_t> children;
  for (int i = 0; i < kBrokers; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(run(kLines) ? 0 : 1);
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(pid, ::waitpid(pid, &status, 0));
    EXPECT_EQ(0, status);
  }
  const Judged whole = judged();
  EXPECT_EQ("", whole.first());
  EXPECT_EQ(std::uint64_t{kBrokers * kLines}, whole.totals.head_sequence);
}

TEST_F(AuditFile, ABrokerThatIsKilledWhileItWritesLeavesAChainThatGoesOn) {
  for (int round = 0; round < 20; ++round) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      (void)run(1'000'000);
      ::_exit(0);
    }
    std::this_thread::sleep_for(milliseconds(1 + round % 4));
    ASSERT_EQ(0, ::kill(pid, SIGKILL));
    ASSERT_EQ(pid, ::waitpid(pid, nullptr, 0));
    ASSERT_TRUE(run());
  }
  EXPECT_EQ("", judged().first());
}

// Wherever a crash cuts the last line, the next run goes on, and the verifier names the torn line without a finding.
TEST_F(AuditFile, ALineThatWasCutAnywhereIsNamedAndTheChainGoesOn) {
  ASSERT_TRUE(run(3));
  const std::string text = content(open(path_).get());
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (std::size_t cut = last + 1; cut < text.size(); ++cut) {
    ASSERT_EQ(0, ::truncate(path_.c_str(), 0));
    write(text.substr(0, cut));
    ASSERT_FALSE(judged().findings.empty()) << "torn, and nobody has said so";
    ASSERT_TRUE(run(2)) << cut;
    const Judged after = judged();
    ASSERT_EQ("", after.first()) << cut;
    ASSERT_EQ(1u, after.totals.torn);
    ASSERT_EQ(4u, after.totals.head_sequence);
    ASSERT_EQ(1u, after.notes.size());
    ASSERT_EQ(3u, after.notes[0].line);
  }
}

TEST_F(AuditFile, ATornFirstLineIsNamedToo) {
  write("{\"timestamp\":\"2026-0");
  ASSERT_TRUE(run(2));
  EXPECT_EQ("", judged().first());
  EXPECT_EQ(1u, judged().totals.torn);
}

TEST_F(AuditFile, ZerosThatAPowerCutLeftAreATornLine) {
  ASSERT_TRUE(run(2));
  write(std::string(4096, '\0'));
  ASSERT_TRUE(run(2));
  EXPECT_EQ("", judged().first());
  EXPECT_EQ(1u, judged().totals.torn);
}

TEST_F(AuditFile, ATornLineThatIsChangedLaterIsFound) {
  ASSERT_TRUE(run(2));
  write("{\"timestamp\":\"2026-0");
  ASSERT_TRUE(run());
  const std::string text = content(open(path_).get());
  ASSERT_EQ(0, ::truncate(path_.c_str(), 0));
  write(with(text, "\"2026-0\n", "\"2025-0\n"));
  EXPECT_FALSE(judged().findings.empty());
}

TEST_F(AuditFile, ALogThatIsCutWhileItIsInUseTakesNoMoreLines) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  ASSERT_TRUE(log.record(issued_line()));
  ASSERT_TRUE(log.record(issued_line()));
  ASSERT_EQ(0, ::truncate(path_.c_str(), 0));  // as logrotate's copytruncate does
  expect_refused(log.record(issued_line()), "was cut");
  EXPECT_EQ("", content(open(path_).get()));
}

TEST_F(AuditFile, ALogThatIsRemovedWhileItIsInUseTakesNoMoreLines) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  ASSERT_TRUE(log.record(issued_line()));
  ASSERT_EQ(0, ::unlink(path_.c_str()));
  expect_refused(log.record(issued_line()), "was removed");
}

TEST_F(AuditFile, SomebodyWhoKeepsTheLockIsNotWaitedForForEver) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  const ipc::UniqueFd other = open(path_);
  ASSERT_EQ(0, ::flock(other.get(), LOCK_EX));
  const auto begin = std::chrono::steady_clock::now();
  expect_refused(log.record(issued_line()), "locked");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(5000));
  ASSERT_EQ(0, ::flock(other.get(), LOCK_UN));
  EXPECT_TRUE(log.record(issued_line()));
}

// ---- from one file to the next

// ---- the head ------------------------------------------------------------------------------------------------------

class AuditHead : public AuditFile {
 protected:
  [[nodiscard]] ipc::UniqueFd open_head() const {
    return ipc::UniqueFd(::open((path_ + "-head").c_str(), O_RDWR | O_CLOEXEC | O_CREAT, 0600));
  }
  // A run that keeps the head; what it warned of.
  std::vector<std::string> run_with_head(int lines, const std::string& key = {}) const {
    AuditLog log(audit_lines::kClock, key.empty() ? std::nullopt : std::optional(key_from(key)));
    std::vector<std::string> warned;
    const ipc::Status added = log.add_sink(open(path_), path_, false, ipc::LogKind::File, {}, open_head());
    EXPECT_TRUE(added) << added.error().what;
    log.warn_with([&warned](const std::string& warning) { warned.push_back(warning); });
    for (int i = 0; added && i < lines; ++i) EXPECT_TRUE(log.record(issued_line()));
    return warned;
  }
  [[nodiscard]] std::optional<broker::LogHead> head() const {
    const std::string text = content(open_head().get());
    const auto heads = broker::read_heads(text);
    return heads.empty() ? std::nullopt : std::optional(heads.front().head);
  }
  [[nodiscard]] File lines() const {
    File all;
    std::istringstream text(content(open(path_).get()));
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }
  void keep_lines(std::size_t count) const {
    off_t size = 0;
    const File all = lines();
    for (std::size_t i = 0; i < count; ++i) size += static_cast<off_t>(all.at(i).size() + 1);
    EXPECT_EQ(0, ::truncate(path_.c_str(), size));
  }
};

TEST_F(AuditHead, NamesTheLastLineAfterEachLineAndAcrossRuns) {
  for (std::size_t run = 1; run <= 3; ++run) {
    EXPECT_TRUE(run_with_head(3).empty());
    ASSERT_TRUE(head());
    EXPECT_EQ(3 * run, head()->sequence);
    EXPECT_EQ(broker::sha256_hex(lines().back()), head()->hash);
  }
}

TEST_F(AuditHead, ACutLogIsToldWrittenDownAndGoesOn) {
  run_with_head(6);
  keep_lines(4);
  const auto warned = run_with_head(1);
  ASSERT_EQ(1u, warned.size());
  EXPECT_NE(warned[0].find("2 lines, number 5 to 6, are missing at the end"), std::string::npos) << warned[0];
  EXPECT_EQ(6u, lines().size()) << "four that were left, one that says so, and the new one";
  EXPECT_NE(lines()[4].find("\"event\":\"cut\""), std::string::npos);
  EXPECT_NE(judged().first().find(":5 says that the log had been cut before it: 2 lines, number 5 to 6, are missing"),
            std::string::npos);
  EXPECT_TRUE(run_with_head(1).empty()) << "once";
  EXPECT_EQ(7u, head()->sequence);
}

TEST_F(AuditHead, ARemovedHeadIsToldAndMadeAnew) {
  ASSERT_TRUE(run(2));  // of before heads were kept, or somebody removed it
  ASSERT_EQ(1u, run_with_head(0).size());
  const auto warned = run_with_head(1);
  ASSERT_EQ(1u, warned.size());
  EXPECT_NE(warned[0].find("whether its end was cut before this run cannot be known"), std::string::npos) << warned[0];
  EXPECT_EQ(3u, head()->sequence);
  EXPECT_TRUE(run_with_head(1).empty());
  EXPECT_EQ("", judged().first());
}

TEST_F(AuditHead, ARemovedLogIsToldAndARunWithoutALineTakesNothingBack) {
  run_with_head(6);
  ::unlink(path_.c_str());
  EXPECT_EQ(1u, run_with_head(0).size());
  EXPECT_EQ(6u, head()->sequence);
  ASSERT_EQ(1u, run_with_head(1).size());
  EXPECT_EQ(2u, head()->sequence) << "the line that says so, and the new one";
}

TEST_F(AuditHead, AnotherLastLineIsTold) {
  run_with_head(3);
  const File before = lines();
  keep_lines(2);
  write(with(before[2], "marta", "jonas") + "\n");
  ASSERT_EQ(1u, run_with_head(1).size());
  EXPECT_NE(lines()[3].find("the last line is another than was written"), std::string::npos);
}

TEST_F(AuditHead, ATornSlotLeavesTheOther) {
  run_with_head(6);
  const ipc::UniqueFd file = open_head();
  ASSERT_EQ(20, ::pwrite(file.get(), "....................", 20, 0)) << "number 6 lies in the first slot";
  ASSERT_TRUE(head());
  EXPECT_EQ(5u, head()->sequence);
  EXPECT_TRUE(run_with_head(1).empty());
  EXPECT_EQ(7u, head()->sequence);
}

TEST_F(AuditHead, IsSignedWithTheLogsKeyWhateverTheKeysName) {
  run_with_head(2, kHmacKey);
  const std::string text = content(open_head().get());
  const auto heads = broker::read_heads(text);
  ASSERT_EQ(2u, heads.size());
  for (const auto& read : heads) {
    EXPECT_EQ("", broker::signature_fault(key_from(kHmacKey), read.line));
    EXPECT_NE("", broker::signature_fault(key_from(kOtherHmacKey), read.line));
  }
  EXPECT_EQ(lines()[0], text.substr(broker::kHeadSlot, lines()[0].size())) << "it holds the line itself";
}

TEST_F(AuditHead, WhatIsNoHeadIsNotWrittenOver) {
  put(open_head().get(), "dear diary\n");
  AuditLog log(audit_lines::kClock);
  const ipc::Status added = log.add_sink(open(path_), path_, false, ipc::LogKind::File, {}, open_head());
  ASSERT_FALSE(added);
  EXPECT_EQ("dear diary\n", content(open_head().get()));
  EXPECT_NE(added.error().what.find("-head remembers no end of a decision log"), std::string::npos);
}

TEST_F(AuditHead, BrokersThatShareALogShareItsHead) {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(run_with_head(100).empty() ? 0 : 1);
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(pid, ::waitpid(pid, &status, 0));
    EXPECT_EQ(0, status);
  }
  EXPECT_EQ(400u, head()->sequence);
  EXPECT_EQ(broker::sha256_hex(lines().back()), head()->hash);
}

class Rotation : public AuditFile {
 protected:
  // What the supervisor does: the next file begins with the last line of the full one.
  ipc::UniqueFd next_file() const {
    const std::string text = content(open(path_).get());
    ipc::UniqueFd next = open(path_ + ".2");
    put(next.get(), text.substr(text.rfind('\n', text.size() - 2) + 1));
    return next;
  }
};

TEST_F(Rotation, AFullFileIsClosedAndItsChainGoesOnInTheNext) {
  AuditLog log(audit_lines::kClock);
  std::vector<std::string> asked;
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  log.rotate_at(2000, [&asked](const std::string& label) { asked.push_back(label); });
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(log.record(issued_line())) << "refusals wait";
  EXPECT_EQ(std::vector<std::string>{path_}, asked) << "asked once, not for every line";
  EXPECT_TRUE(log.between_files());
  ASSERT_TRUE(log.follow(path_, next_file()));
  EXPECT_FALSE(log.between_files());
  const Judged whole = judge_paths({path_, path_ + ".2"});
  EXPECT_EQ("", whole.first());
  EXPECT_EQ(13u, whole.totals.head_sequence) << "twelve decisions and one rotation";
  EXPECT_EQ("", judge_paths({path_ + ".2"}).first()) << "alone it says what it continues";
  EXPECT_EQ(1u, judge_paths({path_ + ".2"}).notes.size());
}

TEST_F(Rotation, FilesInTheWrongOrderOrWithOneMissingAreFound) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  log.rotate_at(1000, [](const std::string&) {});
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(log.record(issued_line()));
  ASSERT_TRUE(log.follow(path_, next_file()));
  EXPECT_EQ("", judge_paths({path_, path_ + ".2"}).first());
  EXPECT_NE("", judge_paths({path_ + ".2", path_}).first());
  EXPECT_NE("", judge_paths({path_, path_}).first());
}

TEST_F(Rotation, NothingIsIssuedBetweenTwoFiles) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  log.rotate_at(1, [](const std::string&) {});
  ASSERT_TRUE(log.record(issued_line()));
  ASSERT_TRUE(log.record(issued_line())) << "one line alone closes no file";
  ASSERT_TRUE(log.record(issued_line()));
  const std::string before = content(open(path_).get());
  for (std::size_t i = 0; i < AuditLog::kMaxWaiting + 10; ++i) (void)log.record(issued_line());
  const ipc::Status refused = log.record(issued_line());
  ASSERT_FALSE(refused) << "not even refusals wait without bound";
  EXPECT_EQ(ipc::Fault::kUnavailable, refused.error().fault);
  EXPECT_EQ(before, content(open(path_).get()));
}

TEST_F(Rotation, ABrokerThatFindsItsFileClosedByAnotherAsksForTheNext) {
  AuditLog first(audit_lines::kClock), second(audit_lines::kClock);
  int asked = 0;
  ASSERT_TRUE(first.add_sink(open(path_), path_, false));
  ASSERT_TRUE(second.add_sink(open(path_), path_, false));
  first.rotate_at(1000, [](const std::string&) {});
  second.rotate_at(0, [&asked](const std::string&) { ++asked; });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(first.record(issued_line()));
  ASSERT_TRUE(second.record(issued_line()));
  EXPECT_EQ(1, asked);
  ASSERT_TRUE(first.follow(path_, next_file()));
  ASSERT_TRUE(second.follow(path_, open(path_ + ".2")));
  ASSERT_TRUE(second.record(issued_line()));
  EXPECT_EQ("", judge_paths({path_, path_ + ".2"}).first());
}

TEST_F(Rotation, AFileThatNobodyAskedForIsRefused) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  const ipc::Status followed = log.follow(path_, memory_file());
  ASSERT_FALSE(followed);
  EXPECT_EQ(ipc::Fault::kProtocol, followed.error().fault);
}

TEST_F(Rotation, ANextFileThatIsNotOursIsRefused) {
  AuditLog log(audit_lines::kClock);
  ASSERT_TRUE(log.add_sink(open(path_), path_, false));
  log.rotate_at(500, [](const std::string&) {});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log.record(issued_line()));
  ipc::UniqueFd foreign = memory_file();
  put(foreign.get(), "somebody's notes\n");
  EXPECT_FALSE(log.follow(path_, std::move(foreign)));
}

}  // namespace
