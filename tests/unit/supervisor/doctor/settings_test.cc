#include <gmock/gmock.h>
#include <sys/resource.h>

#include "doctor/host.h"
#include "scene.h"

namespace supervisor {
namespace {

class DoctorSettings : public DoctorScene {
 protected:
  void SetUp() override {
    DoctorScene::SetUp();
    // An installation, outside the made-up root: a program's path is the kernel's.
    for (const std::string name : {"sentinel-broker", "sentinel-frontend", "sentinel-credential-process"}) {
      file("/usr/libexec/sentinel/" + name, "", 0711);
    }
    file("/usr/bin/sentinel", "", 0711);
    host_.sentinel = host_.at("/usr/bin/sentinel");
    host_.dumpable_at_start = false;
  }
};

TEST_F(DoctorSettings, TheExecWindowIsOpenWhereAHelperCanBeReadOrIsNotRoots) {
  EXPECT_YES(check_exec_window(host_));
  host_.dumpable_at_start = true;
  if (host_.uid != 0) EXPECT_NO(check_exec_window(host_), "this very program");
  host_.dumpable_at_start = false;
  file("/proc/sys/fs/suid_dumpable", "1\n");
  EXPECT_NO(check_exec_window(host_), "fs.suid_dumpable");
  file("/proc/sys/fs/suid_dumpable", "2\n");
  EXPECT_YES(check_exec_window(host_));
  mode("/usr/libexec/sentinel/sentinel-frontend", 0755);
  EXPECT_NO(check_exec_window(host_), "sentinel-frontend can be read");
  mode("/usr/libexec/sentinel/sentinel-frontend", 0773);
  EXPECT_NO(check_exec_window(host_), "may be written by others");
  mode("/usr/libexec/sentinel/sentinel-frontend", 0711);
  for (const std::string program : {"/usr/bin/sentinel", "/usr/libexec/sentinel/sentinel-credential-process"}) {
    mode(program, 0755);
    EXPECT_NO(check_exec_window(host_), program.substr(program.rfind('/') + 1) + " can be read");
    mode(program, 0711);
  }
  host_.uid_of_root += 1;
  EXPECT_NO(check_exec_window(host_), "sentinel-broker does not belong to root");
  std::filesystem::remove(host_.at("/usr/libexec/sentinel/sentinel-frontend"));
  EXPECT_UNTOLD(check_exec_window(host_), "sentinel-frontend");
  host_.sentinel = "";
  EXPECT_UNTOLD(check_exec_window(host_), "not known");
}

TEST_F(DoctorSettings, ATracedHelperIsFoundAmongAllProcesses) {
  const std::string own = "\nUid:\t" + std::to_string(host_.uid) + "\t0\t0\t0\n";
  EXPECT_YES(check_traced_helpers(host_));
  file("/proc/7/comm", "sentinel-broker\n");
  file("/proc/7/status", "Name:\tsentinel-broker" + own + "TracerPid:\t0\n");
  file("/proc/8/comm", "bash\n");
  file("/proc/8/status", "Name:\tbash" + own + "TracerPid:\t9\n");
  file("/proc/self/comm", "sentinel-broker\n");
  file("/proc/6/comm", "sentinel-doctor\n");
  file("/proc/6/status", "Name:\tsentinel-doctor" + own + "TracerPid:\t9\n");
  EXPECT_YES(check_traced_helpers(host_));
  EXPECT_EQ(check_traced_helpers(host_).subject, "1 seen");
  file("/proc/9/comm", "sentinel-fronte\n");
  file("/proc/9/status", "Name:\tsentinel-fronte" + own + "TracerPid:\t4711\n");
  EXPECT_NO(check_traced_helpers(host_), "process 9");
  file("/proc/9/comm", "sentinel\n");
  EXPECT_NO(check_traced_helpers(host_), "process 9");
  file("/proc/9/comm", "sentinels\n");
  EXPECT_YES(check_traced_helpers(host_));
}

TEST_F(DoctorSettings, SwapInTheClearIsNamed) {
  EXPECT_UNTOLD(check_swap(host_), "/proc/swaps");
  const std::string heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
  file("/proc/swaps", heading);
  EXPECT_YES(check_swap(host_));
  file("/proc/swaps", heading + "/dev/zram0                              partition\t8\t0\t100\n");
  EXPECT_YES(check_swap(host_));
  file("/proc/swaps", heading + "/dev/dm-1 partition 8 0 -2\n/swapfile file 8 0 -2\n");
  EXPECT_NO(check_swap(host_), "/dev/dm-1, /swapfile");
  file("/sys/block/dm-1/dm/uuid", "CRYPT-PLAIN-cryptswap\n");
  EXPECT_NO(check_swap(host_), "/swapfile");
  EXPECT_THAT(check_swap(host_).subject, ::testing::Not(::testing::HasSubstr("dm-1")));
  file("/sys/block/dm-1/dm/uuid", "LVM-x\n");
  EXPECT_NO(check_swap(host_), "/dev/dm-1");
}

TEST_F(DoctorSettings, CoreFilesGoToAProgramWhateverTheLimit) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_CORE, &before), 0);
  const auto limit = [&](rlim_t bytes) {
    const rlimit now{bytes, before.rlim_max};
    return ::setrlimit(RLIMIT_CORE, &now) == 0;
  };
  ASSERT_TRUE(limit(0));
  file("/proc/sys/kernel/core_pattern", "core.%p\n");
  EXPECT_YES(check_core_files(host_));
  file("/proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P %u\n");
  EXPECT_NO(check_core_files(host_), "/usr/lib/systemd/systemd-coredump");
  if (limit(before.rlim_max) && before.rlim_max != 0) {
    file("/proc/sys/kernel/core_pattern", "core.%p\n");
    EXPECT_NO(check_core_files(host_), "core.%p");
    std::filesystem::remove(host_.at("/proc/sys/kernel/core_pattern"));
    EXPECT_UNTOLD(check_core_files(host_), "core_pattern");
  }
  ::setrlimit(RLIMIT_CORE, &before);
}

