// The descriptors that a frontend must not be able to pass off as a client's connection
// (broker/caller/KERNEL.md, fact 11). They are made before the lock-down, after which the filter forbids it: this
// attacker has more than a real one could get.
//
// Runs in: hostile_frontend.   Blocks: never.   Owns: nothing; descriptors live as long as the process.
#pragma once

#include <map>
#include <string>

namespace hostile {

struct Target {
  bool tcp = false;
  int port = 0;
  std::string path;
};

// A descriptor to pass, and what the attacker would read the answer from (-1: the same one).
struct Bait {
  int pass = -1;
  int read = -1;
};
using Baits = std::map<std::string, Bait>;

Baits make_baits(const Target& target);
// Connects to the run's own listener; the connection lies in its queue until somebody accepts.
int connect_to(const Target& target);

}  // namespace hostile
