// The broker's own child that reads what root says of this device, again and again, because the broker itself may open
// no such file and start no program. It holds no secret and no descriptor but its socket.
//
// Runs in: broker, main thread (this class); posture reader (its loop, in device/reader_process.cc).
// Blocks: never.   Owns: the socket; the reader ends, and what it runs is killed, when it closes.
// Fails: a reader that is gone stays gone; the last answer grows too old, and then nothing is known of the device.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "device/stated.h"
#include "host/root_file.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

// Where it reads: the file if it is there, else what the program prints. Others only in tests.
struct PosturePlaces {
  std::string file = kHostPosture;
  std::string program = kHostPostureCommand;
};

class PostureReader {
 public:
  PostureReader() = default;  // there is nothing to read: fd() is -1

  // Forks where one of the two places exists. Call before any secret is read, before any thread, and before Landlock.
  static ipc::Result<PostureReader> start(const PosturePlaces& places = {});

  [[nodiscard]] bool exists() const { return pid_ != 0; }
  [[nodiscard]] int fd() const { return fd_.get(); }  // readable when an answer is there
  [[nodiscard]] pid_t pid() const { return pid_; }    // 0: none
  // False where it cannot be asked: it is gone, or has a question to answer already.
  bool ask();
  enum class Reply { kHere, kNotYet, kGone };
  // kHere: the text, or why there is none.
  Reply take(ipc::Result<std::string>& answer);

 private:
  ipc::UniqueFd fd_;
  pid_t pid_ = 0;
};

// The first byte of an answer; the text or the sentence follows.
enum class PostureAnswer : char { kText = 'T', kWhyNot = 'W' };

// The reader's whole life, on its end of the pair; never returns.
[[noreturn]] void run_posture_reader(ipc::UniqueFd socket, const PosturePlaces& places);

}  // namespace broker
