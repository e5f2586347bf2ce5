// Decides who calls, from what the kernel says of the client's own connection. Not what the caller may have.
//
// Unix: the process that connected, by pidfd; TCP: the process that holds the client's socket, by inode. Either must
// run as the run's user and descend from the supervisor, and be none of our own processes. A pid alone proves nothing:
// numbers were used again within 2.7 s (broker/caller/KERNEL.md, fact 6).
//
// One request, in this order:
//   CallerInquiry inquiry = callers.begin(client, token);  // what needs no other process, then asks the witness
//   ... policy: other work ...
//   if (!callers.settle(inquiry, CallerCheck::kSpin)) wait for callers.fd() or inquiry.deadline, settle() again
//   ... audit line with inquiry.facts ...
//   if (callers.still_the_caller(client, inquiry.facts) == Check::kPassed) write the answer
// Blocks: never, but settle() up to the budget it is given.
// Owns: pidfds of callers seen lately.
// Fails: with the row of caller/checks.def; a check that cannot be made refuses.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <string>

#include "caller/ancestry.h"
#include "caller/caller_sources.h"
#include "caller/checks.h"
#include "caller/client_socket.h"
#include "host/clock.h"

namespace broker {

// Which program asked. Behind our own helper of SDKs it is the helper's parent, as the kernel says it from outside; else
// the caller itself. Its owner can choose every word of it, and whose parent a helper is: it is for people who read the
// log, escaped there, and part of no decision.
struct AskingProgram {
  pid_t pid = 0;           // 0: not known
  std::string executable;  // empty: the kernel does not show it
  std::string comm;        // the name that the kernel keeps of it (proc(5)): of a script, the script's
};

// What the decision log may say of the caller. `executable` and `comm` are text that the caller can choose: escaped
// when logged, and part of no decision.
struct CallerFacts {
  ipc::Transport transport = ipc::Transport::Unix;
  pid_t pid = 0;           // 0: not known
  long uid = -1;           // -1: not known
  std::string executable;  // empty: the kernel does not show it
  std::string comm;
  AskingProgram behind{};   // of our own helper alone
  std::uint64_t inode = 0;  // TCP: of the client's socket
  Check check = Check::kPeerUnknown;
  [[nodiscard]] bool allowed() const { return check == Check::kPassed; }
};

// A question under way. To drop one unsettled, call CallerCheck::abandon.
struct CallerInquiry {
  CallerFacts facts;
  bool settled = false;
  Clock::SinceBoot deadline{};
  ipc::Pidfd process;  // Unix: the peer; TCP: the holder once it is known
  Witness::Ticket ticket = 0;
  enum class Awaiting : std::uint8_t { kNothing, kHolder, kHolderAgain, kName, kBehind } awaiting = Awaiting::kNothing;
};

// The process that made `control`, our end of the supervisor's socketpair. Where the kernel knows its number alone, it
// must still be our parent.
ipc::Result<ipc::Pidfd> supervisor_behind(int control);

class CallerCheck {
 public:
  static constexpr std::chrono::microseconds kSpin{60};  // longer than a warm witness takes, shorter than a sleep
  // An SDK waits one second in all. The witness needs a hundredth of this, but a busy machine may not let it run.
  static constexpr std::chrono::milliseconds kDeadline{600};
  static constexpr std::chrono::milliseconds kNameFresh{200};
  static constexpr std::size_t kMaxKnown = 64;

  // `supervisor` comes from SO_PEERPIDFD of the control channel; `uid` is the run's user. `sources` and `clock` outlive
  // the check.
  static ipc::Result<CallerCheck> open(ipc::Pidfd supervisor, uid_t uid, CallerSources& sources, const Clock& clock);

  // Our own processes (the broker and its witness are known already): each frontend, when it is attached.
  ipc::Status leave_out(pid_t helper) { return ancestry_.leave_out(helper); }

  // `token`: what was found of the token that this client presented. Over TCP /proc is not searched for a client
  // without the run's token: it is refused by that check. Such a search costs more than a stranger may have us spend.
  CallerInquiry begin(const ClientSocket& client, Check token);
  // True when inquiry.facts is final. Waits up to `budget`; zero looks once. Past its deadline a TCP inquiry is
  // refused, and a Unix one settled without the caller's name.
  bool settle(CallerInquiry& inquiry, std::chrono::microseconds budget = {});
  void abandon(CallerInquiry& inquiry);
  [[nodiscard]] std::chrono::milliseconds until_deadline(const CallerInquiry& inquiry) const {
    return std::chrono::ceil<std::chrono::milliseconds>(inquiry.deadline - clock_->since_boot());
  }

  // Right before the write: kPassed, or what changed. TCP: both addresses, and the inode behind the client's end.
  [[nodiscard]] Check still_the_caller(const ClientSocket& client, const CallerFacts& facts);

  // Readable: settle() every inquiry under way, then ask whether the witness is gone, which is fatal.
  [[nodiscard]] int fd() const { return sources_->witness.fd(); }
  [[nodiscard]] uid_t uid() const { return uid_; }  // of the run's user

 private:
  // A process that was judged to descend from the command. It stays one while it lives: under a subreaper an orphan
  // goes to an ancestor within the tree, and nothing else moves a process (only a process that joined another pid
  // namespace can be adopted there; it descends from the command all the same). The identity is an inode number that
  // the kernel never gives twice, so no other process can be taken for it. Only a yes is kept, never a no; the uid is
  // asked each time, because exec can change it.
  struct Known {
    std::uint64_t identity = 0;
    std::string executable, comm;
    AskingProgram behind{};
    Clock::SinceBoot named_at{};
  };

  CallerCheck(Ancestry ancestry, uid_t uid, CallerSources& sources, const Clock& clock)
      : ancestry_(std::move(ancestry)), sources_(&sources), uid_(uid), clock_(&clock) {}

  void begin_unix(const ClientSocket& client, CallerInquiry& inquiry);
  void begin_tcp(const ClientSocket& client, Check token, CallerInquiry& inquiry);
  Check find_peer(int fd, ipc::Pidfd& process);
  Check judge_process(const ipc::Pidfd& process, std::uint64_t identity, CallerFacts& facts);
  void name_caller(CallerInquiry& inquiry, std::uint64_t identity);
  void on_answer(CallerInquiry& inquiry, const WitnessAnswer& answer);
  void on_holder(CallerInquiry& inquiry, const WitnessAnswer& answer);
  void on_holder_again(CallerInquiry& inquiry, const WitnessAnswer& answer);
  void on_name(CallerInquiry& inquiry, const WitnessAnswer& answer);
  bool ask_behind_helper(CallerInquiry& inquiry);
  void on_behind(CallerInquiry& inquiry, const WitnessAnswer& answer);
  void finish_named(CallerInquiry& inquiry);
  void ask_holder(CallerInquiry& inquiry, CallerInquiry::Awaiting awaiting);
  bool ask_again(CallerInquiry& inquiry);
  void on_late(CallerInquiry& inquiry);
  void finish(CallerInquiry& inquiry, Check check);
  Known* known(std::uint64_t identity);
  void remember(std::uint64_t identity);

  Ancestry ancestry_;
  CallerSources* sources_;
  uid_t uid_;
  const Clock* clock_;
  std::list<Known> known_;  // most recent first
};

}  // namespace broker
