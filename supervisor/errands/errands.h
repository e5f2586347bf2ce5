// What the supervisor does for the broker with the user's own rights and terminal: the receiving side of
// ipc/errands.def.
//
// Each errand is a small state; programs run side by side, questions one after the other.
// Runs in: supervisor (keeper; the caller's own process without a server).
// Blocks: never, but for the end of a program that was just killed.
// Owns: the programs and questions under way. Answers pass through to the broker, a program's output not even that.
// Fails: kProtocol for a kind that is none, or an id that does not rise: the run ends. Whatever else goes wrong is the
// errand's own end, told to the broker.
#pragma once

#include <poll.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "argument/prompt_method.h"
#include "errands/browser_sign_in.h"
#include "errands/prompts.h"
#include "ipc/channel.h"
#include "ipc/errands.h"
#include "ipc/messages.h"

namespace supervisor {

inline constexpr std::chrono::minutes kLoginLimit{10};  // for the user, once the page is shown
inline constexpr std::size_t kMostPrograms = 16;
inline constexpr std::size_t kMostSignIns = 4;

// Of the run that the errands belong to, what they need to know. What it refers to outlives them.
struct ErrandFacts {
  const std::vector<std::string>& environment;
  std::string_view home;  // empty where there is none
  bool as_sibling;        // as in programs.h
  bool no_browser;
  std::optional<PromptMethod> prompt;  // the only way that may ask
  ipc::Secret<16>& mfa_token;          // answers the first question for a code, and is wiped then
};

class Errands {
 public:
  using Clock = std::chrono::steady_clock;

  Errands(const ErrandFacts& facts, ipc::Channel& broker);

  // Who asks on the terminal; without it, and once it is withdrawn, no question is asked there.
  void offer_terminal(std::function<ipc::Result<int>()> socket);
  // The command has the terminal from now on.
  void leave_terminal();
  [[nodiscard]] bool asks_on_terminal() const { return prompt_ && prompt_->on_terminal(); }

  ipc::Status begin(const ipc::Errand&);
  void add_to(std::vector<pollfd>&) const;
  void work();
  // The start's deadline stands still meanwhile.
  [[nodiscard]] bool user_is_waited_for() const;
  // Ends whatever is under way, and takes nothing new.
  void end();

 private:
  struct Job {
    ipc::U32 id;
    const ipc::ErrandRow* row;
    std::string profile, subject, detail;
  };
  struct Running {
    Job job;
    RunningProgram program;
  };

  struct SigningIn {
    Job job;
    std::unique_ptr<BrowserSignIn> sign_in;
  };

  void ask(Job job);
  void open_next_prompt();
  void run(Job job);
  void open_file(const Job& job);
  [[nodiscard]] ipc::Result<ipc::UniqueFd> open_for(const Job& job) const;
  void show(const Job& job);
  void sign_in(Job job);
  void work_at_sign_ins();
  void end_well(const Job& job);
  void end_badly(const Job& job, ipc::Error error);
  void answer(const Job& job, Typed typed);
  template <class Message>
  void send(const Message& message, int descriptor = -1);
  [[nodiscard]] PromptSurroundings surroundings() const;

  const ErrandFacts facts_;
  ipc::Channel& broker_;
  PromptTools tools_;
  std::vector<Running> running_;
  std::vector<SigningIn> signing_in_;
  std::deque<Job> questions_;  // the first is asked now
  std::unique_ptr<Prompt> prompt_;
  ipc::U32 last_id_ = 0;
  Clock::time_point login_until_{};
  bool ended_ = false;
};

}  // namespace supervisor
