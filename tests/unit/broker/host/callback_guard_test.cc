// What is called back must not reach an owner that is gone.
#include "host/callback_guard.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <type_traits>

namespace broker {
namespace {

// A copy would keep the mark of an owner that is gone.
static_assert(!std::is_copy_constructible_v<CallbackGuard> && !std::is_move_constructible_v<CallbackGuard>);
static_assert(!std::is_copy_assignable_v<CallbackGuard> && !std::is_move_assignable_v<CallbackGuard>);

TEST(PresenceTest, OfAnOwnerThatIsGoneNothingIsCalled) {
  int called = 0;
  auto owner = std::make_unique<CallbackGuard>();
  const std::function<void(int)> kept = owner->guard([&](int by) { called += by; });
  kept(2);
  owner.reset();
  kept(3);
  EXPECT_EQ(called, 2);
}

TEST(PresenceTest, TheOwnerMayGoWhileItIsCalled) {
  int called = 0;
  auto owner = std::make_unique<CallbackGuard>();
  const std::function<void()> kept = owner->guard([&] {
    owner.reset();
    ++called;
  });
  kept();
  kept();
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace broker
