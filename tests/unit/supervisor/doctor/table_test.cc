#include "doctor/table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "doctor/probe.h"
#include "doctor/report.h"
#include "ipc/commands/commands.h"
#include "scene.h"

namespace supervisor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const CheckRow& row_called(std::string_view name) {
  for (const CheckRow& row : check_rows()) {
    if (row.name == name) return row;
  }
  throw std::runtime_error("no such check");
}

TEST(DoctorTable, EveryRowIsWhole) {
  std::set<std::string_view> names;
  for (const CheckRow& row : check_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.holds.empty() || row.does_not.empty() || row.source.empty()) << row.name;
    for (const std::string_view text : {row.holds, row.does_not, row.fix}) {
      EXPECT_FALSE(text.ends_with('.') || text.find("{}") != text.rfind("{}")) << text;
    }
  }
}

TEST(DoctorTable, NothingStandsOpenWithoutAFixButWhatUserModeIs) {
  for (const CheckRow& row : check_rows()) {
    if (row.otherwise == Standing::Open || row.otherwise == Standing::Weaker) {
      EXPECT_EQ(row.fix.empty(), row.name == "other_user") << row.name;
    }
  }
}

// What stands behind each "`sentinel ", up to two words of letters.
std::vector<std::string> commands_in(std::string_view fix) {
  constexpr std::string_view kMark = "`sentinel ";
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  std::vector<std::string> commands;
  for (std::size_t at = fix.find(kMark); at != std::string_view::npos; at = fix.find(kMark, at + 1)) {
    const std::string_view words = fix.substr(at + kMark.size());
    std::size_t end = words.find_first_not_of(kLetters);
    if (end == 0) continue;
    if (end < words.size() && words[end] == ' ') {
      const std::size_t second = std::min(words.find_first_not_of(kLetters, end + 1), words.size());
      if (second > end + 1) end = second;
    }
    commands.emplace_back(words.substr(0, end));
  }
  return commands;
}

TEST(DoctorTable, AFixNamesNoCommandThatIsNotThere) {
  std::size_t seen = 0;
  for (const CheckRow& row : check_rows()) {
    for (const std::string& command : commands_in(row.fix)) {
      ++seen;
      EXPECT_TRUE(ipc::find_command(command)) << command << ": " << row.fix;
    }
  }
  EXPECT_GE(seen, 1U);
}

TEST(DoctorFindings, WhatCannotBeToldIsNeitherGoodNorOpen) {
  const Finding finding = finding_of(row_called("ptrace"), {Answer::CannotTell, "nobody knows"});
  EXPECT_EQ(finding.standing, Standing::Unknown);
  EXPECT_EQ(finding.sentence, "nobody knows");
  EXPECT_FALSE(finding.to_be_fixed());
  EXPECT_EQ(standing_of(Guarantee::Token, {finding}), Standing::Unknown);
}

TEST(DoctorFindings, TheWorstDecidesAndNotesDoNot) {
  const Finding open = finding_of(row_called("exec_window"), {Answer::No, "x"}),
                weaker = finding_of(row_called("swap"), {Answer::No, "/dev/sda2"}),
                note = finding_of(row_called("kernel_keyring"), {Answer::No, "EPERM"});
  EXPECT_EQ(standing_of(Guarantee::LongTermSecret, {note}), Standing::Holds);
  EXPECT_EQ(standing_of(Guarantee::LongTermSecret, {note, weaker}), Standing::Weaker);
  EXPECT_EQ(standing_of(Guarantee::LongTermSecret, {open, weaker, note}), Standing::Open);
  EXPECT_EQ(standing_of(Guarantee::Caller, {open, weaker, note}), Standing::Holds);
  EXPECT_FALSE(anything_to_be_fixed({weaker, note, finding_of(row_called("other_user"), {Answer::No, "x"})}));
  EXPECT_TRUE(anything_to_be_fixed({weaker, open}));
}

