// Packets that the protocol table forbids, by name. Each breaks one rule and is otherwise as good as possible.
//
// Runs in: hostile_frontend.   Blocks: never.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace hostile {

struct BadPacket {
  std::string bytes;
  int descriptors = 1;
  bool credentials = false;  // SCM_CREDENTIALS in place of descriptors
  bool known = false;        // such a name exists
};

// `authorization` is the true one of a client in the tree.
BadPacket bad_packet(std::string_view name, std::string_view authorization);

// Sends it; the descriptors are duplicates of `client`. 0, or the kernel's error number.
int send_packet(int channel, const BadPacket& packet, int client);

}  // namespace hostile
