#include "console/handover.h"

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

// As Linux prints it: 127.0.0.1:4660 of uid 1000 to 127.0.0.1:8080, and what else there may be.
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
    "   4: 0100007F:1236 0100007F:1F90 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0000000000000000\n";

class HandoverTest : public ::testing::Test {};

TEST_F(HandoverTest, AConnectionOfAnotherUserOrOfNobodyIsNotOurs) {
  EXPECT_FALSE(is_of_user(kTable, at(0x1234), at(0x1F90), 1000));  // the row of our own end says 1000; it is not asked
  EXPECT_FALSE(is_of_user(kTable, at(0x1236), at(0x1F90), 0));     // closed: nobody's
  EXPECT_FALSE(is_of_user(kTable, at(0x1237), at(0x1F90), 1000));  // not there
  EXPECT_FALSE(is_of_user(kTable, at(0x1235), at(0x1F91), 1000));  // to another server
  EXPECT_FALSE(is_of_user(kTable, at(0x1235, "127.0.0.2"), at(0x1F90), 1000));
  EXPECT_FALSE(is_of_user("", at(0x1235), at(0x1F90), 1000));
  EXPECT_FALSE(is_of_user("nonsense\n\n 0: x\n", at(0x1235), at(0x1F90), 1000));
}

TEST_F(HandoverTest, OurOwnIs) {
  EXPECT_TRUE(is_of_user(kTable, at(0x1235), at(0x1F90), 1000));
  EXPECT_TRUE(is_of_user(kTable, at(0x1234), at(0x1F90), 1001));
}

TEST_F(HandoverTest, WithoutADisplayThereIsNoBrowser) {
  const ipc::Status none = check_browser({"PATH=/usr/bin", "BROWSER=firefox"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().next_step.find("--stdout"), std::string::npos);
  EXPECT_TRUE(check_browser({"DISPLAY=:0"}));
  EXPECT_TRUE(check_browser({"WAYLAND_DISPLAY=wayland-0", "BROWSER=firefox"}));
}

}  // namespace
}  // namespace supervisor
