// One question to the user, on the terminal or by a program with a window of its own, and its answer.
//
// Runs in: supervisor.   Blocks: never.   Owns: the program that asks; the answer until it is taken, wiped then.
// Fails: with what the user reads; where no way was named, a way that does not work is followed by the next.
#pragma once

#include <poll.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "argument/prompt_method.h"
#include "errands/pinentry.h"
#include "errands/programs.h"
#include "terminal/question.h"

namespace supervisor {

struct PromptText {
  std::string text;    // what is shown, folded
  std::string device;  // for ykman
  bool for_code = false;
};

// What a prompt needs of the run that it belongs to.
struct PromptTools {
  const std::vector<std::string>& environment;
  bool as_sibling;
  std::function<ipc::Result<int>()> terminal;  // the socket behind which somebody asks on the terminal
};

class Prompt {
 public:
  // `ways` has at least one.
  Prompt(PromptText text, std::vector<PromptWay> ways, const PromptTools& tools);
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;
  ~Prompt();  // withdraws it, and leaves the terminal as it was

  void add_to(std::vector<pollfd>&) const;
  // Does what can be done now; the answer, once it is there.
  std::optional<ipc::Result<Typed>> work();
  [[nodiscard]] bool on_terminal() const { return socket_ >= 0; }
  // The terminal is the command's from now on: asks in another way, as long as one is left.
  void leave_terminal();

 private:
  ipc::Status open(const PromptWay& way);
  ipc::Status open_terminal();
  ipc::Status open_program(const PromptWay& way);
  void next_way(ipc::Error why);
  void read_output();
  ipc::Status talk_to_pinentry();
  ipc::Result<Typed> answer_of(const ProgramEnd& end);
  std::optional<ipc::Result<Typed>> hear_terminal();
  void close();

  PromptText text_;
  std::vector<PromptWay> ways_;  // those not tried yet
  const PromptTools& tools_;
  PromptMethod method_ = PromptMethod::Terminal;
  int socket_ = -1;  // not ours
  // Who asked on the terminal has ended, mostly of a key (Control-C) that ends all of the run: this runs out where
  // nothing else does. A timer of timerfd_create(2).
  ipc::UniqueFd gone_;
  TerminalMemory terminal_;
  RunningProgram program_;
  std::optional<PinentryTalk> pinentry_;
  ipc::Secret<4096> output_;
  bool too_long_ = false;
  std::optional<ipc::Error> failed_;
};

}  // namespace supervisor
