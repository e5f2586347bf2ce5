// Answers about uids that may be used once more: each until its time, so many at most and so many bytes of names; who
// was asked about longest ago goes first.
//
// Blocks: never.   Units: time since boot, which goes on while the machine sleeps.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <list>
#include <unordered_map>

#include "host/clock.h"
#include "ipc/result.h"
#include "principals/account.h"

namespace broker {

class KeptAccounts {
 public:
  KeptAccounts(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) {}

  // Null: there is none, or its time is over. Valid until the next put().
  [[nodiscard]] const ipc::Result<Account>* find(uid_t uid, Clock::SinceBoot now);
  // In the place of an older one. Nothing where its time is over already, or where it alone is too large.
  void put(uid_t uid, ipc::Result<Account> answer, Clock::SinceBoot until, Clock::SinceBoot now);

  [[nodiscard]] std::size_t size() const { return by_uid_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    uid_t uid;
    ipc::Result<Account> answer;
    Clock::SinceBoot until;
    std::size_t bytes;
  };
  void erase(std::list<Entry>::iterator entry);

  std::size_t most_, most_bytes_, bytes_ = 0;
  std::list<Entry> entries_;  // the one that was asked about last is in front
  std::unordered_map<uid_t, std::list<Entry>::iterator> by_uid_;
};

}  // namespace broker
