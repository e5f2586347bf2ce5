#include "principals/accounts.h"

#include <event2/event.h>

#include <algorithm>
#include <utility>

namespace broker {
namespace {

using WaitingCallers = std::vector<std::weak_ptr<const Accounts::Done>>;

constexpr char kSilent[] = "the process that asks the user database does not answer";
constexpr char kEnded[] = "the process that asks the user database has ended";

ipc::Result<Account> unknown(uid_t uid, const std::string& why) {
  const std::string number = std::to_string(uid);
  const bool is_ours = why == kSilent || why == kEnded;
  return ipc::fail(ipc::Fault::kUnavailable, "who uid " + number + " is cannot be found out: " + why,
                   is_ours ? "start the broker anew"
                           : "try again; if it stays so, see what `getent passwd " + number + "` and `id " + number +
                                 "` say on this host");
}

// May destroy the Accounts that held them.
void answer(const WaitingCallers& waiting, const ipc::Result<Account>& account) {
  for (const auto& each : waiting) {
    if (const auto done = each.lock()) (*done)(account);
  }
}

bool is_wanted(const WaitingCallers& waiting) {
  return std::ranges::any_of(waiting, [](const auto& each) { return !each.expired(); });
}

}  // namespace

Accounts::Accounts(AccountReader reader, Parts parts) : reader_(std::move(reader)), parts_(std::move(parts)) {}

ipc::Result<std::unique_ptr<Accounts>> Accounts::make(AccountReader reader, Parts parts) {
  std::unique_ptr<Accounts> made(new Accounts(std::move(reader), std::move(parts)));
  const auto fire = [](evutil_socket_t, short, void* self) { static_cast<Accounts*>(self)->on_readable(); };
  made->readable_.reset(event_new(made->parts_.base, made->reader_.fd(), EV_READ | EV_PERSIST, fire, made.get()));
  if (!made->readable_ || event_add(made->readable_.get(), nullptr) != 0)
    return ipc::fail(ipc::Fault::kSystem, "the event loop takes no more descriptors");
  return made;
}

const ipc::Result<Account>* Accounts::kept(uid_t uid) {
  const Clock::SinceBoot now = parts_.clock.since_boot();
  const ipc::Result<Account>* found = known_.find(uid, now);
  return found != nullptr ? found : refused_.find(uid, now);
}

// Empty: it can be asked, or one may wait for its answer.
std::string Accounts::why_not_asked(uid_t uid) {
  if (gone_) return kEnded;
  if (overdue_ == AccountReader::kMostLookups) return kSilent;
  const auto asked = questions_.find(uid);
  if (asked == questions_.end())
    return queue_.size() < kMostQueued ? "" : "questions about too many other users wait for an answer";
  if (asked->second.overdue) return kSilent;
  auto& waiting = asked->second.waiting;
  std::erase_if(waiting, [](const auto& each) { return each.expired(); });
  return waiting.size() < kMostWaiting ? "" : "too many requests of this user wait for the answer";
}

Accounts::Waiting Accounts::find(uid_t uid, Done done) {
  if (const auto* found = kept(uid)) {
    const ipc::Result<Account> copy = *found;  // the callback may have it displaced
    done(copy);
    return nullptr;
  }
  if (const std::string why = why_not_asked(uid); !why.empty()) {
    done(unknown(uid, why));
    return nullptr;
  }
  auto waiting = std::make_shared<const Done>(std::move(done));
  const auto [at, is_new] = questions_.try_emplace(uid);
  at->second.waiting.push_back(waiting);
  if (is_new) {
    at->second.deadline = parts_.timers.after(kDeadline, [this, uid] { on_deadline(uid); });
    queue_.push_back(uid);
    send_next();
  }
  return waiting;
}

void Accounts::send_next() {
  while (under_way_ < AccountReader::kMostLookups && !queue_.empty()) {
    const uid_t uid = queue_.front();
    queue_.pop_front();
    const auto question = questions_.find(uid);
    if (!is_wanted(question->second.waiting)) {
      questions_.erase(question);
      continue;
    }
    // What cannot be sent has no answer: the deadline ends it, and the reader's end, if that is why, is noticed first.
    (void)reader_.ask(uid);
    question->second.sent = parts_.clock.since_boot();
    ++under_way_;
  }
}

// One packet each time: the callback may destroy this, and the loop comes back for the next.
void Accounts::on_readable() noexcept {
  AccountAnswer answer;
  switch (reader_.take(answer)) {
    case AccountReader::Reply::kNotYet:
      return;
    case AccountReader::Reply::kHere:
      return on_answer(std::move(answer));
    case AccountReader::Reply::kGone:
      return be_gone(kEnded);
  }
}

void Accounts::on_answer(AccountAnswer answered) {
  const auto found = questions_.find(answered.uid);
  if (found == questions_.end() || !found->second.sent)
    return be_gone("the process that asks the user database answers what it was not asked");
  const Question question = std::move(found->second);
  questions_.erase(found);
  --under_way_;
  overdue_ -= question.overdue ? 1 : 0;
  const bool is_login = answered.account && !answered.account->login.empty();
  const ipc::Result<Account> account =
      answered.account ? std::move(answered.account) : unknown(answered.uid, answered.account.error().what);
  const Clock::SinceBoot until = *question.sent + (is_login ? kKeep : kKeepRefusal);
  (is_login ? known_ : refused_).put(answered.uid, account, until, parts_.clock.since_boot());
  send_next();
  answer(question.waiting, account);
}

void Accounts::on_deadline(uid_t uid) {
  const auto found = questions_.find(uid);
  const std::unique_ptr<Timer> spent = std::move(found->second.deadline);
  const WaitingCallers waiting = std::exchange(found->second.waiting, {});
  const bool was_sent = found->second.sent.has_value();
  if (was_sent) {
    found->second.overdue = true;
    ++overdue_;
  } else {
    std::erase(queue_, uid);
    questions_.erase(found);
  }
  answer(waiting, unknown(uid, was_sent ? kSilent : "questions about other users took too long"));
}

void Accounts::be_gone(const std::string& why) {
  gone_ = true;
  readable_.reset();
  reader_ = AccountReader(ipc::UniqueFd(), 0);
  const auto questions = std::exchange(questions_, {});
  queue_.clear();
  under_way_ = overdue_ = 0;
  parts_.warn(
      "no new user can be told from another, and those who have not asked within the last minute are refused: " + why);
  for (const auto& [uid, question] : questions) answer(question.waiting, unknown(uid, kEnded));
}

}  // namespace broker
