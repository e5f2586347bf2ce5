// The part of ProcSearch that lists the tree's processes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "caller/proc_folder.h"
#include "caller/proc_search.h"

namespace broker {

// Parents before their children, and each one's children as they were born: the newest are at the end. Where the kernel
// tells no children, or /proc hides the supervisor, every process that it shows is looked at: the broker walks the
// parents of what is found in any case.
void ProcSearch::list_tree(const WitnessQuestion& tree) {
  queued_ = 0;
  if (!has_children_files_ || !add_children(tree.root, tree)) return add_every_process(tree);
  for (std::size_t i = 0; i < queued_; ++i) (void)add_children(queue_[i], tree);
}

void ProcSearch::add(pid_t pid, const WitnessQuestion& tree) {
  const auto* const out_end = std::end(tree.left_out);
  if (pid <= 0 || std::find(tree.left_out, out_end, pid) != out_end) return;
  if (queued_ < kMaxProcesses) {
    queue_[queued_++] = pid;
  } else {
    cut_short_ = true;
  }
}

bool ProcSearch::add_children(pid_t pid, const WitnessQuestion& tree) {
  // Each thread has its own list of the children that it forked.
  const ipc::UniqueFd threads = open_at(proc_.get(), path_of(pid, "task").text, O_DIRECTORY);
  each_entry(threads, [&](std::string_view thread) {
    char path[96];
    const pid_t tid = number_of(thread);
    if (tid < 0) return true;
    std::snprintf(path, sizeof path, "%d/task/%d/children", pid, tid);
    add_children_of_thread(path, tree);
    return !cut_short_;
  });
  return static_cast<bool>(threads);
}

void ProcSearch::add_children_of_thread(const char* path, const WitnessQuestion& tree) {
  const ipc::UniqueFd file = open_at(proc_.get(), path, 0);
  char text[4096];
  std::size_t used = 0;  // a number may be cut in two by the buffer's end: its first half is carried over
  ssize_t got = 0;
  while (file && (got = ::read(file.get(), text + used, sizeof text - used)) > 0) {
    std::string_view rest(text, used + static_cast<std::size_t>(got));
    for (std::size_t space = rest.find(' '); space != std::string_view::npos; space = rest.find(' ')) {
      add(number_of(rest.substr(0, space)), tree);
      rest.remove_prefix(space + 1);
    }
    if (rest.size() > 16) return;
    std::memmove(text, rest.data(), rest.size());
    used = rest.size();
  }
}

void ProcSearch::add_every_process(const WitnessQuestion& tree) {
  each_entry(open_at(proc_.get(), ".", O_DIRECTORY), [&](std::string_view name) {
    add(number_of(name), tree);
    return !cut_short_;
  });
}

}  // namespace broker
