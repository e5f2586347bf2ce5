// Slots: who is dropped first, whose number is whose, and that nothing leaks.
#include "connection_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <set>

namespace {

using frontend::Connection;
using frontend::ConnectionTable;
using frontend::State;
using namespace std::chrono_literals;

const frontend::Clock::time_point kNow{};

Connection* take(ConnectionTable& table) {
  ipc::UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
  return table.take(fd, {}, kNow, 5s);
}

TEST(ConnectionTable, RefusesOneTooManyAndLeavesItsDescriptorToTheCaller) {
  ConnectionTable table(2);
  EXPECT_NE(nullptr, take(table));
  EXPECT_NE(nullptr, take(table));
  ipc::UniqueFd third(::eventfd(0, EFD_CLOEXEC));
  EXPECT_EQ(nullptr, table.take(third, {}, kNow, 5s));
  EXPECT_TRUE(third);
}

TEST(ConnectionTable, NumbersOfFinishedRequestsAreUnknown) {
  ConnectionTable table(2);
  Connection* const c = take(table);
  const auto number = table.number_of(*c);
  EXPECT_EQ(nullptr, table.find(number)) << "not asked yet";
  table.enter(*c, State::Waiting, kNow, 10s);
  EXPECT_EQ(c, table.find(number));
  EXPECT_EQ(nullptr, table.find(number + 1));
  EXPECT_EQ(nullptr, table.find(number + frontend::kMaxConnections));
  table.restart(*c);
  EXPECT_EQ(nullptr, table.find(number)) << "the request before";
  const auto second = table.number_of(*c);
  table.release(*c);
  EXPECT_EQ(nullptr, table.find(second));
  Connection* const next = take(table);
  table.enter(*next, State::Waiting, kNow, 10s);
  EXPECT_EQ(nullptr, table.find(second)) << "the same slot, another client";
}

TEST(ConnectionTable, AnAbandonedRequestKeepsItsNumberAndItsSlot) {
  ConnectionTable table(1);
  Connection* const c = take(table);
  table.enter(*c, State::Waiting, kNow, 10s);
  c->fd.reset();
  table.enter(*c, State::Abandoned, kNow, {});
  EXPECT_EQ(c, table.find(table.number_of(*c)));
  EXPECT_EQ(nullptr, take(table));
  table.release(*c);
  EXPECT_NE(nullptr, take(table));
}

TEST(ConnectionTable, TheOldestWithoutARequestGoesFirst) {
  ConnectionTable table(4);
  Connection* const a = take(table);
  Connection* const b = take(table);
  Connection* const c = take(table);
  EXPECT_EQ(a, table.oldest_without_request());
  table.enter(*a, State::Reading, kNow, 5s);
  EXPECT_EQ(a, table.oldest_without_request()) << "one byte makes it no younger";
  table.enter(*a, State::Waiting, kNow, 10s);
  EXPECT_EQ(b, table.oldest_without_request());
  table.enter(*a, State::Silent, kNow, 15s);  // keep-alive
  table.release(*b);
  EXPECT_EQ(c, table.oldest_without_request());
  table.release(*c);
  EXPECT_EQ(a, table.oldest_without_request());
  table.enter(*a, State::Queued, kNow, 2s);
  EXPECT_EQ(nullptr, table.oldest_without_request());
  EXPECT_EQ(a, table.oldest_queued());
}

TEST(ConnectionTable, QueuedRequestsKeepTheirOrder) {
  ConnectionTable table(3);
  Connection* const a = take(table);
  Connection* const b = take(table);
  table.enter(*b, State::Queued, kNow, 2s);
  table.enter(*a, State::Queued, kNow, 2s);
  EXPECT_EQ(b, table.oldest_queued());
  table.enter(*b, State::Waiting, kNow, 10s);
  EXPECT_EQ(a, table.oldest_queued());
  table.release(*a);
  EXPECT_EQ(nullptr, table.oldest_queued());
}

TEST(ConnectionTable, ReleasingClosesTheDescriptor) {
  ConnectionTable table(1);
  Connection* const c = take(table);
  const int fd = c->fd.get();
  EXPECT_NE(-1, ::fcntl(fd, F_GETFD));
  table.release(*c);
  EXPECT_EQ(-1, ::fcntl(fd, F_GETFD));
  EXPECT_EQ(0U, table.size());
}

TEST(ConnectionTable, EverySlotIsUsableAgainAndAgain) {
  ConnectionTable table(3);
  std::set<std::uint32_t> numbers;
  for (int round = 0; round < 100; ++round) {
    while (Connection* const c = take(table)) EXPECT_TRUE(numbers.insert(table.number_of(*c)).second);
    EXPECT_EQ(3U, table.size());
    table.for_each([&](Connection& c) { table.release(c); });
    EXPECT_EQ(0U, table.size());
  }
  EXPECT_EQ(300U, numbers.size());
}

}  // namespace
