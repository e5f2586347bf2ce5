#include "tools/audit/verify.h"

#include <algorithm>

#include "text/hex.h"

namespace broker {
namespace {

const std::string kNoLine(64, '0');

std::string named(const std::string& file, std::uint64_t line) { return file + ":" + std::to_string(line); }

std::string numbers(std::uint64_t first, std::uint64_t last) {
  if (first == last) return "line number " + std::to_string(first) + " is missing";
  return "lines number " + std::to_string(first) + " to " + std::to_string(last) + " are missing";
}

}  // namespace

void AuditVerifier::find(const Place& place, std::string what, std::string expected, std::string found) {
  ++totals_.findings;
  found_({place.file, place.line, std::move(what), std::move(expected), std::move(found)});
}

void AuditVerifier::note(const Place& place, std::string what) {
  noted_({place.file, place.line, std::move(what), {}, {}});
}

void AuditVerifier::begin_file(std::string name) {
  judge_unread();
  here_ = {std::move(name), 0};
  first_of_file_ = true;
}

// ---- one line ------------------------------------------------------------------------------------------------------

void AuditVerifier::line(std::string_view text, bool whole) {
  ++here_.line;
  ++totals_.lines;
  const std::string hash = sha256_hex(text);
  if (!expected_head_.empty() && hash == expected_head_) met_expected_ = true;
  auto read = read_audit_line(text);
  if (!whole)
    read = ipc::fail(ipc::Fault::kConfig, "is torn: it has no newline (a crash, a full disk, or somebody cut it)");
  if (!read) {
    judge_unread();
    unread_ = Unread{here_, hash, read.error().what};
  } else if (read->chained()) {
    settle_torn(*read);
    compare_with_head(*read, hash);
    if (read->text("event") == "cut")
      find(here_, "says that the log had been cut before it: " + std::string(read->text("detail")));
    if (!first_of_file_ || !continues_file_before(*read, hash)) {
      take_chained(*read, hash);
      check_signature(*read);
    }
  } else {
    judge_unread();
    take_unchained(hash);
    check_signature(*read);
  }
  closed_ = !first_of_file_ && read && read->rotated();
  first_of_file_ = false;
}

void AuditVerifier::judge_unread() {
  if (unread_) find(unread_->place, unread_->why);
  unread_.reset();
}

// The line before this one was torn off, and this one says so: then it is no fault of the chain.
void AuditVerifier::settle_torn(const AuditLine& line) {
  if (!line.torn.empty() && unread_ && unread_->hash == line.torn) {
    ++totals_.torn;
    note(
        unread_->place,
        "is torn, as the next line says: a crash, a full disk, or somebody cut it; whether what it told was handed out "
        "cannot be known from here");
    unread_.reset();
  } else if (!line.torn.empty() && last_ && last_->hash == line.torn) {
    ++totals_.torn;  // all of it but the newline had been written
    --totals_.chained;
    note(last_->place, "is torn, as the next line says: its newline was missing");
    last_ = before_last_;
    chain_begun_ = last_ && last_->sequence > 0;
  } else if (!line.torn.empty()) {
    find(here_, "says that the line before it is torn, and that line is not there", line.torn);
  }
  judge_unread();
}

// Lines of before there was a chain. Behind its start, one without a number was put in.
void AuditVerifier::take_unchained(std::string hash) {
  ++totals_.unchained;
  if (chain_begun_) return find(here_, "stands outside the chain: it has no number, and the lines before it have one");
  last_ = Link{0, std::move(hash), here_};
}

void AuditVerifier::take_chained(const AuditLine& line, const std::string& hash) {
  ++totals_.chained;
  if (!chain_begun_)
    start_chain(line);
  else
    compare(line, hash);
  chain_begun_ = true;
  if (last_ && last_->sequence >= *line.sequence && last_->sequence != 0) return;  // out of its place: the chain stays
  before_last_ = last_;
  last_ = Link{*line.sequence, hash, here_};
}

bool AuditVerifier::continues_file_before(const AuditLine& line, const std::string& hash) {
  if (!line.rotated()) return false;
  if (chain_begun_ && last_ && last_->hash == hash) return true;
  if (chain_begun_) return false;
  note(here_, "continues a file that was not given, whose last line is number " + std::to_string(*line.sequence));
  ++totals_.chained;
  chain_begun_ = true;
  last_ = Link{*line.sequence, hash, here_};
  check_signature(line);
  return true;
}

// ---- the chain -----------------------------------------------------------------------------------------------------

void AuditVerifier::start_chain(const AuditLine& line) {
  const std::string expected = last_ ? last_->hash : kNoLine;
  if (totals_.unchained > 0) {
    note(here_, std::to_string(totals_.unchained) + " unchained lines before this one, of before lines were chained");
  }
  if (*line.sequence != 1) {
    find(here_, numbers(1, *line.sequence - 1) + " before this one", "1", std::to_string(*line.sequence));
  } else if (line.previous != expected && !last_) {
    find(here_, "is the first line, and names one before it: lines are missing", expected, line.previous);
  } else if (line.previous != expected) {
    find(last_->place, "was changed: its SHA-256 is not what the next line says", line.previous, expected);
  }
}

bool AuditVerifier::fill_gap(std::uint64_t sequence) {
  const auto gap = std::ranges::find_if(gaps_, [sequence](Gap g) { return g.first <= sequence && sequence <= g.last; });
  if (gap == gaps_.end()) return false;
  const Gap rest{sequence + 1, gap->last};
  gap->last = sequence - 1;
  if (gap->first > gap->last) gaps_.erase(gap);
  if (rest.first <= rest.last && gaps_.size() < kMaxGaps) gaps_.push_back(rest);
  return true;
}

void AuditVerifier::compare(const AuditLine& line, const std::string& hash) {
  const std::uint64_t expected = last_->sequence + 1, found = *line.sequence;
  const std::string number = std::to_string(found);
  if (found > expected) {
    if (gaps_.size() < kMaxGaps) gaps_.push_back({expected, found - 1});
    return find(here_, numbers(expected, found - 1) + " before this one", std::to_string(expected), number);
  }
  if (found < expected && hash == last_->hash) {
    return find(here_, "is a copy of the line before it", std::to_string(expected), number);
  }
  if (found < expected) {
    const bool moved = fill_gap(found);
    return find(here_, moved ? "was moved: it belongs further up" : "comes a second time: its number was there already",
                std::to_string(expected), number);
  }
  if (line.previous == last_->hash) return;
  // Which of the two was changed only a signature can tell.
  find(last_->place, "was changed: its SHA-256 is not what line " + named(here_.file, here_.line) + " says of it",
       line.previous, last_->hash);
}

// Lines before a log was signed, and a history that somebody forged in their place, look alike.
void AuditVerifier::check_signature(const AuditLine& line) {
  if (!line.signature && totals_.is_signed > 0) return find(here_, "is not signed, and lines before it are");
  if (!line.signature) return void(++unsigned_);
  if (++totals_.is_signed == 1 && unsigned_ > 0 && key_) {
    find(here_, "is the first signed line: " + std::to_string(unsigned_) +
                    " before it are not, and anybody who could write the file may have written those");
  }
  if (!key_) return;
  std::string fault = signature_fault(*key_, line);
  if (!fault.empty()) find(here_, std::move(fault));
}

// ---- the end -------------------------------------------------------------------------------------------------------

void AuditVerifier::compare_with_head(const AuditLine& line, const std::string& hash) {
  if (!head_ || *line.sequence != head_->sequence) return;
  if (hash == head_->hash) {
    met_head_ = true;
  } else if (!met_head_ && !met_other_) {
    met_other_ = true;
    find(here_,
         "is not the line that was written under this number: the log's head of " + head_->time +
             " names another SHA-256",
         head_->hash, hash);
  }
}

void AuditVerifier::judge_end() {
  const Place whole{here_.file, 0};
  if (!expected_head_.empty() && !met_expected_) {
    totals_.end = AuditEnd::kCut;
    return find(whole, "does not hold the line whose SHA-256 was expected: the end was cut off, or changed",
                expected_head_, totals_.head_hash);
  }
  if (head_ && totals_.head_sequence < head_->sequence) {
    totals_.end = AuditEnd::kCut;
    totals_.missing_at_end = head_->sequence - totals_.head_sequence;
    return find(whole, head_fault(*head_, totals_.head_sequence, totals_.head_hash));
  }
  if (met_other_)
    totals_.end = AuditEnd::kCut;
  else if (met_head_ || (met_expected_ && !head_))
    totals_.end = AuditEnd::kWhole;
  else if (closed_)
    totals_.end = AuditEnd::kClosed;
}

void AuditVerifier::finish() {
  judge_unread();
  if (chain_begun_) {
    totals_.head_sequence = last_->sequence;
    totals_.head_hash = last_->hash;
  }
  judge_end();
  const Place whole{here_.file, 0};
  if (totals_.lines == 0) note(whole, "has no lines");
  if (key_ && totals_.is_signed == 0 && totals_.lines > 0) find(whole, "has no signed line, and a key was given");
}

}  // namespace broker
