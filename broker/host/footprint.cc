#include "host/footprint.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <memory>

#include "ipc/secret.h"

namespace broker {
namespace {

// Only segments that were never writable hold nothing but the file's bytes; relocated data lies in the others.
int forget_file_pages(dl_phdr_info* object, std::size_t, void*) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::size_t start = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::size_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    (void)::madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);  // refused for the vDSO, which is fine
  }
  return 0;
}

// More than any call of the broker reaches down. All of it lies in this function's own frame.
constexpr std::size_t kDeepest = 256 * 1024;
[[gnu::noinline]] void forget_stack() noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::array<char, kDeepest> below;
  ipc::wipe(below.data(), below.size());
  void* first = below.data();
  std::size_t left = below.size();
  if (std::align(page, page, first, left)) (void)::madvise(first, left & ~(page - 1), MADV_DONTNEED);
}

}  // namespace

void shrink_footprint() {
  forget_stack();
  ::malloc_trim(0);
  ::dl_iterate_phdr(forget_file_pages, nullptr);
}

}  // namespace broker
