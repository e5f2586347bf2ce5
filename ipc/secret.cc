#include "ipc/secret.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "ipc/unique_fd.h"

namespace ipc {
namespace {

constexpr std::size_t kGranule = SecretArena::kPiece;

// A first-fit allocator over granules: some dozens of live secrets, so a scan of flags is fast enough, and there is no
// header inside the arena that an overflow could reach. What is in use lies together, so few pages are ever touched.
struct Arena {
  char* base = nullptr;
  SecretProtection protection = SecretProtection::kLockedPages;
  bool* used = nullptr;  // a flag for each granule; to the end of the process, as a secret may be
  std::size_t granules = 0;
};
Arena arena;

[[noreturn]] void die(const char* why) {
  std::fprintf(stderr, "secret arena: %s\n", why);
  std::abort();
}

std::size_t granules_for(std::size_t bytes) { return (bytes + kGranule - 1) / kGranule; }

// Among the first `most` granules; null where no such run of them is free.
char* take(std::size_t bytes, std::size_t most) {
  if (!arena.base) die("used before it was opened");
  const std::size_t wanted = granules_for(bytes);
  std::size_t run = 0;
  for (std::size_t i = 0; i < most; ++i) {
    run = arena.used[i] ? 0 : run + 1;
    if (run == wanted) {
      const std::size_t first = i + 1 - wanted;
      for (std::size_t k = first; k <= i; ++k) arena.used[k] = true;
      return arena.base + first * kGranule;
    }
  }
  return nullptr;
}

void give_back(char* data, std::size_t bytes) noexcept {
  wipe(data, bytes);
  const std::size_t first = static_cast<std::size_t>(data - arena.base) / kGranule;
  for (std::size_t k = first; k < first + granules_for(bytes); ++k) arena.used[k] = false;
}

void* map_memfd_secret(std::size_t bytes) {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC)));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return MAP_FAILED;
  return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
}

// On fault: all of it counts to the limit, and what is never used is no memory. Where a runtime does not know mlock2,
// the whole is locked at once.
bool lock(void* p, std::size_t bytes) {
  if (::mlock2(p, bytes, MLOCK_ONFAULT) == 0) return true;
  return (errno == ENOSYS || errno == EPERM) && ::mlock(p, bytes) == 0;
}

void* map_locked_pages(std::size_t bytes) {
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return p;
  if (lock(p, bytes) && ::madvise(p, bytes, MADV_DONTDUMP) == 0 && ::madvise(p, bytes, MADV_WIPEONFORK) == 0) {
    return p;
  }
  const int saved = errno;
  ::munmap(p, bytes);
  errno = saved;
  return MAP_FAILED;
}

// A soft limit that is lower than its hard one is raised: that needs no right.
rlimit raised_limit(std::size_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return {RLIM_INFINITY, RLIM_INFINITY};
  const rlimit raised{std::min<rlim_t>(limit.rlim_max, 2 * bytes), limit.rlim_max};
  if (raised.rlim_cur > limit.rlim_cur && ::setrlimit(RLIMIT_MEMLOCK, &raised) == 0) return raised;
  return limit;
}

std::unexpected<Error> cannot_lock(const rlimit& limit, std::size_t bytes) {
  if (limit.rlim_cur >= bytes) {
    return system_error("memory for secrets cannot be locked, though the limit of locked memory leaves room",
                        "end what else locks memory for this user, or allow mlock in the container's seccomp profile");
  }
  const std::string twice = std::to_string(2 * bytes / 1024);
  return system_error("memory for secrets cannot be locked: the limit of locked memory is " +
                          std::to_string(limit.rlim_cur / 1024) + " KiB, and " + std::to_string(bytes / 1024) +
                          " KiB are needed",
                      "raise it to " + twice + " KiB where sentinel is started: ulimit -l " + twice +
                          " as root, memlock in /etc/security/limits.conf, LimitMEMLOCK=" + twice +
                          "K in a unit, --ulimit memlock=" + std::to_string(2 * bytes) + " for docker or podman");
}

}  // namespace

