#include "principals/kept_accounts.h"

#include <iterator>
#include <string>
#include <utility>

namespace broker {
namespace {

std::size_t bytes_of(const ipc::Result<Account>& answer) {
  if (!answer) return answer.error().what.size();
  std::size_t bytes = answer->login.size();
  if (answer->groups) {
    for (const std::string& name : *answer->groups) bytes += sizeof name + name.size();
  }
  return bytes;
}

}  // namespace

const ipc::Result<Account>* KeptAccounts::find(uid_t uid, Clock::SinceBoot now) {
  const auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) return nullptr;
  const auto entry = found->second;
  if (now >= entry->until) {
    erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->answer;
}

void KeptAccounts::put(uid_t uid, ipc::Result<Account> answer, Clock::SinceBoot until, Clock::SinceBoot now) {
  if (const auto older = by_uid_.find(uid); older != by_uid_.end()) erase(older->second);
  const std::size_t bytes = bytes_of(answer);
  if (now >= until || bytes > most_bytes_ || most_ == 0) return;
  while (entries_.size() >= most_ || bytes_ + bytes > most_bytes_) erase(std::prev(entries_.end()));
  entries_.push_front({uid, std::move(answer), until, bytes});
  by_uid_.emplace(uid, entries_.begin());
  bytes_ += bytes;
}

void KeptAccounts::erase(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_uid_.erase(entry->uid);
  entries_.erase(entry);
}

}  // namespace broker
