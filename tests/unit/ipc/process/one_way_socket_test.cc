#include "ipc/process/one_way_socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace ipc {
namespace {

TEST(OneWaySocket, CarriesBytesOneWay) {
  auto made = OneWaySocket::open();
  ASSERT_TRUE(made);
  ASSERT_EQ(::write(made->writing.get(), "abc", 3), 3);
  char bytes[8];
  ASSERT_EQ(::read(made->reading.get(), bytes, sizeof bytes), 3);
  EXPECT_EQ(std::string_view(bytes, 3), "abc");
  EXPECT_EQ(::send(made->reading.get(), "abc", 3, MSG_NOSIGNAL), -1);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(::read(made->writing.get(), bytes, sizeof bytes), 0) << "not a wait for bytes that cannot come";
  made->writing.reset();
  EXPECT_EQ(::read(made->reading.get(), bytes, sizeof bytes), 0);
}

TEST(OneWaySocket, ProcOpensNeitherEnd) {
  auto made = OneWaySocket::open();
  ASSERT_TRUE(made);
  for (const int end : {made->reading.get(), made->writing.get()}) {
    for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
      EXPECT_EQ(::open(("/proc/self/fd/" + std::to_string(end)).c_str(), flags | O_CLOEXEC), -1);
      EXPECT_EQ(errno, ENXIO);
    }
    EXPECT_EQ(::fcntl(end, F_GETFD), FD_CLOEXEC);
  }
}

TEST(OneWaySocket, NothingElsePassesForOne) {
  auto made = OneWaySocket::open();
  ASSERT_TRUE(made);
  EXPECT_TRUE(is_one_way_socket(made->reading.get()));
  int pipe[2], packets[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packets), 0);
  const UniqueFd others[] = {UniqueFd(pipe[0]),
                             UniqueFd(pipe[1]),
                             UniqueFd(packets[0]),
                             UniqueFd(packets[1]),
                             UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
                             UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
                             UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  ASSERT_EQ(::listen(others[5].get(), 1), 0);
  for (std::size_t i = 0; i + 1 < std::size(others); ++i) EXPECT_FALSE(is_one_way_socket(others[i].get())) << i;
  EXPECT_FALSE(is_one_way_socket(others[6].get())) << "it is not connected";
  EXPECT_FALSE(is_one_way_socket(-1));
}

}  // namespace
}  // namespace ipc
