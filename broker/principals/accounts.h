// Who the uids that call are: asks the account reader, and keeps its answers for a while, so that a name service that
// is slow or gone costs few requests anything. One question under way for each uid, however many wait for it; the
// questions of different uids take turns in the order in which they came, so that no uid's flood delays another's.
//
// An answer's time begins when it was asked for, and it is never used beyond. What is not known in time is refused.
//
// Blocks: never.   Owns: the reader's socket and the timers. The callback of find() may destroy it.
// Fails: make() where the event loop takes no descriptor. find() calls back with kUnavailable, a sentence and the
// administrator's next step: for a database that cannot say, a question that took kDeadline, too many that wait, a
// reader that is silent or gone. It stays gone; gone() is for who can start the broker anew.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/clock.h"
#include "host/timers.h"
#include "principals/account_reader.h"
#include "principals/kept_accounts.h"

namespace broker {

class Accounts {
 public:
  // A user who leaves a group keeps what it gives at most so long: little beside what a host's own caches keep (nscd,
  // ten minutes), and a question a minute for each user is what no name service feels.
  static constexpr std::chrono::seconds kKeep{60};
  // That there is no such login, or that nothing could be said: short, since a user may just be made, or the database
  // be back; and not at once again, since a refused client tries again at once.
  static constexpr std::chrono::seconds kKeepRefusal{5};
  static constexpr std::chrono::seconds kDeadline{6};  // a lookup has five; and it may have waited for its turn
  static constexpr std::size_t kMostKept = 512, kMostKeptBytes = 4 * 1024 * 1024;
  // Apart: they displace no user.
  static constexpr std::size_t kMostRefusals = 256, kMostRefusalBytes = 256 * 1024;
  static constexpr std::size_t kMostQueued = 256;   // uids that wait for their turn
  static constexpr std::size_t kMostWaiting = 256;  // for the answer about one uid

  struct Parts {
    event_base* base;
    Timers& timers;
    const Clock& clock;
    std::function<void(const std::string&)> warn;  // once, when the reader has gone
  };
  static ipc::Result<std::unique_ptr<Accounts>> make(AccountReader reader, Parts parts);
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  using Done = std::function<void(const ipc::Result<Account>&)>;
  using Waiting = std::shared_ptr<const Done>;
  // Calls back once: at once where the answer is kept, or where there can be none, and gives null then; else from the
  // event loop, unless what it gives is dropped before.
  [[nodiscard]] Waiting find(uid_t uid, Done done);
  [[nodiscard]] bool gone() const { return gone_; }

 private:
  struct Question {
    std::optional<Clock::SinceBoot> sent{};  // none: it waits for its turn
    bool overdue = false;                    // nobody waits for it any more; its lookup may still be under way
    std::vector<std::weak_ptr<const Done>> waiting{};
    std::unique_ptr<Timer> deadline{};
  };
  Accounts(AccountReader reader, Parts parts);

  [[nodiscard]] const ipc::Result<Account>* kept(uid_t uid);
  [[nodiscard]] std::string why_not_asked(uid_t uid);
  void send_next();
  void on_readable() noexcept;
  void on_answer(AccountAnswer answer);
  void on_deadline(uid_t uid);
  void be_gone(const std::string& why);

  AccountReader reader_;
  Parts parts_;
  EventPtr readable_;
  bool gone_ = false;
  std::unordered_map<uid_t, Question> questions_;
  std::deque<uid_t> queue_;  // those of the questions that wait for their turn
  std::size_t under_way_ = 0, overdue_ = 0;
  KeptAccounts known_{kMostKept, kMostKeptBytes}, refused_{kMostRefusals, kMostRefusalBytes};
};

}  // namespace broker
