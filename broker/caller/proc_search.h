// Finds which process holds a socket, and which program a process runs, in /proc.
//
// What it finds may be out of date when it is read: the broker opens a pidfd of the process that is named here,
// compares its identity, and walks its parents itself.
// One walk answers all questions that wait: newest processes first, since who has just connected has mostly just begun,
// and a few files of each before the many of any, so that a process with thousands of files delays only itself.
// A look at a process's files is noted for questions to come: a client with many connections is looked through once for
// all of them. A note is a hint: it is answered only after its link was read again.
// Runs in: witness.   Blocks: never; the work for one batch is bounded, and what the bound cut off is said.
// Owns: a descriptor of /proc, pidfds of processes that it found before, and notes of their sockets.
// Source: proc(5): PID/task/TID/children, PID/fd, PID/exe, PID/comm.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "caller/witness_words.h"
#include "host/clock.h"
#include "ipc/process/pidfd.h"
#include "ipc/unique_fd.h"

namespace broker {

class ProcSearch {
 public:
  static constexpr std::size_t kMaxProcesses = 16384;  // of the tree, in one walk
  static constexpr int kMaxLinks = 131072;             // open files looked at in one walk: about 100 ms
  static constexpr int kFirstLinks = 256;              // of each process, before the rest of any
  static constexpr int kMaxThreads = 64;               // looked at, where the main one has ended
  static constexpr int kWalks = 2;  // a process whose parent ends moves in the tree, and may be missed once
  static constexpr std::chrono::milliseconds kNameFresh{200};  // a process may exec: its name is read again
  static constexpr std::size_t kKept = 8;                      // processes found before, asked first
  static constexpr std::size_t kKeptFds = 2;   // and the numbers under which their sockets were found last
  static constexpr int kFurtherLinks = 512;    // read behind the one that was found, for questions to come
  static constexpr std::size_t kNotes = 2048;  // sockets seen on the way; a new one takes an old one's place

  // `proc` is a descriptor of /proc. `clock` outlives the search. Fewer links than kMaxLinks are for tests.
  ProcSearch(ipc::UniqueFd proc, const Clock& clock, int most_links = kMaxLinks);

  // Fills, of each answer whose question is kHolder: pid, identity, executable and comm of a process in the tree that
  // holds the question's inode; or cut_short. All questions of a batch are about one tree: the last one's, the newest.
  void find_holders(std::span<const WitnessQuestion> questions, std::span<WitnessAnswer> answers);
  // Fills pid, executable and comm; leaves pid 0 where nothing may be read. Where the file alone is not shown, as of
  // our own helper of SDKs, executable is comm in brackets.
  void name_executable(pid_t pid, WitnessAnswer& answer) const;

 private:
  // Whose open files: nearly always those of the main thread. Where that has ended and others run on, /proc/PID/fd is
  // empty, and a thread of its own has them.
  struct Files {
    pid_t pid = 0;
    pid_t thread = 0;  // 0: the main one
    bool operator==(const Files&) const = default;
  };
  struct Kept {
    Files files;
    ipc::Pidfd process;
    std::uint64_t identity = 0;
    std::array<int, kKeptFds> fds{};  // most recent first
    std::size_t fd_count = 0;
    WitnessAnswer name;  // executable and comm alone
    Clock::SinceBoot named_at{};
  };

  // Where a socket was seen.
  struct Note {
    std::uint64_t inode = 0;
    Files files;
    int fd = -1;
  };

  // A socket that a question is about, and that was not found yet.
  struct Sought {
    std::uint64_t inode = 0;
    WitnessAnswer* answer = nullptr;
  };

  std::uint64_t socket_at(Files files, int fd);  // its inode; 0 for what is no socket
  bool holds(Files files, int fd, std::uint64_t inode) { return socket_at(files, fd) == inode; }
  void note(std::uint64_t inode, Files files, int fd) { notes_[inode % kNotes] = {inode, files, fd}; }
  bool find_in_notes(const Sought& sought);
  bool find_at_kept_numbers(const Sought& sought);
  void look_through_kept();
  void look_through_tree(const WitnessQuestion& tree);
  // Looks at a process's open files from the `from`th to before the `to`th, and answers what is sought. Returns whether
  // there are more.
  bool look_at(pid_t pid, int from, int to);
  struct Looked {
    int listed = 0;  // files, up to the one that ended the look; -1: they may not be looked at
    bool more = false;
  };
  Looked look_at_files(Files files, int from, int to);
  void on_seen(Files files, int fd, std::uint64_t inode);
  bool answer_for(Files files, int fd, const Sought& sought);
  bool answer_with(std::size_t index, int fd, WitnessAnswer& answer);
  std::size_t keep(Files files, ipc::Pidfd process);
  void list_tree(const WitnessQuestion& tree);
  bool add_children(pid_t pid, const WitnessQuestion& tree);  // false: /proc hides the process (hidepid)
  void add_children_of_thread(const char* path, const WitnessQuestion& tree);
  void add_every_process(const WitnessQuestion& tree);
  void add(pid_t pid, const WitnessQuestion& tree);

  ipc::UniqueFd proc_;
  const Clock& clock_;
  const int most_links_;
  bool has_children_files_ = false;
  int links_left_ = 0;
  bool cut_short_ = false;
  std::array<Sought, kWitnessBatch> sought_{};
  std::size_t sought_count_ = 0;
  std::array<Kept, kKept> kept_;
  std::array<Note, kNotes> notes_{};
  std::array<pid_t, kMaxProcesses> queue_{};
  std::size_t queued_ = 0;
};

}  // namespace broker
