#include "ipc/secret.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "ipc/messages.h"

namespace {

using ipc::SecretArena;
using ipc::SecretBuffer;

static_assert(!std::is_copy_constructible_v<SecretBuffer> && !std::is_copy_assignable_v<SecretBuffer>);
static_assert(!std::is_copy_constructible_v<ipc::Secret<8>>);

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<SecretBuffer>, "printing a secret must not compile");
static_assert(!Printable<ipc::Secret<8>>, "printing a secret must not compile");

// The bearer token, from the broker to the supervisor and from the frontend to the broker, is of that type.
static_assert(std::is_same_v<decltype(ipc::Ready::token), ipc::Secret<64>>);
static_assert(std::is_same_v<decltype(ipc::ServeClient::authorization), ipc::Secret<256>>);
static_assert(!std::is_copy_constructible_v<ipc::ServeClient> && !std::is_copy_assignable_v<ipc::ServeClient>);
static_assert(!Printable<decltype(ipc::ServeClient::authorization)>, "printing a token must not compile");
static_assert(!std::is_convertible_v<ipc::Secret<256>, std::string_view> &&
              !std::is_constructible_v<std::string, ipc::Secret<256>>);

TEST(SecretField, IsWipedWhenItIsOverwrittenMovedOrGone) {
  alignas(ipc::Secret<32>) char memory[sizeof(ipc::Secret<32>)];
  const auto holds = [&memory](std::string_view text) {
    return std::string_view(memory, sizeof memory).find(text) != std::string_view::npos;
  };
  auto* const secret = new (memory) ipc::Secret<32>;
  ASSERT_TRUE(secret->assign("first-secret"));
  EXPECT_TRUE(holds("first-secret"));
  ASSERT_TRUE(secret->assign("2"));
  EXPECT_FALSE(holds("irst-secret"));
  ASSERT_TRUE(secret->assign("second-secret"));
  const ipc::Secret<32> taken = std::move(*secret);
  EXPECT_EQ("second-secret", taken.reveal());
  EXPECT_FALSE(holds("second"));
  ASSERT_TRUE(secret->assign("third-secret"));
  EXPECT_FALSE(secret->assign(std::string(33, 'x')));
  EXPECT_EQ("third-secret", secret->reveal());
  secret->~Secret();
  asm volatile("" : : "r"(memory) : "memory");
  EXPECT_FALSE(holds("third"));
}

class SecretTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(SecretArena::open()); }
};

TEST_F(SecretTest, AnEmptySecretEqualsNothing) {
  EXPECT_FALSE(SecretBuffer().equals(""));
  EXPECT_FALSE(SecretBuffer::with_capacity(8).equals(""));
}

TEST_F(SecretTest, EveryPrefixAndEveryOtherLengthDiffers) {
  const SecretBuffer secret = SecretBuffer::copy_of("correct horse");
  for (std::size_t n = 0; n < 13; ++n) EXPECT_FALSE(secret.equals(std::string_view("correct horse").substr(0, n)));
  EXPECT_FALSE(secret.equals("correct horse "));
  EXPECT_FALSE(secret.equals("correct horsf"));
  EXPECT_TRUE(secret.equals("correct horse"));
}

// What comes from outside finds no room; what the process itself needs still does.
TEST_F(SecretTest, WhatFindsNoRoomIsRefusedAndLeavesRoomForWhatMayNotBe) {
  {
    std::vector<SecretBuffer> all;
    all.push_back(SecretBuffer::copy_of("first"));
    while (auto more = SecretBuffer::if_room(12'288)) all.push_back(std::move(*more));
    while (auto more = SecretBuffer::if_room(1)) all.push_back(std::move(*more));
    const auto refused = SecretBuffer::copy_if_room("a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, ipc::Fault::kUnavailable);
    EXPECT_EQ(refused.error().what, "finds no room in the memory for secrets");
    EXPECT_FALSE(all.front().clone());
    for (std::size_t i = 0; i < SecretArena::kKeptBack / SecretArena::kPiece; ++i) {
      all.push_back(SecretBuffer::copy_of("small"));
    }
    EXPECT_EQ(all.back().reveal(), "small");
  }
  EXPECT_TRUE(SecretBuffer::if_room(SecretArena::kBytes - SecretArena::kKeptBack)) << "all of it is given back";
  EXPECT_FALSE(SecretBuffer::if_room(SecretArena::kBytes - SecretArena::kKeptBack + 1));
}

TEST_F(SecretTest, NothingNeedsNoRoom) {
  const auto nothing = SecretBuffer::copy_if_room("");
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
}

TEST_F(SecretTest, WhatDoesNotFitIsNotAdded) {
  SecretBuffer secret = SecretBuffer::with_capacity(4);
  EXPECT_FALSE(secret.append("12345"));
  EXPECT_TRUE(secret.append("1234"));
  EXPECT_FALSE(secret.append("5"));
  EXPECT_EQ(secret.reveal(), "1234");
}

TEST_F(SecretTest, MemoryIsWipedWhenTheBufferGoes) {
  const char* where = nullptr;
  {
    const SecretBuffer secret = SecretBuffer::copy_of("wipe me");
    where = secret.reveal().data();
  }
  EXPECT_EQ(std::string(where, 7), std::string(7, '\0'));  // the arena stays mapped
}

TEST_F(SecretTest, MovingLeavesNothingBehind) {
  SecretBuffer first = SecretBuffer::copy_of("one");
  const SecretBuffer second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT: looked at on purpose
  EXPECT_EQ(second.reveal(), "one");
}

TEST_F(SecretTest, AFreedPieceIsUsedAgain) {
  for (int i = 0; i < 10000; ++i) (void)SecretBuffer::with_capacity(4096);
}

TEST_F(SecretTest, OwnProcMemDoesNotShowAMemfdSecret) {
  if (SecretArena::protection() != ipc::SecretProtection::kMemfdSecret) GTEST_SKIP() << "no memfd_secret here";
  const SecretBuffer secret = SecretBuffer::copy_of("invisible");
  const int mem = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(mem, 0);
  char byte;
  EXPECT_LT(::pread(mem, &byte, 1, static_cast<off_t>(reinterpret_cast<std::uintptr_t>(secret.reveal().data()))), 0);
  ::close(mem);
}

TEST_F(SecretTest, AForkedChildDoesNotSeeTheSecret) {
  constexpr int kSeen = 77;
  const SecretBuffer secret = SecretBuffer::copy_of("parent only");
  const pid_t child = ::fork();
  if (child == 0) {
    // Either the page is not there (MADV_DONTFORK: SIGSEGV) or it reads as zeroes (MADV_WIPEONFORK).
    ::_exit(secret.reveal()[0] == 'p' ? kSeen : 0);  // a sanitizer's own exit code is 1
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == kSeen);
}

}  // namespace