TEST(DoctorFindings, SentenceAndFixNameWhatWasFound) {
  const Finding finding = finding_of(row_called("environment_keys"), {Answer::No, "A, B", "A B"});
  EXPECT_THAT(finding.sentence, HasSubstr(": A, B"));
  EXPECT_EQ(finding.fix, "unset A B");
}

TEST(DoctorReport, WhatAFileSaysCannotSteerATerminal) {
  const Finding finding = finding_of(row_called("long_term_keys"), {Answer::No, "x\x1b]0;\"\\\n in ~"});
  EXPECT_THAT(report_text({}, {finding}, {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(report_json({}, {finding}), HasSubstr(R"(x\u001b]0;\"\\\n in ~)"));
}

TEST(DoctorReport, ColourIsOnlyWhereItIsWished) {
  const std::vector<Finding> findings{finding_of(row_called("swap"), {Answer::No, "/dev/sda2"})};
  EXPECT_THAT(report_text({}, findings, {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(report_text({}, findings, {.colour = true}), HasSubstr("\x1b["));
  EXPECT_THAT(report_text({}, findings, {}), HasSubstr("fix: encrypt the swap"));
}

TEST(DoctorReport, WhatHoldsIsCountedUnlessAllIsAskedFor) {
  const std::vector<Finding> findings{finding_of(row_called("swap"), {Answer::No, "/dev/sda2"}),
                                      finding_of(row_called("not_root"), {Answer::Yes, ""}),
                                      finding_of(row_called("seccomp"), {Answer::Yes, ""})};
  const std::string folded = report_text({}, findings, {}), whole = report_text({}, findings, {.all = true});
  EXPECT_THAT(folded, HasSubstr("\nHolds (2): `sentinel doctor --all` shows them\n"));
  EXPECT_THAT(folded, Not(HasSubstr("[seccomp]")));
  EXPECT_THAT(folded, HasSubstr("[swap]"));
  EXPECT_THAT(whole, HasSubstr("\nHolds (2):\n"));
  EXPECT_THAT(whole, HasSubstr("[seccomp]"));
  EXPECT_THAT(report_json({}, findings), HasSubstr("\"seccomp\""));
}

TEST(DoctorReport, WhatNothingHereChangesIsSaidToBeSo) {
  const std::string text = report_text({}, {finding_of(row_called("other_user"), {Answer::No, "x"})}, {});
  EXPECT_THAT(text, HasSubstr("Open (1):"));
  EXPECT_THAT(text, HasSubstr("nothing on this host changes that"));
}

TEST(DoctorProbe, ATrialThatNeverEndsIsEnded) {
  const auto began = std::chrono::steady_clock::now();
  const ProbeEnd end = in_child([] {
    while (true) ::pause();
    return 0;
  });
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.code, -1);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2 * kProbeWait);
}

TEST(DoctorProbe, HowATrialEndsIsTold) {
  EXPECT_EQ(in_child([] { return 7; }).code, 7);
  EXPECT_EQ(in_child([] { return ::raise(SIGTERM); }).signal, SIGTERM);
}

// This host has each mechanism or lacks it; a trial that cannot tell is a mistake of the trial.
TEST_F(DoctorScene, EveryMechanismOfTheKernelCanBeTried) {
  for (const auto check :
       {check_secret_memory, check_locked_memory, check_peer_pidfd, check_pidfd_info, check_hidden_processes,
        check_tcp_owner, check_ptrace, check_process_handles, check_seccomp, check_no_new_privileges, check_landlock,
        check_landlock_reach, check_namespaces, check_kernel_keyring}) {
    const Found found = check(host_);
    EXPECT_NE(found.answer, Answer::CannotTell) << found.subject;
  }
  EXPECT_YES(check_seccomp(host_));  // Sentinel's own tests need these
  EXPECT_YES(check_no_new_privileges(host_));
  EXPECT_YES(check_process_handles(host_));
}

}  // namespace
}  // namespace supervisor
