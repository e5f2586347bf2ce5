#include "policy/source/versions.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "host/bounded_read.h"
#include "text/hex.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kFile[] = "~/.local/state/sentinel/policy-versions";
constexpr char kBeginAnew[] = "look at who changed it; remove it to begin anew, then older policies are not told apart";

std::unexpected<ipc::Error> corrupt(std::string_view why) {
  return ipc::fail(Fault::kConfig, std::string(kFile) + " " + std::string(why), kBeginAnew);
}

// Up to the next tab or newline, which is taken away too.
std::string_view take(std::string_view& line, char end) {
  const std::size_t at = line.find(end);
  const std::string_view field = line.substr(0, at);
  line.remove_prefix(at == std::string_view::npos ? line.size() : at + 1);
  return field;
}

std::optional<SignedPolicy> parse_line(std::string_view line) {
  SignedPolicy policy;
  policy.name = take(line, '\t');
  const std::string_view version = take(line, '\t');
  policy.hash = line;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), policy.version);
  const bool whole = error == std::errc() && end == version.data() + version.size() && !version.starts_with('0');
  if (!whole || policy.version > kMaxPolicyVersion || !check_signed_name(policy.name)) return std::nullopt;
  if (!is_sha256_hex(policy.hash)) return std::nullopt;
  return policy;
}

class Unlock {
 public:
  explicit Unlock(int fd) : fd_(fd) {}
  Unlock(const Unlock&) = delete;
  Unlock& operator=(const Unlock&) = delete;
  ~Unlock() { ::flock(fd_, LOCK_UN); }

 private:
  int fd_;
};

}  // namespace

ipc::Status PolicyVersions::lock() const {
  constexpr timespec kPause{0, 5'000'000};
  for (auto waited = std::chrono::milliseconds(0); waited < kPatience; waited += std::chrono::milliseconds(5)) {
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK && errno != EINTR)
      return ipc::system_error(std::string("cannot lock ") + kFile, kBeginAnew);
    ::nanosleep(&kPause, nullptr);
  }
  return ipc::fail(Fault::kUnavailable, std::string(kFile) + " is held by another process", "try again");
}

ipc::Result<PolicyVersions::Seen> PolicyVersions::read() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return ipc::system_error(std::string("cannot look at ") + kFile, kBeginAnew);
  if (!S_ISREG(status.st_mode)) return corrupt("is not a regular file");
  const std::optional<std::string> text = read_from_start(file_.get(), kMaxBytes + 1);
  if (!text) return ipc::system_error(std::string("cannot read ") + kFile, kBeginAnew);
  if (text->size() > kMaxBytes) return corrupt("is longer than 64 KiB");
  std::string_view rest = *text;
  if (!rest.empty() && !rest.ends_with('\n')) return corrupt("ends in the middle of a line");
  Seen seen;
  while (!rest.empty()) {
    std::optional<SignedPolicy> policy = parse_line(take(rest, '\n'));
    if (!policy) return corrupt("has a line that is no policy version");
    const std::string name = policy->name;
    if (!seen.emplace(name, std::move(*policy)).second) return corrupt("has a policy twice");
  }
  return seen;
}

// Versions only rise and names only come, so the text never becomes shorter: nothing of the old one is left behind it.
ipc::Status PolicyVersions::write(const Seen& seen) const {
  std::string text;
  for (const auto& [name, policy] : seen)
    text += name + '\t' + std::to_string(policy.version) + '\t' + policy.hash + '\n';
  if (text.size() > kMaxBytes) return corrupt("would become longer than 64 KiB");
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t put = ::pwrite(file_.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return ipc::system_error(std::string("cannot write ") + kFile, kBeginAnew);
    done += static_cast<std::size_t>(put);
  }
  if (::fdatasync(file_.get()) != 0) return ipc::system_error(std::string("cannot write ") + kFile, kBeginAnew);
  return {};
}

// What another run has seen meanwhile. A file that somebody made shorter takes nothing back within this run.
ipc::Status PolicyVersions::merge() {
  ipc::Result<Seen> on_disk = read();
  if (!on_disk) return std::unexpected(std::move(on_disk.error()));
  for (const auto& [name, policy] : *on_disk) {
    SignedPolicy& known = seen_[name];
    if (policy.version > known.version) known = policy;
  }
  on_disk_ = std::move(*on_disk);
  return {};
}

ipc::Status PolicyVersions::compare_and_note(const SignedPolicy& policy, const std::string& what) {
  SignedPolicy& known = seen_[policy.name];
  if (policy.version < known.version) {
    return ipc::fail(Fault::kRefused,
                     what + " is an older one: it is version " + std::to_string(policy.version) + ", and version " +
                         std::to_string(known.version) + " was in force here",
                     "sign the policy anew with a version above " + std::to_string(known.version));
  }
  if (policy.version == known.version && policy.hash != known.hash) {
    return ipc::fail(Fault::kRefused,
                     what + " is another text under the same version " + std::to_string(policy.version) +
                         " than the one seen before",
                     "sign the policy anew with the next version");
  }
  known = policy;
  return {};
}

// Also for a policy that this run knows: another run may have seen a newer one meanwhile.
ipc::Status PolicyVersions::admit(const SignedPolicy& policy, const std::string& what) {
  if (!file_) return compare_and_note(policy, what);
  if (const ipc::Status locked = lock(); !locked) return locked;
  const Unlock unlock(file_.get());
  if (const ipc::Status merged = merge(); !merged) return merged;
  const auto known = seen_.find(policy.name);
  if (known != seen_.end() && known->second == policy && on_disk_ == seen_) return {};
  const Seen before = seen_;
  if (const ipc::Status noted = compare_and_note(policy, what); !noted) return noted;
  const ipc::Status written = write(seen_);
  if (!written) seen_ = before;  // it is tried again, and not taken for written
  return written;
}

ipc::Status PolicyVersions::pin(const std::string& key, const std::string& fingerprint, const std::string& shown) {
  const ipc::Status known = admit({key, 1, fingerprint}, key);
  if (known || known.error().fault != Fault::kRefused) return known;
  return ipc::fail(
      Fault::kRefused, "another public key was answered for the KMS key " + shown + " than the one seen before",
      std::string("find out who answered; where the key was replaced on purpose, take its line out of ") + kFile);
}

}  // namespace broker
