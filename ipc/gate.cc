#include "ipc/gate.h"

namespace ipc {

Status Gate::admit(U16 id) {
  const int index = row_of(id);
  if (index < 0) return fail(Fault::kProtocol, "unknown message " + std::to_string(id));
  const MessageRow& row = kMessages[index];
  const auto refuse = [&row](const char* why) { return fail(Fault::kProtocol, std::string(row.name) + why); };
  if (row.from != peer_ || row.to != self_) return refuse(" does not travel this way");
  if (row.phase != Phase::Any && row.phase != phase_) return refuse(" out of phase");
  if (row.times == Times::Once && seen_[index]) return refuse(" sent twice");
  seen_[index] = true;
  return {};
}

}  // namespace ipc
