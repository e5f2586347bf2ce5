// The listening socket of a run. The supervisor makes it, holds it to the end and lends it to each frontend: a crash of
// the frontend loses neither port nor socket, and no other process can take them while the command lives.
//
// Runs in: supervisor.   Blocks: never.   Owns: the descriptor; the socket's path goes into OwnedPaths.
// Fails: a port or path that is taken is refused, never shared and never unlinked.
#pragma once

#include <string>

#include "ipc/messages.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "run_files/owned_paths.h"

namespace supervisor {

struct OpenListener {
  ipc::UniqueFd fd;  // non-blocking, listening
  ipc::Transport transport = ipc::Transport::Tcp;
  std::uint16_t port = 0;  // TCP
  std::string path;        // Unix
  pid_t server = -1;       // Unix: whom the kernel names to those that connect
};

ipc::Result<OpenListener> listen_tcp(std::uint16_t port);

// The socket is 0600 from its first moment. Every folder and link above it must be owned by us or root and writable by
// no other user (ipc/files/trusted_path.h); a sticky one, as /tmp is, will do: there others can take a free name, but
// not replace ours.
ipc::Result<OpenListener> listen_unix(const std::string& path, OwnedPaths&);

// Bereft: takes each client that waits in the queue and hangs up, unread, so that clients fail at once instead of
// waiting.
void drop_waiting_clients(const OpenListener&);

}  // namespace supervisor
