// A yes that cannot be forged, copied, or used unrecorded.
//
// authorize() alone makes a Permit; AuditLog::record() alone turns one into a RecordedPermit, after its line is
// written; the credentials answer alone spends a RecordedPermit. So no path leads to credentials without a policy
// decision and an audit line, and the compiler checks it.
// Runs in: broker, main thread.
#pragma once

#include <chrono>
#include <string>
#include <utility>

namespace broker {

class AuditLog;
class Authorizer;

class Permit {
 public:
  Permit(Permit&& other) noexcept : spent_(std::exchange(other.spent_, true)) {}
  Permit& operator=(Permit&&) = delete;
  Permit(const Permit&) = delete;

 private:
  friend class Authorizer;
  friend class AuditLog;
  Permit() = default;
  bool spent_ = false;
};

class RecordedPermit {
 public:
  RecordedPermit(RecordedPermit&& other) noexcept : spent_(std::exchange(other.spent_, true)) {}
  RecordedPermit& operator=(RecordedPermit&&) = delete;
  RecordedPermit(const RecordedPermit&) = delete;
  // True once; the answer that carries credentials calls it.
  [[nodiscard]] bool spend() { return !std::exchange(spent_, true); }

 private:
  friend class AuditLog;
  RecordedPermit() = default;
  bool spent_ = false;
};

}  // namespace broker
