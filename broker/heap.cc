#include "heap.h"

#include <curl/curl.h>
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

char* curl_duplicate(const char* text) {
  const std::size_t bytes = std::strlen(text) + 1;
  void* copy = heap_allocate(bytes);
  return copy ? static_cast<char*>(std::memcpy(copy, text, bytes)) : nullptr;
}

void* curl_clear_allocate(std::size_t count, std::size_t bytes) { return std::calloc(count, bytes); }

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

ipc::Status start_libraries() {
  if (CRYPTO_set_mem_functions(openssl_allocate, openssl_reallocate, openssl_free) != 1) {
    return ipc::fail(ipc::Fault::kSystem, "OpenSSL was used before it was given the heap that wipes");
  }
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, heap_allocate, heap_free, heap_reallocate, curl_duplicate,
                           curl_clear_allocate) != CURLE_OK) {
    return ipc::fail(ipc::Fault::kSystem, "libcurl could not be started");
  }
  return {};
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
