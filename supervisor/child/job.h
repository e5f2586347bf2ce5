// The command as a job of the caller's shell: it is stopped, continued and signalled as if the shell had started it.
//
// The shell waits for the face, which must stop when the command does, and continue it when it is continued itself.
// Runs in: supervisor (keeper).   Blocks: never.   Owns: the command's handle, not the face.
#pragma once

#include "child/command.h"
#include "child/process_tree.h"
#include "ipc/process/pidfd.h"

namespace supervisor {

class Job {
 public:
  explicit Job(const ipc::Pidfd& face) : face_(face) {}

  // Forks the waiting command.
  ipc::Status start(const CommandPlan&);
  [[nodiscard]] WaitingCommand& command() { return command_; }
  [[nodiscard]] const WaitingCommand& command() const { return command_; }

  // Once, when the face has ended.
  [[nodiscard]] int face_fd() const { return face_gone_ ? -1 : face_.fd(); }
  void face_ended() { face_gone_ = true; }

  void forward(int signal) const;
  // SIGSTOP cannot be missed, and SIGCONT comes back through the face.
  void stop_face() const { (void)face_.send_signal(SIGSTOP); }
  // SIGCONT has reached us.
  void ask_to_continue() { continue_asked_ = true; }
  // After the news of each turn of the loop.
  void continue_if_asked();

  // ---- news of the command

  void begin_news() { stopped_just_now_ = false; }
  // It was stopped or continued; `pass_on` to the face, unless the run is being ended.
  void stopped_or_continued(const ChildNews&, bool pass_on);
  // A face that stopped with it would wait for ever: of one that was continued and ended at once, the end alone is
  // told.
  void ended();

 private:
  const ipc::Pidfd& face_;
  WaitingCommand command_;
  bool face_gone_ = false, continue_asked_ = false, stopped_ = false, stopped_just_now_ = false;
};

}  // namespace supervisor
