// A policy file's change bites at the next request, whatever the change, and a broken one refuses everything.
#include "policy/source/file.h"

#include <event2/event.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aws_fakes.h"

namespace broker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string policy_named(const std::string& rule) {
  return "version: \"1\"\nrules:\n  - name: " + rule + "\n    effect: allow\n    conditions: { profiles: [p] }\n";
}

constexpr int kSkipped = 77;

// Makes a user namespace of its own for this process, in which inotify is used up from the start.
bool enter_namespace_without_inotify() {
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  std::ofstream limit("/proc/sys/user/max_inotify_instances");
  limit << 0 << std::flush;
  return limit && ::inotify_init1(IN_CLOEXEC) < 0 && errno == EMFILE;
}

class PolicyFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/policy_file_test.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/policy.yaml";
    write(policy_named("one"));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Into the same inode.
  void write(const std::string& text) {
    std::ofstream(path_, std::ios::trunc) << text;
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  }
  void replace(const std::string& text) {
    std::ofstream(folder_ + "/new") << text;
    ASSERT_EQ(::rename((folder_ + "/new").c_str(), path_.c_str()), 0);
  }
  std::unique_ptr<PolicyFile> open(PolicySource::Changed changed = {}) {
    auto file = PolicyFile::open(base_.get(), path_, *verifier_, std::move(changed));
    EXPECT_TRUE(file) << file.error().what;
    return file ? std::move(*file) : nullptr;
  }
  void run_loop_until(const std::function<bool()>& done) {
    for (int i = 0; i < 200 && !done(); ++i) {
      const timeval patience{0, 50'000};
      event_base_loopexit(base_.get(), &patience);
      event_base_loop(base_.get(), EVLOOP_ONCE);
    }
  }
  void see_changes_without_inotify();
  static std::string rule_of(PolicySource& source) {
    const auto policy = source.current(SystemClock().since_boot());
    return policy ? (*policy)->rules.at(0).name : policy.error().what;
  }
  std::string refusal() {
    const auto file = PolicyFile::open(base_.get(), path_, *verifier_, {});
    return file ? "accepted" : file.error().what;
  }

  std::unique_ptr<event_base, decltype(&event_base_free)> base_{event_base_new(), &event_base_free};
  std::string folder_, path_;
  testing::FakeAws aws_;
  std::unique_ptr<PolicyVerifier> verifier_ =
      std::make_unique<PolicyVerifier>(aws_.context, testing::endpoint(), PolicyKey{}, PolicyVersions());
};

TEST_F(PolicyFileTest, AMissingFileIsRefusedAtTheStart) {
  ::unlink(path_.c_str());
  EXPECT_THAT(refusal(), HasSubstr("cannot open the policy " + path_));
}

TEST_F(PolicyFileTest, AnInvalidFileIsRefusedAtTheStartWithItsPlace) {
  write("version: \"1\"\nrules: []\n");
  EXPECT_THAT(refusal(), StartsWith(path_ + ":2:8: "));
}

TEST_F(PolicyFileTest, AFolderAFifoAndADeviceAreNoPolicy) {
  path_ = folder_;
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
  path_ = "/dev/null";
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
  path_ = folder_ + "/fifo";
  ASSERT_EQ(::mkfifo(path_.c_str(), 0644), 0);
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
}

TEST_F(PolicyFileTest, AFileThatEverybodyMayWriteIsRefused) {
  ::chmod(path_.c_str(), 0646);
  EXPECT_THAT(refusal(), HasSubstr(path_ + " can be written by others"));
}

TEST_F(PolicyFileTest, AFolderInWhichEverybodyMayReplaceTheFileIsRefused) {
  ::chmod(folder_.c_str(), 0777);
  EXPECT_THAT(refusal(), HasSubstr("the folder " + folder_ + " can be written by others"));
  ::chmod(folder_.c_str(), 01777);
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(PolicyFileTest, AFileOrFolderThatAGroupOfOthersMayWriteIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a file away";
  ASSERT_EQ(::chown(path_.c_str(), 0, 65534), 0);
  ::chmod(path_.c_str(), 0664);
  EXPECT_THAT(refusal(), HasSubstr(path_ + " can be written by others"));
  ::chmod(path_.c_str(), 0644);
  ASSERT_EQ(::chown(folder_.c_str(), 0, 65534), 0);
  ::chmod(folder_.c_str(), 0775);
  EXPECT_THAT(refusal(), HasSubstr("the folder " + folder_ + " can be written by others"));
}

TEST_F(PolicyFileTest, AnotherUsersFileIsRefusedWhereverItLies) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a file away";
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal(), HasSubstr("does not belong to root"));
  ::chmod(folder_.c_str(), 01777);
  EXPECT_THAT(refusal(), HasSubstr("does not belong to root"));
}

TEST_F(PolicyFileTest, ATooLongFileIsRefused) {
  write(policy_named("one") + std::string(256 * 1024, '#'));
  EXPECT_THAT(refusal(), HasSubstr("longer than 256 KiB"));
}

