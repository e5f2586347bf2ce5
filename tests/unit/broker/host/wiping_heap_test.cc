#include "host/wiping_heap.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstring>
#include <memory>
#include <string>

namespace broker {
namespace {

constexpr char kSecret[] = "a secret that nobody may find in freed memory, long enough to miss the heap's own pointers";
constexpr std::size_t kLinks = 32;  // the heap writes its own pointers into the first bytes of a freed block

// Reads what is left in a block just freed. Only the test does this, and only where no sanitizer watches.
[[gnu::noinline]] bool still_there(const volatile char* block) {
  for (std::size_t i = kLinks; i < sizeof kSecret - 1; ++i) {
    if (block[i] != kSecret[i]) return false;
  }
  return true;
}

class Heap : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef SENTINEL_SANITIZED
    GTEST_SKIP() << "the sanitizer keeps freed memory itself";
#endif
  }
};

TEST_F(Heap, AFreedBlockHoldsNothing) {
  auto* block = static_cast<char*>(heap_allocate(sizeof kSecret));
  std::memcpy(block, kSecret, sizeof kSecret);
  volatile char* const kept = block;
  ASSERT_TRUE(still_there(kept));
  heap_free(block);
  EXPECT_FALSE(still_there(kept));
}

TEST_F(Heap, ABlockThatGrewLeavesNothingBehind) {
  auto* block = static_cast<char*>(heap_allocate(sizeof kSecret));
  std::memcpy(block, kSecret, sizeof kSecret);
  volatile char* const kept = block;
  auto* moved = static_cast<char*>(heap_reallocate(block, 1 << 20));
  ASSERT_TRUE(moved);
  EXPECT_TRUE(still_there(moved));
  EXPECT_FALSE(still_there(kept));
  heap_free(moved);
}

TEST_F(Heap, ADeletedStringHoldsNothing) {
  auto text = std::make_unique<std::string>(kSecret);
  volatile const char* const kept = text->data();
  ASSERT_TRUE(still_there(kept));
  text.reset();
  EXPECT_FALSE(still_there(kept));
}

TEST(HeapEdges, NothingAndNullAreWhatReallocSaysTheyAre) {
  heap_free(nullptr);
  void* block = heap_reallocate(nullptr, 10);
  ASSERT_TRUE(block);
  EXPECT_EQ(heap_reallocate(block, 0), nullptr);
  void* none = heap_allocate(0);
  EXPECT_TRUE(none);
  heap_free(none);
}

}  // namespace
}  // namespace broker
