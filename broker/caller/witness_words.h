// What the broker and its witness say to each other: one fixed struct each way over a SEQPACKET pair. Both are the same
// program, forked, so there is no codec; the broker still checks every number that comes back.
//
// Runs in: broker, witness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace broker {

enum class WitnessTask : std::uint32_t {
  kHolder = 1,      // which process below `root` holds socket `inode`
  kExecutable = 2,  // which program runs `pid`
};

// Questions that one walk through /proc answers.
inline constexpr std::size_t kWitnessBatch = 64;

struct WitnessQuestion {
  static constexpr int kMaxLeftOut = 6;
  std::uint32_t ticket = 0;
  WitnessTask task{};
  std::uint64_t inode = 0;
  std::int32_t root = 0;
  std::int32_t pid = 0;
  std::int32_t left_out[kMaxLeftOut] = {};  // 0: unused
};

struct WitnessAnswer {
  static constexpr int kMaxPath = 512;
  std::uint32_t ticket = 0;
  std::int32_t pid = 0;        // 0: no such process, or it may not be looked at
  std::uint64_t identity = 0;  // of the holder's pidfd, as ipc::Pidfd::identity(); 0 where the kernel has none
  std::uint32_t executable_bytes = 0;
  std::uint32_t comm_bytes = 0;
  std::uint32_t cut_short = 0;  // 1: no holder was found, and not everything was looked at
  char comm[16] = {};
  char executable[kMaxPath] = {};  // not terminated; cut at 512 bytes
};

static_assert(std::is_trivially_copyable_v<WitnessQuestion> && std::is_trivially_copyable_v<WitnessAnswer>);

}  // namespace broker