TEST_F(PolicyFileTest, AnyChangeBitesAtTheNextRequestWithoutTheEventLoop) {
  auto file = open();
  EXPECT_EQ(rule_of(*file), "one");
  write(policy_named("longer-name"));
  EXPECT_EQ(rule_of(*file), "longer-name");
  replace(policy_named("three"));
  EXPECT_EQ(rule_of(*file), "three");
  write("version: \"1\"\nrules:\n  - name: x\n    efect: allow\n");
  EXPECT_THAT(rule_of(*file), StartsWith(path_ + ":4:5: rule \"x\": unknown key \"efect\"; did you mean \"effect\"?"));
  write(policy_named("four"));
  EXPECT_EQ(rule_of(*file), "four");
  ::unlink(path_.c_str());
  EXPECT_THAT(rule_of(*file), HasSubstr("cannot open the policy"));
  replace(policy_named("five"));
  EXPECT_EQ(rule_of(*file), "five");
  ::chmod(path_.c_str(), 0666);
  EXPECT_THAT(rule_of(*file), HasSubstr(path_ + " can be written by others"));
  ::chmod(path_.c_str(), 0600);
  EXPECT_EQ(rule_of(*file), "five");
}

// Same inode, same size, modification time put back: often within the clock tick of the write before.
TEST_F(PolicyFileTest, QuickChangesOfTheSameSizeAreNeverMissed) {
  auto file = open();
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "r" + std::to_string(10000 + i);
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    const std::string text = policy_named(name);
    ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    const timespec times[] = {{1, 0}, {1, 0}};
    ::futimens(fd, times);
    ::close(fd);
    ASSERT_EQ(rule_of(*file), name);
  }
}

TEST_F(PolicyFileTest, ASymbolicLinkThatIsTurnedBites) {
  const std::string link = folder_ + "/link";
  std::ofstream(folder_ + "/other.yaml") << policy_named("other");
  ASSERT_EQ(::symlink("policy.yaml", link.c_str()), 0);
  const std::string target = std::exchange(path_, link);
  auto file = open();
  EXPECT_EQ(rule_of(*file), "one");
  ASSERT_EQ(::symlink("other.yaml", (folder_ + "/link2").c_str()), 0);
  ASSERT_EQ(::rename((folder_ + "/link2").c_str(), link.c_str()), 0);
  EXPECT_EQ(rule_of(*file), "other");
}

TEST_F(PolicyFileTest, FoldersOfALinkAndOfItsTargetAreNamed) {
  ASSERT_EQ(::mkdir((folder_ + "/a").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("../policy.yaml", (folder_ + "/a/link").c_str()), 0);
  EXPECT_THAT(policy_file_folders(folder_ + "/a/link"), ElementsAre(folder_ + "/a", folder_));
  EXPECT_THAT(policy_file_folders(path_), ElementsAre(folder_));
  EXPECT_THAT(policy_file_folders("policy.yaml"), ElementsAre("."));
  EXPECT_THAT(policy_file_folders("/policy.yaml"), ElementsAre("/"));
}

TEST_F(PolicyFileTest, InotifyTellsOfEachChangeBeforeAnyRequest) {
  if (const ipc::UniqueFd probe(::inotify_init1(IN_CLOEXEC)); !probe) {
    GTEST_SKIP() << "this user has no inotify instance left (" << std::strerror(errno)
                 << "): raise fs.inotify.max_user_instances";
  }
  std::vector<std::string> told;
  auto file = open(
      [&](const ipc::Result<const Policy*>& policy) { told.push_back(policy ? (*policy)->rules.at(0).name : "none"); });
  const auto until = [&](std::size_t count) { run_loop_until([&] { return told.size() >= count; }); };
  EXPECT_TRUE(told.empty());
  replace(policy_named("two"));
  until(1);
  replace("nonsense");
  until(2);
  ::unlink(path_.c_str());
  until(3);
  replace(policy_named("three"));
  until(4);
  write(policy_named("four"));
  until(5);
  ASSERT_GE(told.size(), 5u);
  EXPECT_EQ(std::vector<std::string>(told.begin(), told.begin() + 4),
            (std::vector<std::string>{"two", "none", "none", "three"}));
  EXPECT_EQ(rule_of(*file), "four");
  EXPECT_EQ(told.back(), "four");
}

void PolicyFileTest::see_changes_without_inotify() {
  std::vector<std::string> told, warned;
  auto file = PolicyFile::open(
      base_.get(), path_, *verifier_,
      [&](const ipc::Result<const Policy*>& policy) { told.push_back(policy ? (*policy)->rules.at(0).name : "none"); },
      [&](const std::string& sentence) { warned.push_back(sentence); });
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_THAT(warned,
              ElementsAre(AllOf(HasSubstr(path_ + " cannot be watched"), HasSubstr("inotify instances are used up"),
                                HasSubstr("raise fs.inotify.max_user_instances"))));
  ::unlink(path_.c_str());
  run_loop_until([&] { return told.size() >= 1; });
  replace(policy_named("two"));
  run_loop_until([&] { return told.size() >= 2; });
  EXPECT_THAT(told, ElementsAre("none", "two"));
  replace(policy_named("three"));
  EXPECT_EQ(rule_of(**file), "three");
  EXPECT_EQ(warned.size(), 1u);
}

TEST_F(PolicyFileTest, WithoutInotifyItIsToldOnceAndEachChangeIsSeenAllTheSame) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!enter_namespace_without_inotify()) ::_exit(kSkipped);
    base_.reset(event_base_new());  // the parent's epoll instance is shared with it
    see_changes_without_inotify();
    ::_exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kSkipped) GTEST_SKIP() << "this host gives no user namespace to use inotify up in";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see above";
}

TEST_F(PolicyFileTest, OtherFilesOfTheFolderChangeNothing) {
  int told = 0;
  auto file = open([&](const ipc::Result<const Policy*>&) { ++told; });
  std::ofstream(folder_ + "/other") << "x";
  ::unlink((folder_ + "/other").c_str());
  event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  EXPECT_EQ(told, 0);
  EXPECT_EQ(rule_of(*file), "one");
}

}  // namespace
}  // namespace broker
