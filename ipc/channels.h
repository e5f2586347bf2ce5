// Which processes there are, and which channels lead from one to another, as rows; see channels.def.
//
// Says what is; carries nothing. What may pass on the channels of messages.def is judged by gate.h; the forms of the
// others are judged by the files that their rows name.
// Runs in: broker, when it prints its tables; tests.   Blocks: never.
#pragma once

#include <string_view>

namespace ipc {

enum class Process {
#define PROCESS(name, words, program, what, secrets) name,
#define CHANNEL(...)
#include "ipc/channels.def"
#undef PROCESS
#undef CHANNEL
};

// Packets: a SOCK_SEQPACKET pair. Stream: a connected stream socket. Pipe: one way. Signals: and the exit status.
enum class ChannelKind { Packets, Stream, Pipe, Signals };

struct ProcessRow {
  Process process;
  std::string_view words, program, what, secrets;
};

struct ChannelRow {
  Process one, other;
  ChannelKind kind;
  std::string_view form, defined, opened, passes, believed;
};

#define CHANNEL(...)
#define PROCESS(name, words, program, what, secrets) ProcessRow{Process::name, words, program, what, secrets},
inline constexpr ProcessRow kProcesses[] = {
#include "ipc/channels.def"
};
#undef PROCESS
#undef CHANNEL

#define PROCESS(...)
#define CHANNEL(one, other, kind, form, defined, opened, passes, believed) \
  ChannelRow{Process::one, Process::other, ChannelKind::kind, form, defined, opened, passes, believed},
inline constexpr ChannelRow kChannels[] = {
#include "ipc/channels.def"
};
#undef PROCESS
#undef CHANNEL

constexpr const ProcessRow& row_of(Process process) { return kProcesses[static_cast<int>(process)]; }

// Every process has a channel, and no cell of either table is empty.
constexpr bool channels_are_told() {
  for (const ProcessRow& row : kProcesses) {
    if (row.words.empty() || row.program.empty() || row.what.empty() || row.secrets.empty()) return false;
    bool reached = false;
    for (const ChannelRow& channel : kChannels) {
      reached = reached || channel.one == row.process || channel.other == row.process;
    }
    if (!reached) return false;
  }
  for (const ChannelRow& row : kChannels) {
    if (row.one == row.other || row.form.empty() || row.defined.empty() || row.opened.empty()) return false;
    if (row.passes.empty() || row.believed.empty()) return false;
  }
  return true;
}
static_assert(channels_are_told(), "a process without a channel, or an empty cell in channels.def");

}  // namespace ipc
