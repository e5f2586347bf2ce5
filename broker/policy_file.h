// The policy in a local file. A change bites at the next request, because each request compares the file's identity
// and times; inotify tells of it at once, so that the user hears of a mistake before a request fails.
//
// Runs in: broker, main thread.   Blocks: on reading the local file when it has changed.
// Owns: the inotify descriptor and its event.
// Fails: current() answers the load error until a valid file is there again. Refused: not a regular file, longer than
// 256 KiB, writable by everybody, or in a folder where everybody may replace it (no sticky bit). Writable by its group
// is the group's owner's decision. Without inotify (its limits are per user) changes are found at the next request.
// Units: kernel file times; a file changed in the clock tick in which it was read is read again at the next request.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "ipc/unique_fd.h"
#include "policy_source.h"

struct event;
struct event_base;

namespace broker {

// The folders that a process under Landlock must be able to read: of the path, and of the file it leads to.
std::vector<std::string> policy_file_folders(const std::string& path);

class PolicyFile final : public PolicySource {
 public:
  // Fails when there is no valid policy at `path` now. `base` may be null: then nobody is told before the next request.
  static ipc::Result<std::unique_ptr<PolicyFile>> open(event_base* base, std::string path, Changed changed);
  ~PolicyFile() override;

  ipc::Result<const Policy*> current(BootClock::time_point now) override;

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;
    timespec modified{}, changed{};
    bool operator==(const Identity& other) const;
  };
  static Identity identity_of(const struct stat& status);

  PolicyFile(std::string path, Changed changed) : path_(std::move(path)), changed_(std::move(changed)) {}
  void start_watching(event_base* base);
  void watch_again();
  void on_inotify() noexcept;
  bool looks_unchanged() const;
  void reload();
  ipc::Result<std::string> read_text();
  void accept(ipc::Result<Policy> policy, std::string text);
  void tell() const;

  std::string path_;
  Changed changed_;
  ipc::Result<Policy> policy_ = ipc::fail(ipc::Fault::kConfig, "the policy has not been read yet");
  std::string text_;
  Identity identity_;      // of the file whose text this is
  bool settled_ = false;   // a later change cannot have the same times
  ipc::UniqueFd inotify_;
  int file_watch_ = -1;
  event* readable_ = nullptr;
};

}  // namespace broker
