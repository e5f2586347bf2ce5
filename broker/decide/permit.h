// A yes that cannot be forged, copied, or used unrecorded, and that says how much it is a yes to.
//
// authorize() alone makes a Permit; AuditLog::record() alone turns one into a RecordedPermit, after its line is
// written; the credentials answer alone spends a RecordedPermit. So no path leads to credentials without a policy
// decision and an audit line, and the compiler checks it. What may be issued is decided with the yes and travels in
// it: who answers looks for keys of these terms, and has no others to find.
#pragma once

#include <utility>

#include "decide/issue_terms.h"

namespace broker {

class AuditLog;
class Authorizer;

class Permit {
 public:
  Permit(Permit&& other) noexcept : terms_(std::move(other.terms_)), spent_(std::exchange(other.spent_, true)) {}
  Permit& operator=(Permit&&) = delete;
  Permit(const Permit&) = delete;
  [[nodiscard]] const IssueTerms& terms() const { return terms_; }

 private:
  friend class Authorizer;
  friend class AuditLog;
  explicit Permit(IssueTerms terms) : terms_(std::move(terms)) {}
  IssueTerms terms_;
  bool spent_ = false;
};

class RecordedPermit {
 public:
  RecordedPermit(RecordedPermit&& other) noexcept
      : terms_(std::move(other.terms_)), spent_(std::exchange(other.spent_, true)) {}
  RecordedPermit& operator=(RecordedPermit&&) = delete;
  RecordedPermit(const RecordedPermit&) = delete;
  [[nodiscard]] const IssueTerms& terms() const { return terms_; }
  // True once; the answer that carries credentials calls it.
  [[nodiscard]] bool spend() { return !std::exchange(spent_, true); }

 private:
  friend class AuditLog;
  explicit RecordedPermit(IssueTerms terms) : terms_(std::move(terms)) {}
  IssueTerms terms_;
  bool spent_ = false;
};

}  // namespace broker
