#include "ipc/process/pidfd.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace {

using ipc::Pidfd;

TEST(Pidfd, AReapedProcessHasNoIdentity) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  auto process = Pidfd::open(child);
  ASSERT_TRUE(process);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto info = process->info();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().sys_errno, ESRCH);
  EXPECT_FALSE(process->send_signal(0));
}

TEST(Pidfd, SaysWhoTheParentIs) {
  const auto self = Pidfd::open(::getpid());
  ASSERT_TRUE(self);
  const auto info = self->info();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->pid, ::getpid());
  EXPECT_EQ(info->ppid, ::getppid());
  EXPECT_EQ(info->uid, ::geteuid());
}

TEST(Pidfd, TwoOfOneProcessAreEqualAndOthersDiffer) {
  const auto first = Pidfd::open(::getpid());
  const auto second = Pidfd::open(::getpid());
  const auto parent = Pidfd::open(::getppid());
  ASSERT_TRUE(first && second && parent);
  if (first->identity() == 0) GTEST_SKIP() << "this kernel's pidfds have no inode of their own";
  EXPECT_EQ(first->identity(), second->identity());
  EXPECT_NE(first->identity(), parent->identity());
}

TEST(Pidfd, OfASocketPairIsItsCreator) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const ipc::UniqueFd first(ends[0]), second(ends[1]);
  const auto peer = Pidfd::peer_of(first.get());
  if (!peer && peer.error().sys_errno == ENOPROTOOPT) GTEST_SKIP() << "no SO_PEERPIDFD on this kernel";
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->info().value().pid, ::getpid());
}

TEST(Pidfd, OfATcpSocketIsRefused) {
  const ipc::UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(Pidfd::peer_of(tcp.get()));
}

}  // namespace
