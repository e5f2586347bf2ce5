// What a device is called by a remote server: wrong ids are refused, not sent.
#include "host/device_id.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace broker {
namespace {

class DeviceIdTest : public ::testing::Test {
 protected:
  void TearDown() override {
    ::unlink(first_.c_str());
    ::unlink(second_.c_str());
  }
  ipc::Result<std::string> read() { return read_device_id({first_.c_str(), second_.c_str()}); }
  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  const std::string first_ = "/tmp/device-id-a-" + std::to_string(::getpid());
  const std::string second_ = "/tmp/device-id-b-" + std::to_string(::getpid());
};

TEST_F(DeviceIdTest, AMachineWithoutAnIdIsRefusedWithAWayOn) {
  const auto id = read();
  ASSERT_FALSE(id);
  EXPECT_NE(id.error().what.find("no machine id"), std::string::npos) << id.error().what;
  EXPECT_NE(id.error().next_step.find("systemd-machine-id-setup"), std::string::npos);
}

TEST_F(DeviceIdTest, WhatIsNoMachineIdIsRefused) {
  const std::string good = "0123456789abcdef0123456789abcdef";
  for (const std::string& text : {std::string(), std::string("uninitialized\n"), good.substr(1), good + "0",
                                  good + "\n" + good, std::string(32, '0'), "g" + good.substr(1)}) {
    write(first_, text);
    EXPECT_FALSE(read()) << text;
  }
}

// Of `printf %s sentinel-device-posture | openssl dgst -sha256 -hmac ID`.
TEST_F(DeviceIdTest, TheIdIsTheHmacThatUpstreamComputes) {
  const std::string expected = "8bbbda85ccfac0988b2d1785168d78ff337536bc93cc0c898ec869e7970c5f98";
  write(second_, "0123456789abcdef0123456789abcdef\n");
  const auto id = read();
  ASSERT_TRUE(id) << id.error().what;
  EXPECT_EQ(*id, expected);
}

TEST_F(DeviceIdTest, TheFirstFileCounts) {
  write(first_, "0123456789abcdef0123456789abcdef\n");
  write(second_, "fedcba9876543210fedcba9876543210\n");
  const auto id = read();
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, device_id_of("0123456789abcdef0123456789abcdef"));
}

}  // namespace
}  // namespace broker
