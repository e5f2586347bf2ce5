#include "call/libraries.h"

#include <curl/curl.h>

#include <cstdlib>
#include <cstring>

#include "host/wiping_heap.h"

namespace broker {
namespace {

char* curl_duplicate(const char* text) {
  const std::size_t bytes = std::strlen(text) + 1;
  void* copy = heap_allocate(bytes);
  return copy ? static_cast<char*>(std::memcpy(copy, text, bytes)) : nullptr;
}

void* curl_clear_allocate(std::size_t count, std::size_t bytes) { return std::calloc(count, bytes); }

}  // namespace

ipc::Status start_libraries() {
  if (ipc::Status crypto = start_crypto(); !crypto) return crypto;
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, heap_allocate, heap_free, heap_reallocate, curl_duplicate,
                           curl_clear_allocate) != CURLE_OK) {
    return ipc::fail(ipc::Fault::kSystem, "libcurl could not be started");
  }
  return {};
}

}  // namespace broker
