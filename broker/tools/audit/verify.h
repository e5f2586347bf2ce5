// Walks the lines of decision logs and says what does not fit: the first line that is missing, was changed, moved or
// doubled, torn lines, bad signatures. Goes on after each finding, so that what follows is judged, too.
//
// Files that are given one after another form one chain where the first was rotated into the second.
// Runs in: sentinel-audit.   Blocks: never.   Owns: a few hashes, whatever the length of the log.
// With a key every line must be signed: unsigned ones before the first signed one may be a history that somebody wrote
// anew and let the broker go on with.
// What it cannot see: lines cut off at the end, unless it is told a head that it must meet, or the log's last file was
// closed for the next (AuditTotals::end says which); and, without a key, a chain that somebody wrote anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/head.h"
#include "audit/line.h"
#include "audit/signature.h"

namespace broker {

struct AuditFinding {
  std::string file;
  std::uint64_t line = 0;       // from 1; 0: the file as a whole
  std::string what;             // a sentence that begins after "FILE:LINE: "
  std::string expected, found;  // where there are two values to compare
};

// What is known of the log's end: nothing; that it reaches its head; that its writer closed the file for the next; that
// lines are missing.
enum class AuditEnd { kUnknown, kWhole, kClosed, kCut };

struct AuditTotals {
  std::uint64_t lines = 0, chained = 0, unchained = 0, is_signed = 0, torn = 0, findings = 0;
  std::uint64_t head_sequence = 0;
  std::string head_hash;  // of the last line of the chain; empty where there is none
  AuditEnd end = AuditEnd::kUnknown;
  std::uint64_t missing_at_end = 0;
};

class AuditVerifier {
 public:
  using Tell = std::function<void(const AuditFinding&)>;
  // `key` may be null: signatures are then counted, not checked. `found`: called at each finding. `noted`: for what is
  // worth saying and no fault: torn lines that were closed, unchained lines of before, a file that continues another.
  AuditVerifier(const LogKey* key, Tell found, Tell noted)
      : key_(key), found_(std::move(found)), noted_(std::move(noted)) {}
  // A line with this hash must be there.
  void expect(std::string hash) { expected_head_ = std::move(hash); }
  // The log must reach this head.
  void expect(LogHead head) { head_ = std::move(head); }
  // Something is wrong with the file of that head.
  void say_of_head(const std::string& file, std::string fault) { find({file, 0}, std::move(fault)); }

  void begin_file(std::string name);
  // Without its newline, which is there or not: `whole`. What is longer than kMaxAuditLine comes cut to one byte more.
  void line(std::string_view text, bool whole);
  void finish();
  [[nodiscard]] const AuditTotals& totals() const { return totals_; }

 private:
  struct Place {
    std::string file;
    std::uint64_t line = 0;
  };
  // The chain after some line.
  struct Link {
    std::uint64_t sequence = 0;
    std::string hash;
    Place place;
  };
  // A line that cannot be read: torn off, or not ours. What comes next tells.
  struct Unread {
    Place place;
    std::string hash, why;
  };
  struct Gap {
    std::uint64_t first = 0, last = 0;
  };

  void find(const Place& place, std::string what, std::string expected = {}, std::string found = {});
  void note(const Place& place, std::string what);
  void judge_unread();
  void take_unchained(std::string hash);
  void take_chained(const AuditLine& line, const std::string& hash);
  void settle_torn(const AuditLine& line);
  bool continues_file_before(const AuditLine& line, const std::string& hash);
  void start_chain(const AuditLine& line);
  void compare(const AuditLine& line, const std::string& hash);
  bool fill_gap(std::uint64_t sequence);
  void check_signature(const AuditLine& line);
  void compare_with_head(const AuditLine& line, const std::string& hash);
  void judge_end();

  static constexpr std::size_t kMaxGaps = 64;

  const LogKey* key_;
  Tell found_, noted_;
  std::string expected_head_;
  std::optional<LogHead> head_;
  bool met_expected_ = false, met_head_ = false, met_other_ = false, closed_ = false;
  AuditTotals totals_;
  Place here_;
  std::optional<Link> last_, before_last_;
  std::optional<Unread> unread_;
  std::vector<Gap> gaps_;
  std::uint64_t unsigned_ = 0;  // lines before the first signed one
  bool chain_begun_ = false, first_of_file_ = true;
};

}  // namespace broker
