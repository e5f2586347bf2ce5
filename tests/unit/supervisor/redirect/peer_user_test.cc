#include "redirect/peer_user.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

sockaddr_in at(std::uint16_t port, const char* address = "127.0.0.1") {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &name.sin_addr);
  return name;
}

// As Linux prints it: 127.0.0.1:4660 of uid 1000 to 127.0.0.1:8080, and what else there may be, of IPv6, too.
constexpr std::string_view kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 "
    "0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:1F90 0100007F:1234 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 "
    "0000000000000000 20 4 30 10 -1\n"
    "   2: 0100007F:1234 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 4713 1 "
    "0000000000000000 20 4 30 10 -1\n"
    "   3: 0100007F:1235 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4714 1 "
    "0000000000000000 20 4 30 10 -1\n"
    "   4: 0000000000000000FFFF00000100007F:1238 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 "
    "00:00000000 "
    "00000000  1002        0 4715 1 0000000000000000 20 4 30 10 -1\n"
    "   5: 0100007F:1239 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 0 3 0000000000000000\n"
    "   6: 0100007F:1236 0100007F:1F90 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000\n";

TEST(PeerUser, WhatNobodyHoldsOrIsConnectedElsewhereIsNobodys) {
  EXPECT_FALSE(user_in_table(kTable, at(0x1236), at(0x1F90)));  // closed
  EXPECT_FALSE(user_in_table(kTable, at(0x1239), at(0x1F90)));  // its process is gone: the 0 is not root's
  EXPECT_FALSE(user_in_table(kTable, at(0x1237), at(0x1F90)));  // not there
  EXPECT_FALSE(user_in_table(kTable, at(0x1235), at(0x1F91)));  // to another server
  EXPECT_FALSE(user_in_table(kTable, at(0x1235, "127.0.0.2"), at(0x1F90)));
  EXPECT_FALSE(user_in_table("", at(0x1235), at(0x1F90)));
  EXPECT_FALSE(user_in_table("nonsense\n\n 0: x\n", at(0x1235), at(0x1F90)));
}

TEST(PeerUser, TheOwnerOfTheOtherEndIsTold) {
  EXPECT_EQ(1001U, user_in_table(kTable, at(0x1234), at(0x1F90)));  // the row of our own end says 1000
  EXPECT_EQ(1000U, user_in_table(kTable, at(0x1235), at(0x1F90)));
  EXPECT_EQ(1002U, user_in_table(kTable, at(0x1238), at(0x1F90)));  // by IPv6
}

}  // namespace
}  // namespace supervisor
