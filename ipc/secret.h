// Memory for secrets: not swapped, not dumped, wiped when done, never printed and never copied by accident.
//
// The bytes live in one small arena per process (SecretArena): memfd_secret(2) where the kernel has it, so that not
// even this process's own /proc/self/mem shows them; else locked anonymous pages (mlock, MADV_DONTDUMP,
// MADV_WIPEONFORK). A SecretBuffer is a piece of it.
//
// Runs in: broker (keys), supervisor (the bearer token, until the command has it).   Blocks: never.
// Honest limit: libcurl and OpenSSL keep transient copies on the heap; the broker's heap wipes on free (broker/host/wiping_heap.h).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "ipc/result.h"

namespace ipc {

// How the arena is protected on this host; said by name in the start-up notice, never assumed.
enum class SecretProtection { kMemfdSecret, kLockedPages };

class SecretArena {
 public:
  // Well under the 8 MiB RLIMIT_MEMLOCK of an ordinary user, and over what a broker's keys and tokens can come to
  // (broker/serve/secret_budget.h). A page that was never written costs nothing. Who serves several profiles opens more.
  static constexpr std::size_t kBytes = 1024 * 1024;
  static constexpr std::size_t kMostBytes = 6 * kBytes;
  // What if_room() and copy_if_room() leave: for the small pieces that may not fail.
  static constexpr std::size_t kKeptBack = 64 * 1024;
  static constexpr std::size_t kPiece = 64;  // a buffer takes whole ones

  // Maps the arena. Call once, before lock-down (memfd_secret and mlock are not in any filter). `bytes`: kBytes to
  // kMostBytes, whole pages.
  // Fails: kSystem where pages cannot be locked; a secret is then never read.
  static Status open(std::size_t bytes = kBytes);
  static SecretProtection protection();
};

class SecretBuffer {
 public:
  SecretBuffer() = default;
  SecretBuffer(SecretBuffer&& other) noexcept;
  SecretBuffer& operator=(SecretBuffer&& other) noexcept;
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  ~SecretBuffer();  // wipes

  // A buffer of `capacity` bytes, empty. Aborts the process if the arena is not open or is exhausted: both are bugs,
  // and going on with ordinary memory would weaken the promise silently. For what is small or there but once.
  static SecretBuffer with_capacity(std::size_t capacity);
  static SecretBuffer copy_of(std::string_view bytes);
  // The same for what comes from outside, as large and as often as others like.
  // Fails: kUnavailable; the sentence begins with a verb ("finds no room").
  static Result<SecretBuffer> if_room(std::size_t capacity);
  static Result<SecretBuffer> copy_if_room(std::string_view bytes);

  // Adds bytes; false, and nothing added, when they do not fit.
  [[nodiscard]] bool append(std::string_view bytes) noexcept;
  void clear() noexcept;  // wipes, keeps the capacity

  // The bytes, for the one call that needs them: never store the view, never build a std::string of it.
  [[nodiscard]] std::string_view reveal() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<char> room() noexcept { return {data_ + size_, capacity_ - size_}; }
  void grow(std::size_t bytes) noexcept;  // after writing into room()

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] Result<SecretBuffer> clone() const { return copy_if_room(reveal()); }

  // Compares in a time that depends on the lengths alone. An empty secret equals nothing, not even an empty guess.
  [[nodiscard]] bool equals(std::string_view guess) const noexcept;

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

template <class Stream>
Stream& operator<<(Stream&, const SecretBuffer&) = delete;

// Overwrites memory in a way that the compiler may not drop.
void wipe(void* data, std::size_t bytes) noexcept;

// Copies byte by byte. memcpy(3) goes through vector registers and leaves the bytes there, and the dynamic linker puts
// those registers on the stack when a library that was loaded late (a name service's) calls its first function.
void copy_leaving_no_trace(char* to, std::string_view from) noexcept;

}  // namespace ipc
