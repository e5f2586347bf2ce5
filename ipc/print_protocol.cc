#include "ipc/print_protocol.h"

#include "ipc/channels.h"
#include "ipc/messages.h"

namespace ipc {
namespace {

const char* words_of(Side side) {
  switch (side) {
    case Side::Supervisor:
      return "supervisor";
    case Side::Broker:
      return "broker";
    case Side::Frontend:
      return "frontend";
    case Side::Tool:
      return "tool";
    case Side::KeyProcess:
      return "key process";
  }
  return "";
}

const char* words_of(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::Packets:
      return "packets";
    case ChannelKind::Stream:
      return "stream";
    case ChannelKind::Pipe:
      return "pipe";
    case ChannelKind::Signals:
      return "signals";
  }
  return "";
}

void print_processes(std::FILE* out) {
  std::fputs("| process | program | what it does | secrets it may hold |\n|---|---|---|---|\n", out);
  for (const ProcessRow& row : kProcesses) {
    std::fprintf(out, "| %s | %s | %s | %s |\n", row.words.data(), row.program.data(), row.what.data(),
                 row.secrets.data());
  }
}

void print_channels(std::FILE* out) {
  std::fputs(
      "| between | and | kind | form | defined in | opened in | what passes | who believes what |\n"
      "|---|---|---|---|---|---|---|---|\n",
      out);
  for (const ChannelRow& row : kChannels) {
    std::fprintf(out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", row_of(row.one).words.data(),
                 row_of(row.other).words.data(), words_of(row.kind), row.form.data(), row.defined.data(),
                 row.opened.data(), row.passes.data(), row.believed.data());
  }
}

void print_messages(std::FILE* out) {
  std::fputs("| id | message | from | to | descriptors | bytes at most | why |\n|---|---|---|---|---|---|---|\n", out);
  for (const MessageRow& row : kMessages) {
    std::fprintf(out, "| %u | %s | %s | %s | %d | %zu | %s |\n", row.id, row.name.data(), words_of(row.from),
                 words_of(row.to), row.descriptors, row.max_bytes, row.why.data());
  }
}

}  // namespace

void print_protocol(std::FILE* out) {
  std::fputs("## Processes\n\n", out);
  print_processes(out);
  std::fputs("\n## Channels\n\n", out);
  print_channels(out);
  std::fputs("\n## Messages of supervisor, broker, frontend, tool and key process\n\n", out);
  print_messages(out);
}

}  // namespace ipc
