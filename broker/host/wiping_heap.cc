#include "host/wiping_heap.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "ipc/secret.h"

namespace broker {
namespace {

void* openssl_allocate(std::size_t bytes, const char*, int) { return heap_allocate(bytes); }
void* openssl_reallocate(void* block, std::size_t bytes, const char*, int) { return heap_reallocate(block, bytes); }
void openssl_free(void* block, const char*, int) { heap_free(block); }

}  // namespace

void* heap_allocate(std::size_t bytes) { return std::malloc(std::max<std::size_t>(bytes, 1)); }

void heap_free(void* block) {
#ifndef SENTINEL_SANITIZED
  if (block) ipc::wipe(block, ::malloc_usable_size(block));
#endif
  std::free(block);
}

// realloc(3) may move a block and leave the old bytes behind, so the move is ours.
void* heap_reallocate(void* block, std::size_t bytes) {
  if (!block) return heap_allocate(bytes);
  if (bytes == 0) {
    heap_free(block);
    return nullptr;
  }
  const std::size_t had = ::malloc_usable_size(block);
  if (bytes <= had && bytes >= had / 2) return block;
  void* moved = heap_allocate(bytes);
  if (!moved) return nullptr;
  std::memcpy(moved, block, std::min(had, bytes));
  heap_free(block);
  return moved;
}

ipc::Status start_crypto() {
  if (CRYPTO_set_mem_functions(openssl_allocate, openssl_reallocate, openssl_free) == 1) return {};
  return ipc::fail(ipc::Fault::kSystem, "OpenSSL was used before it was given the heap that wipes");
}

}  // namespace broker

#ifndef SENTINEL_SANITIZED
void operator delete(void* block) noexcept { broker::heap_free(block); }
void operator delete[](void* block) noexcept { broker::heap_free(block); }
void operator delete(void* block, std::size_t) noexcept { broker::heap_free(block); }
void operator delete[](void* block, std::size_t) noexcept { broker::heap_free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { broker::heap_free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { broker::heap_free(block); }
void operator delete(void* block, std::align_val_t) noexcept { broker::heap_free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { broker::heap_free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { broker::heap_free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { broker::heap_free(block); }
#endif
