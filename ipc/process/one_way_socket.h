// What a program of another's prints to us, or reads from us: a connected socket that carries bytes one way.
//
// A pipe would do, but for this: /proc/PID/fd opens a pipe anew, so that every process of the same user reads along
// with ours, or writes in between. A socket it never opens. What it costs: a program that opens /dev/stdout or
// /dev/stdin by name gets ENXIO ("No such device or address").
//
// Runs in: every process that starts a program which prints or reads a secret, or what a policy believes.
// Blocks: never.   Fails: kSystem.
// Not here: pidfd_getfd and ptrace, by which the same user may take a descriptor out of the program itself, unless Yama
// forbids it.
#pragma once

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace ipc {

struct OneWaySocket {
  UniqueFd reading, writing;  // close-on-exec
  static Result<OneWaySocket> open();
};

// The reading end of one, and nothing else: no pipe, no file.
[[nodiscard]] bool is_one_way_socket(int fd);

}  // namespace ipc
