#include "host/wiped_bytes.h"

#include <algorithm>

#include "ipc/secret.h"

namespace broker {

WipedBytes& WipedBytes::operator=(WipedBytes&& other) noexcept {
  if (this != &other) {
    ipc::wipe(bytes_.data(), bytes_.size());
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

WipedBytes::~WipedBytes() { ipc::wipe(bytes_.data(), bytes_.size()); }

void WipedBytes::append(std::string_view more) {
  if (bytes_.size() + more.size() > bytes_.capacity()) {
    std::vector<char> larger;
    larger.reserve(std::max(bytes_.size() + more.size(), bytes_.capacity() * 2));
    larger.assign(bytes_.begin(), bytes_.end());
    ipc::wipe(bytes_.data(), bytes_.size());
    bytes_.swap(larger);
  }
  bytes_.insert(bytes_.end(), more.begin(), more.end());
}

}  // namespace broker