void copy_leaving_no_trace(char* to, std::string_view from) noexcept {
  volatile char* const out = to;
  const volatile char* const in = from.data();
  for (std::size_t i = 0; i < from.size(); ++i) out[i] = in[i];
}

void wipe(void* data, std::size_t bytes) noexcept {
  if (bytes != 0) ::explicit_bzero(data, bytes);
}

Status SecretArena::open(std::size_t bytes) {
  if (arena.base) return {};
  const rlimit limit = raised_limit(bytes);
  void* p = map_memfd_secret(bytes);
  arena.protection = SecretProtection::kMemfdSecret;
  // A fork must not share a memfd_secret mapping: the child would see our secrets as they change.
  if (p != MAP_FAILED && ::madvise(p, bytes, MADV_DONTFORK) != 0) {
    ::munmap(p, bytes);
    p = MAP_FAILED;
  }
  if (p == MAP_FAILED) {
    p = map_locked_pages(bytes);
    arena.protection = SecretProtection::kLockedPages;
  }
  if (p == MAP_FAILED) {
    return cannot_lock(limit, bytes);
  }
  // Of its own pages, which are no memory either until a flag in them is set or looked at.
  void* const flags = ::mmap(nullptr, bytes / kGranule, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (flags == MAP_FAILED) {
    ::munmap(p, bytes);
    return system_error("memory for secrets cannot be mapped");
  }
  arena.granules = bytes / kGranule;
  arena.used = static_cast<bool*>(flags);
  arena.base = static_cast<char*>(p);
  return {};
}

SecretProtection SecretArena::protection() { return arena.protection; }

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
  if (this != &other) {
    if (data_) give_back(data_, capacity_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

SecretBuffer::~SecretBuffer() {
  if (data_) give_back(data_, capacity_);
}

SecretBuffer SecretBuffer::with_capacity(std::size_t capacity) {
  SecretBuffer buffer;
  if (capacity == 0) return buffer;
  buffer.data_ = take(capacity, arena.granules);
  if (!buffer.data_) die("exhausted");
  buffer.capacity_ = capacity;
  return buffer;
}

Result<SecretBuffer> SecretBuffer::if_room(std::size_t capacity) {
  SecretBuffer buffer;
  if (capacity == 0) return buffer;
  buffer.data_ = take(capacity, arena.granules - std::min(arena.granules, SecretArena::kKeptBack / kGranule));
  if (!buffer.data_) {
    return fail(Fault::kUnavailable, "finds no room in the memory for secrets",
                "try again, with shorter tokens or fewer different rules at work at once");
  }
  buffer.capacity_ = capacity;
  return buffer;
}

SecretBuffer SecretBuffer::copy_of(std::string_view bytes) {
  SecretBuffer buffer = with_capacity(bytes.size());
  if (!buffer.append(bytes)) die("a copy does not fit its own size");
  return buffer;
}

Result<SecretBuffer> SecretBuffer::copy_if_room(std::string_view bytes) {
  Result<SecretBuffer> buffer = if_room(bytes.size());
  if (buffer && !buffer->append(bytes)) die("a copy does not fit its own size");
  return buffer;
}

bool SecretBuffer::append(std::string_view bytes) noexcept {
  if (bytes.size() > capacity_ - size_) return false;
  if (!bytes.empty()) std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

void SecretBuffer::clear() noexcept {
  wipe(data_, size_);
  size_ = 0;
}

void SecretBuffer::grow(std::size_t bytes) noexcept {
  if (bytes > capacity_ - size_) die("grown past its capacity");
  size_ += bytes;
}

bool SecretBuffer::equals(std::string_view guess) const noexcept {
  if (size_ == 0 || guess.size() != size_) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    difference = static_cast<unsigned char>(difference | (data_[i] ^ guess[i]));
    asm volatile("" : "+r"(difference));  // keeps the compiler from leaving the loop early
  }
  return difference == 0;
}

}  // namespace ipc
