// Opens what the broker will write decisions to, by the caller's own rights: files, stderr, the system's log; and the
// file that follows a full one.
//
// A broker closes a full file with a last line of its own ("event":"rotated"); here the file then gets another name,
// and a new one takes its place, which begins with a copy of that line. So the chain goes on with the next writer, and
// the next run completes what failed half-way.
// Runs in: supervisor.   Blocks: as file systems do; at most kLockPatience for another run that rotates the same file.
// Owns: the descriptors. Reads no more of a log than its last line, and understands no more of it than those words.
// A log is a file that root and the user alone can write or replace; a device is none. Who may read it could also lock
// it and so keep every broker from writing: its writers lock a file of their own, `.NAME.lock` beside it.
// Fails: kSystem or kConfig, before anything starts: no decision log, no run. Of a file that follows: kSystem where the
// folder may not be written, kProtocol for a file that no broker has closed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "command_line/request.h"
#include "ipc/files/trusted_path.h"
#include "ipc/messages.h"
#include "ipc/unique_fd.h"

namespace supervisor {

struct DecisionLog {
  ipc::UniqueFd fd;
  std::string label;  // what to call it in an error
  ipc::LogKind kind = ipc::LogKind::File;
  std::string path{};          // of a regular file: absolute, without symbolic links; else empty
  std::string lock_path{};     // of the private file beside it that its writers lock; empty: they lock the log itself
  ipc::UniqueFd lock{};        // that file, for the broker; rotation locks it by a descriptor of its own
  ipc::UniqueFd head{};        // of a regular file: where the broker remembers its last line (log_head.h)
  std::string without_head{};  // why that is not kept, in one sentence; else empty
};

inline constexpr std::chrono::milliseconds kLockPatience{250};

// `state_home` is XDG_STATE_HOME, used where it is an absolute path.
ipc::Result<std::vector<DecisionLog>> open_decision_logs(const ExecRequest&, std::string_view home,
                                                         std::string_view state_home);

// What follows `full`, whose broker asks for more: the file that another run has put there, or a new one; of the
// system's log, a new connection.
ipc::Result<DecisionLog> next_decision_log(const DecisionLog& full);

// A file beside the log, which root made, for the user whose log it is; nobody else can give it away, and a user who
// writes a log of root's keeps what he made.
ipc::Status give_to_owner_of_log(const ipc::TrustedFile& made, const struct stat& of_log, const std::string& path);

}  // namespace supervisor
