#include "policy/source/file.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <tuple>
#include <utility>

#include "host/bounded_read.h"
#include "ipc/files/trusted_path.h"
#include "ipc/owned.h"
#include "policy/yaml/load.h"
#include "yaml/document.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kRepair[] = "repair the file; until then every request is refused";

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

auto key(const timespec& time) { return std::tuple(time.tv_sec, time.tv_nsec); }

ipc::Status check_size(const std::string& path, const struct stat& status) {
  if (static_cast<std::size_t>(status.st_size) <= kMaxYamlBytes) return {};
  return ipc::fail(Fault::kConfig, path + ":1: the text is longer than 256 KiB", kRepair);
}

ipc::Result<std::string> read_all(int fd, const std::string& path) {
  std::optional<std::string> text = read_up_to(fd, kMaxYamlBytes + 1);
  if (!text) return ipc::system_error("cannot read the policy " + path, kRepair);
  return std::move(*text);
}

}  // namespace

std::string signature_file(const std::string& path) { return path + ".sig"; }

std::vector<std::string> policy_file_folders(const std::string& path) {
  std::vector<std::string> folders{folder_of(path)};
  for (const std::string& file : {path, signature_file(path)}) {
    const ipc::Owned<char, std::free> real(::realpath(file.c_str(), nullptr));
    if (real == nullptr) continue;
    std::string folder = folder_of(real.get());
    if (std::ranges::find(folders, folder) == folders.end()) folders.push_back(std::move(folder));
  }
  return folders;
}

bool PolicyFile::Identity::operator==(const Identity& other) const {
  return device == other.device && inode == other.inode && size == other.size && key(modified) == key(other.modified) &&
         key(changed) == key(other.changed);
}

PolicyFile::Identity PolicyFile::identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

ipc::Result<std::unique_ptr<PolicyFile>> PolicyFile::open(event_base* base, std::string path, PolicyVerifier& verifier,
                                                          Changed changed, Warn warn) {
  std::unique_ptr<PolicyFile> file(new PolicyFile(std::move(path), verifier, std::move(warn)));
  if (base != nullptr) file->start_watching(base);
  file->reload();
  if (!file->policy_ && !file->asking_) return std::unexpected(file->policy_.error());
  file->changed_ = std::move(changed);  // from now on: the first policy is no change
  return file;
}

PolicyFile::~PolicyFile() {
  if (readable_ != nullptr) event_free(readable_);
  if (tick_ != nullptr) event_free(tick_);
}

void PolicyFile::start(Ready ready) {
  ready_ = std::move(ready);
  if (!asking_) tell_ready();
}

void PolicyFile::tell_ready() {
  ipc::Status outcome;
  if (!policy_) outcome = std::unexpected(policy_.error());
  if (const Ready ready = std::exchange(ready_, nullptr)) ready(std::move(outcome));
}

ipc::Result<const Policy*> PolicyFile::current(Clock::SinceBoot) {
  if (ask_again_ || !looks_unchanged()) reload();
  if (!policy_) return std::unexpected(policy_.error());
  return &*policy_;
}

bool PolicyFile::looks_unchanged(const WatchedFile& file) {
  struct stat status {};
  return file.settled && ::stat(file.path.c_str(), &status) == 0 && identity_of(status) == file.identity;
}

bool PolicyFile::looks_unchanged() const {
  return looks_unchanged(policy_file_) && (!verifier_.enforces() || looks_unchanged(signature_file_));
}

// The watches are set before the files are read, so that no change falls between.
void PolicyFile::reload() {
  watch_again(policy_file_);
  if (verifier_.enforces()) watch_again(signature_file_);
  ipc::Result<Pair> pair = read_pair();
  if (!pair) {
    pair_.reset();
    asking_ = false;
    ++question_;  // an answer that is still to come is about an older pair
    return accept(std::unexpected(std::move(pair.error())));
  }
  if ((policy_ || asking_) && *pair == pair_) return;
  pair_ = std::move(*pair);
  asking_ = true;
  ask_again_ = false;
  const std::string& path = policy_file_.path;
  verifier_.verify("the policy " + path, path, pair_->text, pair_->signature,
                   [weak = std::weak_ptr(self_), question = ++question_](ipc::Result<std::uint64_t> answer) {
                     const auto self = weak.lock();
                     if (self && (*self)->question_ == question) (*self)->on_verified(std::move(answer));
                   });
  if (!asking_) return;
  policy_ = ipc::fail(Fault::kUnavailable, "the signature of the policy " + path + " is being verified", "try again");
}

void PolicyFile::on_verified(ipc::Result<std::uint64_t> signed_version) {
  asking_ = false;
  signed_version_ = signed_version.value_or(0);
  if (signed_version) {
    accept(load_policy(pair_->text, policy_file_.path));
  } else {
    ask_again_ = true;  // the next request looks again: a torn pair is mended soon
    accept(std::unexpected(std::move(signed_version.error())));
  }
  tell_ready();
}