TEST_F(DoctorSettings, AHostsKeyBindsOnlyWhereRootAloneCanHaveWrittenIt) {
  EXPECT_NO(check_host_policy_key(host_), "is not there");
  file("/etc/sentinel/policy.pub", "key", 0664);
  EXPECT_NO(check_host_policy_key(host_), "others than root");
  mode("/etc/sentinel/policy.pub", 0644);
  EXPECT_YES(check_host_policy_key(host_));
  mode("/etc/sentinel", 0777);
  EXPECT_NO(check_host_policy_key(host_), "others than root");
  mode("/etc/sentinel", 0755);
  host_.uid_of_root += 1;
  EXPECT_NO(check_host_policy_key(host_), "others than root");
}

TEST_F(DoctorSettings, AConfigFileThatNoRunWouldTakeIsNamedWithItsMistake) {
  EXPECT_YES(check_config_files(host_));
  EXPECT_EQ(check_config_files(host_).subject, "there is none");
  file("/etc/sentinel/config", "[default]\nserver = true\n", 0644);
  file(host_.home + "/.config/sentinel/config", "[default]\nservr = true\n", 0600);
  EXPECT_NO(check_config_files(host_), "/.config/sentinel/config:2: unknown key servr");
  EXPECT_EQ(check_config_files(host_).fix_subject, "did you mean server?");
  file(host_.home + "/.config/sentinel/config", "[default]\nserver = false\n", 0600);
  EXPECT_YES(check_config_files(host_));
  EXPECT_EQ(check_config_files(host_).subject, "/etc/sentinel/config, ~/.config/sentinel/config");
  mode("/etc/sentinel/config", 0666);
  EXPECT_NO(check_config_files(host_), "can be written by others");
}

TEST_F(DoctorSettings, PostureIsAFileOrAProgramOfRoots) {
  EXPECT_NO(check_host_posture(host_), "is not there");
  file("/etc/sentinel/posture", "#!/bin/sh", 0755);
  EXPECT_YES(check_host_posture(host_));
  file("/etc/sentinel/posture.json", "{}", 0666);
  EXPECT_NO(check_host_posture(host_), "posture.json could have been written");
}

TEST_F(DoctorSettings, ALogThatOthersMayWriteIsNamed) {
  EXPECT_YES(check_decision_log(host_));
  file("/home/marta/.local/state/sentinel/decisions.jsonl", "{}\n", 0640);
  EXPECT_YES(check_decision_log(host_));
  mode("/home/marta/.local/state/sentinel/decisions.jsonl", 0646);
  EXPECT_NO(check_decision_log(host_), "~/.local/state/sentinel/decisions.jsonl");
  set("XDG_STATE_HOME", "/state");
  EXPECT_YES(check_decision_log(host_));
}

TEST_F(DoctorSettings, ThePolicyOfTheLastRunIsNamedWhereTheCommandCanChangeIt) {
  const std::string log = "/home/marta/.local/state/sentinel/decisions.jsonl";
  const auto line = [](const std::string& policy, const std::string& more = "") {
    return R"({"effect":"allow","policy_path":")" + policy + "\"" + more + ",\"sequence\":1}\n";
  };
  EXPECT_YES(check_policy_in_use(host_));
  file("/opt/ours.yaml", "", 0644);
  file("/opt/open.yaml", "", 0664);
  file(log, line("/opt/open.yaml") + line("/opt/ours.yaml"));
  EXPECT_YES(check_policy_in_use(host_));
  file(log, line("/opt/ours.yaml") + line("/opt/open.yaml"));
  EXPECT_NO(check_policy_in_use(host_), "/opt/open.yaml");
  file(log, line("/opt/open.yaml", ",\"policy_serial\":7"));
  EXPECT_YES(check_policy_in_use(host_));
  file(log, line("/sentinel/policies/default"));  // a parameter
  EXPECT_YES(check_policy_in_use(host_));
}

TEST_F(DoctorSettings, UserModeNeverClaimsToKeepOwnProgramsOut) {
  EXPECT_NO(check_other_user(host_), "not available in this version");
  file("/run/sentinel/broker.sock", "");
  EXPECT_NO(check_other_user(host_), "not used");
}

TEST_F(DoctorSettings, RootIsTold) {
  host_.uid = 0;
  EXPECT_NO(check_not_root(host_), "");
  host_.uid = 1000;
  EXPECT_YES(check_not_root(host_));
}

}  // namespace
}  // namespace supervisor
