// What `sentinel doctor` asks and says, as rows (doctor.def, guarantees.def), and the answers of one host. It never
// reads a secret for its value, and no sentence of it carries one.
//
// Runs in: sentinel-doctor.   Blocks: as the checks do; each that waits has a deadline (probe.h).
// Fails: never as a whole; what cannot be told is said to be unknown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/host.h"

namespace supervisor {

#define ATTACKER(...)
#define GUARANTEE(name, ...) name,
enum class Guarantee {
#include "doctor/guarantees.def"
};
#undef GUARANTEE
#undef ATTACKER

// Open, and worse than Weaker; a Note says nothing about its guarantee.
enum class Standing { Holds, Note, Unknown, Weaker, Open };
std::string_view word_of(Standing);  // as JSON and text have it

struct GuaranteeRow {
  Guarantee guarantee;
  std::string_view name, words, how, limit;
};

struct AttackerRow {
  std::string_view who, what;
};

struct CheckRow {
  std::string_view name;
  Guarantee guarantee;
  Standing otherwise;
  std::string_view holds, does_not, fix, source;
  Found (*ask)(const Host&);
};

const std::vector<GuaranteeRow>& guarantee_rows();
const std::vector<AttackerRow>& attacker_rows();
const std::vector<CheckRow>& check_rows();

// A row, and what this host answered: a sentence, and the fix where there is something to be fixed.
struct Finding {
  const CheckRow* row;
  Standing standing;
  std::string sentence, fix;
  [[nodiscard]] bool to_be_fixed() const { return standing == Standing::Open && !fix.empty(); }
};

Finding finding_of(const CheckRow&, const Found&);
std::vector<Finding> examine(const Host&);

// The worst of the findings about it; notes do not count.
Standing standing_of(Guarantee, const std::vector<Finding>&);
bool anything_to_be_fixed(const std::vector<Finding>&);

}  // namespace supervisor
