// Makes the heap forget: every block that C++, libcurl, OpenSSL or expat frees is overwritten first, so that no
// transient copy of a key survives in freed memory. Linking this file replaces the global operator delete; the
// functions below do the same for the C libraries. Not under sanitizers, which keep freed memory themselves.
//
// Runs in: broker and its tools.   Blocks: never.
// Honest limit: jsoncpp and the C library free with free(3) and are not covered.
#pragma once

#include <cstddef>

#include "ipc/result.h"

namespace broker {

// malloc-family functions that wipe before they free; for C libraries that take such.
void* heap_allocate(std::size_t bytes);
void* heap_reallocate(void* block, std::size_t bytes);
void heap_free(void* block);

// Starts OpenSSL on this heap. Call first thing in main: OpenSSL takes an allocator only before its first allocation.
// Fails: kSystem.
ipc::Status start_crypto();

}  // namespace broker
