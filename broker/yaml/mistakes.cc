#include "yaml/mistakes.h"

namespace broker {

void Mistakes::add(ipc::Error error) {
  if (told_.size() < kMostTold) {
    told_.push_back(std::move(error));
  } else {
    ++more_;
  }
}

void Mistakes::add(const Mistakes& others) {
  for (const ipc::Error& each : others.told_) add(each);
  more_ += others.more_;
}

ipc::Error Mistakes::first() const {
  if (told_.empty()) return {ipc::Fault::kConfig, "the text is refused, and no reason was kept", "report this", 0};
  return told_.front();
}

}  // namespace broker
