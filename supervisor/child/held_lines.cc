#include "child/held_lines.h"

#include <termios.h>
#include <unistd.h>

#include "child/frozen_tree.h"
#include "terminal/say.h"

namespace supervisor {

void HeldLines::say(std::string_view line, ipc::Ink ink) {
  look();
  if (held_.empty() && !screen_is_taken()) return supervisor::say(line, ink);
  held_.push_back({std::string(line), ink});
  if (held_.size() >= kMostHeld) return say_all();
  if (!next_) next_ = Clock::now() + kLookEvery;
}

void HeldLines::look() {
  if (held_.empty() || (next_ && Clock::now() < *next_)) return;
  if (!screen_is_taken()) return say_all();
  next_ = Clock::now() + kLookEvery;
}

void HeldLines::say_all() {
  for (const Line& line : held_) supervisor::say(line.text, line.ink);
  held_.clear();
  next_.reset();
}

// What cannot be known holds nothing back.
bool HeldLines::screen_is_taken() const {
  termios now{};
  if (command_ <= 0 || ::tcgetattr(STDERR_FILENO, &now) != 0) return false;  // stderr is no terminal
  if ((now.c_lflag & (ICANON | ECHO)) != 0) return false;
  const auto seen = proc_stat(command_);
  if (!seen || seen->ended()) return false;
  return !is_shell_ || seen->front != seen->group;
}

}  // namespace supervisor
