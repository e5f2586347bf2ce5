// A file of the AWS CLI's in which a sign-in is kept (IAM Identity Center's, or that of `aws login`), and which the
// supervisor opened: read whole, written in place, and locked while somebody renews what is in it, so that of many runs
// one asks and all others wait for its answer.
//
// Blocks: on a small local file; never for a lock.   Owns: the descriptor and its locks. The AWS CLI locks nothing: it
// writes in place or puts another file in the place of this one. What it writes meanwhile is seen, since who has the
// lock reads again, and opens the file anew when this one has no name any more.
// Fails: kSystem; kProtocol for a file that is too large. Sentences begin with a verb, as those of text/json_members.h.
#pragma once

#include <string_view>

#include "host/wiped_bytes.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

// What a file has that holds no sign-in: one without a byte is an error to the AWS tools.
inline constexpr std::string_view kNoSignIn = "{}";
// Also of a file that was made and not written to yet.
[[nodiscard]] bool holds_no_sign_in(std::string_view text);

class SignInFile {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;  // a file with all its tokens has a tenth of it

  SignInFile() = default;
  explicit SignInFile(ipc::UniqueFd file) : file_(std::move(file)) {}
  SignInFile(SignInFile&&) noexcept = default;
  SignInFile& operator=(SignInFile&& other) noexcept;
  ~SignInFile() { unlock(); }

  [[nodiscard]] ipc::Result<WipedBytes> read() const;
  [[nodiscard]] ipc::Status replace(std::string_view text) const;
  // It was removed, or another was put in its place: what is written here is lost.
  [[nodiscard]] bool nameless() const;

  // False while another process has it.
  [[nodiscard]] ipc::Result<bool> try_lock();
  // For those who wait for the lock: is the user being asked to sign in, or is it a matter of a moment?
  void say_login_is_shown() const;
  [[nodiscard]] bool another_shows_login() const;
  void unlock();

 private:
  ipc::UniqueFd file_;
  bool locked_ = false;
};

}  // namespace broker
