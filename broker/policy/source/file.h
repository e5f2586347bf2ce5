// The policy in a local file, with its signature beside it in <file>.sig where one is demanded. A change of either
// bites at the next request, because each request compares the files' identities and times; inotify tells of it at
// once, so that the user hears of a mistake before a request fails. Where inotify is used up (its limits are per user)
// the files are looked at once a second instead, and the user is told so once.
//
// Blocks: on reading the local file when it has changed.
// Owns: the inotify descriptor, its event, and the timer that stands in for them.
// Fails: current() answers the load error until a valid file is there again. Refused: not a regular file, longer than
// 256 KiB, or one that others than root and this process's user can write or replace (ipc/files/trusted_path.h).
// While KMS is asked about a new pair, every request is refused: what was in force before is no longer what the file
// says. Units: kernel file times; a file changed in the clock tick in which it was read is read again at the next
// request.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipc/unique_fd.h"
#include "policy/source/source.h"
#include "policy/source/verifier.h"

struct event;
struct event_base;

namespace broker {

// Where a policy file's signature lies.
std::string signature_file(const std::string& path);

// The folders that a process under Landlock must be able to read: of the path, of its signature, and of the files
// they lead to.
std::vector<std::string> policy_file_folders(const std::string& path);

class PolicyFile final : public PolicySource {
 public:
  // Takes the sentence that the file cannot be watched.
  using Warn = std::function<void(const std::string&)>;

  // Fails when there is no valid policy at `path` now; where KMS must be asked, start() says so. `base` may be null:
  // then the user is not told before the next request. `verifier` outlives the file.
  static ipc::Result<std::unique_ptr<PolicyFile>> open(event_base* base, std::string path, PolicyVerifier& verifier,
                                                       Changed changed, Warn warn = {});
  ~PolicyFile() override;

  void start(Ready ready) override;
  ipc::Result<const Policy*> current(Clock::SinceBoot now) override;
  // A file is looked at for each request.
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot) const override { return {}; }
  [[nodiscard]] std::uint64_t signed_version() const override { return signed_version_; }
  // Whether this process's user, and so the command that it judges, can write or replace the file.
  [[nodiscard]] bool user_can_change() const { return policy_file_.user_can_change; }

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    timespec modified{}, changed{};
    bool operator==(const Identity& other) const;
  };
  static Identity identity_of(const struct stat& status);

  struct WatchedFile {
    std::string path;
    Identity identity{};   // of the file whose text was read
    bool settled = false;  // a later change cannot have the same times
    bool user_can_change = false;
    int watch = -1;
  };
  struct Pair {
    std::string text;
    std::optional<std::string> signature;
    bool operator==(const Pair&) const = default;
  };

  PolicyFile(std::string path, PolicyVerifier& verifier, Warn warn)
      : policy_file_{std::move(path)},
        signature_file_{signature_file(policy_file_.path)},
        verifier_(verifier),
        warn_(std::move(warn)) {}
  void start_watching(event_base* base);
  void poll_instead(int error, const std::string& used_up, const std::string& limit);
  void watch_again(WatchedFile& file);
  void on_inotify() noexcept;
  void on_tick() noexcept;
  static bool looks_unchanged(const WatchedFile& file);
  [[nodiscard]] bool looks_unchanged() const;
  void reload();
  ipc::Result<Pair> read_pair();
  static ipc::Result<std::string> read_text(WatchedFile& file);
  void on_verified(ipc::Result<std::uint64_t> signed_version);
  void tell_ready();
  void accept(ipc::Result<Policy> policy);
  void tell() const;

  WatchedFile policy_file_, signature_file_;
  PolicyVerifier& verifier_;
  Warn warn_;
  Changed changed_;
  Ready ready_;
  ipc::Result<Policy> policy_ = ipc::fail(ipc::Fault::kConfig, "the policy has not been read yet");
  std::optional<Pair> pair_;  // that was judged, or is being
  std::uint64_t signed_version_ = 0;
  std::uint64_t question_ = 0;  // the latest to the verifier
  bool asking_ = false;
  bool ask_again_ = false;  // the pair could not be verified
  event_base* base_ = nullptr;
  ipc::UniqueFd inotify_;
  event* readable_ = nullptr;
  event* tick_ = nullptr;                                                    // where inotify is used up
  std::shared_ptr<PolicyFile*> self_ = std::make_shared<PolicyFile*>(this);  // a late answer finds null
};

}  // namespace broker
