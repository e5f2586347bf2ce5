#include "status/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "status/ask.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow{std::chrono::sys_days{std::chrono::year(2026) / 11 / 30}};  // midnight

ipc::RunStatus status(std::string_view keys_end, std::string_view effect = "allow") {
  ipc::RunStatus out;
  out.profile = "ledger", out.effect = effect, out.keys_end = keys_end;
  return out;
}

TEST(Status, AFewWordsForAPrompt) {
  EXPECT_EQ(short_status(status("", "deny"), kNow), "ledger refused");
  EXPECT_EQ(short_status(status("2026-11-30T00:10:00Z", "require_approval"), kNow), "ledger refused");
  EXPECT_EQ(short_status(status(""), kNow), "ledger");
  EXPECT_EQ(short_status(status("soon"), kNow), "ledger");
  EXPECT_EQ(short_status(status("2026-11-29T23:59:59Z"), kNow), "ledger ended");
  EXPECT_EQ(short_status(status("2026-11-30T00:00:01Z"), kNow), "ledger 1m");
  EXPECT_EQ(short_status(status("2026-11-30T00:59:00Z"), kNow), "ledger 59m");
  EXPECT_EQ(short_status(status("2026-11-30T02:05:00Z", ""), kNow), "ledger 2h5m");
}

TEST(Status, PeopleReadTheirOwnTimeAndMachinesUtc) {
  ::setenv("TZ", "XYZ-3", 1);
  ::tzset();
  EXPECT_THAT(status_lines(status("2026-11-30T23:00:00Z")), HasSubstr("keys end:  2026-12-01 02:00:00 XYZ\n"));
  EXPECT_THAT(status_lines(status("soon")), HasSubstr("keys end:  soon\n"));
  EXPECT_THAT(status_json(status("2026-11-30T23:00:00Z")), HasSubstr(R"("keys_end":"2026-11-30T23:00:00Z")"));
  ::unsetenv("TZ");
  ::tzset();
}

TEST(Status, LinesSteerNoTerminalAndJsonHasEachMember) {
  ipc::RunStatus odd = status("");
  odd.rule = "x\x1b[2J";
  EXPECT_EQ(status_lines(odd), "profile:   ledger\neffect:    allow\nrule:      x?[2J\n");
  EXPECT_THAT(status_json(odd),
              HasSubstr(R"({"ok":true,"findings":[],"profile":"ledger","role":null,"effect":"allow",)"));
  EXPECT_THAT(status_json(odd), HasSubstr(R"("log":null})"));
}

TEST(Status, AnEnvironmentThatNamesNoServerOrAnOddOneIsRefusedBeforeAnythingIsSent) {
  EXPECT_FALSE(is_served({"AWS_SENTINEL=x"}));
  EXPECT_FALSE(is_served({"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/creds"}))
      << "perhaps a real container's";
  EXPECT_TRUE(is_served({"SENTINEL_UNIX_SOCKET=/x"}));
  for (const std::vector<std::string>& environment : std::vector<std::vector<std::string>>{
           {"SENTINEL_UNIX_SOCKET=" + std::string(200, 'x'), "SENTINEL_SERVER_PID=1"},
           {"SENTINEL_UNIX_SOCKET=/x", "SENTINEL_SERVER_PID=1x"},
           {"AWS_SENTINEL=x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1:80/creds"},
           {"AWS_SENTINEL=x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:80@192.0.2.1/creds"},
           {"AWS_SENTINEL=x", "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:99999/creds"}}) {
    const auto told = ask_status(environment);
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error().fault, ipc::Fault::kConfig) << told.error().what;
    EXPECT_THAT(told.error().what, HasSubstr("malformed"));
  }
}

}  // namespace
}  // namespace supervisor
