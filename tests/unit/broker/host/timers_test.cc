#include "host/timers.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string_view>

namespace broker {
namespace {

TEST(EventLoop, TheEnvironmentDoesNotChooseItsMethod) {
  ::setenv("EVENT_NOEPOLL", "1", 1);
  const EventBasePtr base = new_event_base();
  ::unsetenv("EVENT_NOEPOLL");
  ASSERT_TRUE(base);
  EXPECT_EQ(event_base_get_method(base.get()), std::string_view("epoll"));
}

TEST(EventLoop, AnEventLeavesItWithItsOwner) {
  const EventBasePtr base = new_event_base();
  ASSERT_TRUE(base);
  {
    const EventPtr timer(evtimer_new(
        base.get(), [](evutil_socket_t, short, void*) { FAIL(); }, nullptr));
    const timeval now{};
    ASSERT_EQ(evtimer_add(timer.get(), &now), 0);
  }
  EXPECT_EQ(event_base_get_num_events(base.get(), EVENT_BASE_COUNT_ADDED), 0);
}

}  // namespace
}  // namespace broker
