// A text is read to its end or to the limit, whatever pieces it comes in.
#include "host/bounded_read.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "ipc/unique_fd.h"

namespace broker {
namespace {

TEST(ReadUpTo, WhatCannotBeReadIsNothingWithItsErrno) {
  const ipc::UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(read_up_to(folder.get(), 10));
  EXPECT_EQ(errno, EISDIR);
}

TEST(ReadUpTo, PiecesOfAPipeAreOneTextAndTheLimitEndsIt) {
  for (const std::size_t most : {3U, 6U, 100U}) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const ipc::UniqueFd out(ends[0]);
    ipc::UniqueFd in(ends[1]);
    std::thread writer([&in] {
      for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) {
        EXPECT_EQ(::write(in.get(), &c, 1), 1);
        ::usleep(1000);
      }
      in.reset();
    });
    const auto text = read_up_to(out.get(), most);
    writer.join();
    EXPECT_EQ(text, std::string("abcdef").substr(0, most));
  }
}

}  // namespace
}  // namespace broker