ipc::Result<PolicyFile::Pair> PolicyFile::read_pair() {
  ipc::Result<std::string> text = read_text(policy_file_);
  if (!text) return std::unexpected(std::move(text.error()));
  Pair pair{std::move(*text), {}};
  if (!verifier_.enforces()) return pair;
  ipc::Result<std::string> signature = read_text(signature_file_);
  if (signature) {
    pair.signature = std::move(*signature);
  } else if (signature.error().sys_errno != ENOENT) {
    return std::unexpected(std::move(signature.error()));
  }
  return pair;
}

ipc::Result<std::string> PolicyFile::read_text(WatchedFile& file) {
  const std::string& path = file.path;
  file.settled = false;
  timespec tick{};  // the clock that stamps files
  ::clock_gettime(CLOCK_REALTIME_COARSE, &tick);
  const ipc::Result<ipc::TrustedFile> opened = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDONLY);
  if (!opened) {
    ipc::Error error = opened.error();
    error.what.insert(0, error.sys_errno == 0 ? "the policy is not used: " : "cannot open the policy " + path + ": ");
    return std::unexpected(std::move(error));
  }
  file.user_can_change = opened->user_can_change;
  const struct stat& status = opened->status;
  if (const ipc::Status good = check_size(path, status); !good) return std::unexpected(good.error());
  ipc::Result<std::string> text = read_all(opened->fd.get(), path);
  file.identity = identity_of(status);
  file.settled = text && key(status.st_ctim) < key(tick);
  return text;
}

void PolicyFile::accept(ipc::Result<Policy> policy) {
  const bool same_error = !policy_ && !policy && policy_.error().what == policy.error().what;
  policy_ = std::move(policy);
  if (!same_error && !ready_) tell();
}

void PolicyFile::tell() const {
  if (!changed_) return;
  if (policy_) changed_(&*policy_);
  if (!policy_) changed_(std::unexpected(policy_.error()));
}

void PolicyFile::start_watching(event_base* base) {
  base_ = base;
  inotify_ = ipc::UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_) return poll_instead(errno, "inotify instances are used up", "fs.inotify.max_user_instances");
  const auto on_readable = [](evutil_socket_t, short, void* self) { static_cast<PolicyFile*>(self)->on_inotify(); };
  readable_ = event_new(base, inotify_.get(), EV_READ | EV_PERSIST, on_readable, this);
  if (readable_ != nullptr) event_add(readable_, nullptr);
}

// Says it once: the user hears why a change is told later, and what would mend it.
void PolicyFile::poll_instead(int error, const std::string& used_up, const std::string& limit) {
  if (tick_ != nullptr) return;
  constexpr timeval kTick{1, 0};
  const auto on_tick = [](evutil_socket_t, short, void* self) { static_cast<PolicyFile*>(self)->on_tick(); };
  tick_ = event_new(base_, -1, EV_PERSIST, on_tick, this);
  if (tick_ != nullptr) event_add(tick_, &kTick);
  if (!warn_) return;
  const bool limited = error == EMFILE || error == ENOSPC;
  warn_("the policy file " + policy_file_.path + " cannot be watched, because " +
        (limited ? "this user's " + used_up : std::string(std::strerror(error))) +
        ": it is looked at once a second and for each request instead; " +
        (limited ? "raise " + limit + " with sysctl, or end programs that watch files, and start this run anew"
                 : std::string("start this run anew to try again")));
}

// Adding a watch that exists changes nothing; a replaced file is another one.
void PolicyFile::watch_again(WatchedFile& file) {
  if (!inotify_) return;
  constexpr auto kFolderEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
  constexpr auto kFileEvents = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF;
  const int folder = ::inotify_add_watch(inotify_.get(), folder_of(file.path).c_str(), kFolderEvents | IN_ONLYDIR);
  bool no_room = folder < 0 && errno == ENOSPC;
  const int watch = ::inotify_add_watch(inotify_.get(), file.path.c_str(), kFileEvents);
  no_room |= watch < 0 && errno == ENOSPC;
  if (file.watch >= 0 && watch != file.watch) ::inotify_rm_watch(inotify_.get(), file.watch);
  file.watch = watch;
  if (no_room) poll_instead(ENOSPC, "inotify watches are used up", "fs.inotify.max_user_watches");
}

// What happened does not matter: the file is read again whatever it was. Events of the folder's other files are
// sorted out by the comparison, except where the times cannot tell.
void PolicyFile::on_inotify() noexcept {
  alignas(inotify_event) char events[4096];
  bool of_file = false;
  for (ssize_t size; (size = ::read(inotify_.get(), events, sizeof events)) > 0;) {
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, events + at, sizeof event);
      of_file |= event.wd == policy_file_.watch || event.wd == signature_file_.watch || (event.mask & IN_Q_OVERFLOW);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  if (of_file || ask_again_ || !looks_unchanged()) reload();
}

// What could not be verified is asked about again by a request, not each second.
void PolicyFile::on_tick() noexcept {
  if (looks_unchanged()) return;
  const ipc::Result<Pair> pair = read_pair();
  if (!pair || !pair_ || *pair != *pair_) reload();
}

}  // namespace broker
