#include "console/handover.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

class HandoverTest : public ::testing::Test {};

TEST_F(HandoverTest, WithoutADisplayThereIsNoBrowser) {
  const ipc::Status none = check_browser({"PATH=/usr/bin", "BROWSER=firefox"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().next_step.find("--stdout"), std::string::npos);
  EXPECT_TRUE(check_browser({"DISPLAY=:0"}));
  EXPECT_TRUE(check_browser({"WAYLAND_DISPLAY=wayland-0", "BROWSER=firefox"}));
}

}  // namespace
}  // namespace supervisor
