// The memory for secrets with room for so much and no more, for as long as this lives.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ipc/secret.h"

namespace broker::testing {

class FullArena {
 public:
  explicit FullArena(std::size_t left = 0) {
    std::optional<ipc::SecretBuffer> kept_free(ipc::SecretBuffer::if_room(left).value());
    for (std::size_t size = ipc::SecretArena::kBytes; size >= ipc::SecretArena::kPiece; size /= 2) {
      while (auto taken = ipc::SecretBuffer::if_room(size)) taken_.push_back(std::move(*taken));
    }
  }

 private:
  std::vector<ipc::SecretBuffer> taken_;
};

}  // namespace broker::testing
