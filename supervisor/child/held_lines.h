// Lines for a terminal on which a full-screen program may be at work: they wait until it has gone, so that they neither
// spoil its picture nor go under with it. None is lost: what still waits at the end of the run is said then.
//
// A program that draws the screen itself takes keys one by one and unseen (no ICANON, no ECHO); so does the line editor
// of a shell, while it is in front itself. That is as much as can be known: nobody tells whether a terminal shows its
// other screen. A program that only reads keys so holds lines back as well, until it has ended. Runs in: supervisor
// (keeper), which has left the terminal's session: who is in front /proc says of the command. Blocks: as say() does.
// Owns: the lines that wait; past kMostHeld of them they are said all the same. Source: termios(3); tpgid and pgrp in
// proc(5).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/terminal/ink.h"

namespace supervisor {

class HeldLines {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostHeld = 1000;
  static constexpr std::chrono::milliseconds kLookEvery{300};  // only while a line waits

  // The command has the terminal from now on. `is_shell`: its own line editor is no full-screen program.
  void begin(pid_t command, bool is_shell) { command_ = command, is_shell_ = is_shell; }
  // Now, or when the screen is free. `ink` as terminal/say.h has it.
  void say(std::string_view line, ipc::Ink ink = ipc::Ink::kNone);
  // Says what waits, where the screen is free by now.
  void look();
  // Says what waits, whatever is on the screen.
  void say_all();
  [[nodiscard]] std::optional<Clock::time_point> next_look() const { return next_; }

 private:
  [[nodiscard]] bool screen_is_taken() const;

  pid_t command_ = -1;
  bool is_shell_ = false;
  struct Line {
    std::string text;
    ipc::Ink ink;
  };
  std::vector<Line> held_;
  std::optional<Clock::time_point> next_;
};

}  // namespace supervisor
