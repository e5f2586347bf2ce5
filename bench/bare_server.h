// The least an HTTP server can do: one process, bare epoll, no checks, one send per answer. For measuring beside.
//
// bench programs built on it take ADDRESS... as arguments, print each as it listens (tcp:0 becomes the chosen port),
// and serve until they are ended. Runs in: bench_baseline_epoll, bench_canned_sts.   Blocks: in epoll_wait, for ever.
#pragma once

#include <string_view>
#include <vector>

#include "address.h"

namespace bench {

// What to send for the bytes of a connection so far: `answer` is empty while the request is not whole.
struct Reply {
  std::string_view answer;
  bool keep_alive = true;
};
using Answerer = Reply (*)(std::string_view request);

class BareServer {
 public:
  explicit BareServer(Answerer answerer);
  // False, with a sentence on stderr, when one of them cannot be listened on.
  bool open(int count, char** addresses);
  [[noreturn]] void serve();

 private:
  void watch(int fd);
  void on_ready(int fd);
  void accept_all(int listener);
  bool advance(int fd);  // false when the connection is to be closed

  Answerer answerer_;
  ipc::UniqueFd epoll_;
  std::vector<ipc::UniqueFd> listeners_;
  std::vector<std::string> requests_;  // by descriptor: what came of the request so far
};

}  // namespace bench
