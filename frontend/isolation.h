// Own namespaces and an empty root folder for the frontend: no network of its own, no mounts, no files, without any
// privilege. An extra: many hosts refuse it, and the seccomp filter and Landlock hold without it.
//
// Runs in: frontend, after its last exec (broker/caller/KERNEL.md, fact 3) and before lock_down.   Blocks: never.
// Fails: never; what did not work is said by name.
//
// The user namespace is left without a uid map on purpose: to write one, the process would have to be dumpable for a
// moment, and in that moment any process of the same user could open its memory (broker/caller/KERNEL.md, fact 4).
// The price: every peer's uid then reads as 65534, so the early turn-away of strangers is off. The broker, outside,
// judges uids anyway.
// Source: user_namespaces(7), pivot_root(2).
#pragma once

#include <string>

namespace frontend {

struct Isolation {
  bool sees_uids = true;  // SO_PEERCRED still tells users apart
  std::string words;      // for the start-up report
};

Isolation isolate();

}  // namespace frontend
