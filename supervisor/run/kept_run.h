// The parts of a run that the keeper holds, and what can be done with them: what it does, without why and when, which
// run/keeper.cc decides by lifecycle.def.
//
// Runs in: supervisor (keeper).   Blocks: sweep_tree() for half a second at most, while the tree is killed.
// Owns: the command, the helpers, the watch over the run's files.
#pragma once

#include "child/job.h"
#include "child/process_tree.h"
#include "run/conversation.h"
#include "run/preparation.h"
#include "run_files/folder_watch.h"
#include "terminal/signals.h"

namespace supervisor {

class KeptRun {
 public:
  KeptRun(Preparation& preparation, const CallerSignals& signals, const ipc::Pidfd& face)
      : preparation_(preparation), caller_signals_(signals), job_(face), talk_(preparation) {}

  // The waiting command, then a session of our own, then both helpers.
  ipc::Status start();
  ipc::Status write_config();  // kRefused where another program was quicker
  ipc::Status release_command();

  void stop_tree();
  bool sweep_tree(bool kill);  // whether it is empty
  void name_what_is_left();
  void close_helpers();
  void kill_helper(ipc::Side);
  // Nothing of ours runs any more but this process: removes the files.
  void finish();

  [[nodiscard]] int signals() const { return signals_.get(); }
  [[nodiscard]] const OpenListener& listener() const { return preparation_.listener; }
  Job& job() { return job_; }
  [[nodiscard]] const Job& job() const { return job_; }
  Conversation& talk() { return talk_; }
  [[nodiscard]] const Conversation& talk() const { return talk_; }
  FolderWatch& folder() { return folder_; }
  TreeEnd& tree_end() { return tree_end_; }

 private:
  [[nodiscard]] CommandPlan command_plan();
  [[nodiscard]] ipc::Result<int> asker() const;
  void watch_folder();

  Preparation& preparation_;
  const CallerSignals& caller_signals_;
  Job job_;
  Conversation talk_;
  FolderWatch folder_;
  ipc::UniqueFd signals_;
  TreeEnd tree_end_;
};

}  // namespace supervisor
