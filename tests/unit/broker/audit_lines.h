// What tests of the decision log share: a log in memory, written by the real AuditLog.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "audit/log.h"
#include "fake_clock.h"

namespace audit_lines {

inline const broker::testing::FakeClock kClock;  // stands still

inline ipc::UniqueFd memory_file() { return ipc::UniqueFd(::memfd_create("log", MFD_CLOEXEC)); }

inline std::string content(int fd) {
  std::string text(1 << 20, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

inline void put(int fd, std::string_view text) {
  ASSERT_EQ(::pwrite(fd, text.data(), text.size(), ::lseek(fd, 0, SEEK_END)), static_cast<ssize_t>(text.size()));
  ::lseek(fd, 0, SEEK_END);
}

inline broker::DecisionLine issued_line() {
  broker::DecisionLine line;
  line.time = std::chrono::sys_seconds(std::chrono::seconds(1769990400));
  line.user = "marta";
  line.profile = "ledger-prod";
  line.effect = "allow";
  line.rule = "ledger";
  line.rule_index = 1;
  line.outcome = "issued";
  line.mode = "server";
  return line;
}

inline const std::string kHmacKey(64, 'a'), kOtherHmacKey(64, 'b');

inline broker::LogKey key_from(const std::string& text,
                               broker::LogKey::Purpose purpose = broker::LogKey::Purpose::kSign) {
  static const bool arena = ipc::SecretArena::open().has_value();
  EXPECT_TRUE(arena);
  auto key = broker::LogKey::from_text(text, "the-key", purpose);
  EXPECT_TRUE(key) << key.error().what;
  return std::move(*key);
}

// `count` lines, each of a user of its own (user1, user2, …), without their newlines.
inline std::vector<std::string> written_lines(int count, const std::string& key = {}) {
  ipc::UniqueFd file = memory_file();
  const ipc::UniqueFd seen(::dup(file.get()));
  broker::AuditLog log(kClock, key.empty() ? std::nullopt : std::optional(key_from(key)));
  EXPECT_TRUE(log.add_sink(std::move(file), "log", false));
  for (int i = 1; i <= count; ++i) {
    const std::string user = "user" + std::to_string(i);
    broker::DecisionLine line = issued_line();
    line.user = user;
    EXPECT_TRUE(log.record(line));
  }
  std::vector<std::string> lines;
  std::string text = content(seen.get());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// `text` with the first `from` replaced by `to`, which must be there.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace audit_lines
