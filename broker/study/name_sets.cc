#include "study/name_sets.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <set>

namespace broker {
namespace {

using Byte = unsigned;
constexpr std::size_t kMaxUnits = 4096;   // of all patterns together
constexpr std::size_t kMaxStates = 2048;  // of all patterns together, met on the way
constexpr Byte kOther = 256;              // stands for each byte that no pattern names

// A byte, or a wildcard of a glob.
struct Unit {
  enum class Kind : std::uint8_t { kByte, kAnyOne, kAnyRun } kind;
  Byte byte;
};
using Units = std::vector<Unit>;
using State = std::vector<bool>;  // for each place of each pattern: whether the text read so far can end there

Units units_of(const NamePattern& pattern) {
  Units out;
  for (const char c : pattern.text) {
    if (pattern.glob && c == '*') {
      out.push_back({Unit::Kind::kAnyRun, 0});
    } else if (pattern.glob && c == '?') {
      out.push_back({Unit::Kind::kAnyOne, 0});
    } else {
      out.push_back({Unit::Kind::kByte, static_cast<unsigned char>(c)});
    }
  }
  return out;
}

// All patterns, followed through one text at the same time.
class Walk {
 public:
  explicit Walk(const std::vector<const NamePattern*>& patterns) {
    for (const NamePattern* each : patterns) {
      starts_.push_back(size_);
      units_.push_back(units_of(*each));
      size_ += units_.back().size() + 1;
      for (const Unit& unit : units_.back()) {
        if (unit.kind == Unit::Kind::kByte) alphabet_.insert(unit.byte);
      }
    }
    alphabet_.insert(kOther);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::set<Byte>& alphabet() const { return alphabet_; }
  [[nodiscard]] bool ends(const State& state, std::size_t pattern) const {
    return state[starts_[pattern] + units_[pattern].size()];
  }
  [[nodiscard]] State first() const {
    State state(size_);
    for (std::size_t p = 0; p < units_.size(); ++p) enter(state, p, 0);
    return state;
  }
  [[nodiscard]] State after(const State& state, Byte byte) const {
    State next(size_);
    for (std::size_t p = 0; p < units_.size(); ++p) {
      for (std::size_t i = 0; i < units_[p].size(); ++i) {
        if (state[starts_[p] + i]) step(next, p, i, byte);
      }
    }
    return next;
  }

 private:
  // A run of any characters may be empty: a state before it is a state behind it, too.
  void enter(State& state, std::size_t pattern, std::size_t place) const {
    const Units& units = units_[pattern];
    state[starts_[pattern] + place] = true;
    while (place < units.size() && units[place].kind == Unit::Kind::kAnyRun) {
      state[starts_[pattern] + ++place] = true;
    }
  }
  void step(State& next, std::size_t pattern, std::size_t place, Byte byte) const {
    const Unit& unit = units_[pattern][place];
    if (unit.kind == Unit::Kind::kAnyRun) return enter(next, pattern, place);
    if (unit.kind == Unit::Kind::kAnyOne || unit.byte == byte) enter(next, pattern, place + 1);
  }

  std::vector<Units> units_;
  std::vector<std::size_t> starts_;
  std::size_t size_ = 0;
  std::set<Byte> alphabet_;
};

using Hits = std::function<bool(std::size_t pattern)>;

// Whether there is a name, not empty, for which `wanted` holds; it asks which of the patterns match.
Proof exists(const std::vector<const NamePattern*>& patterns, const std::function<bool(const Hits&)>& wanted) {
  const Walk walk(patterns);
  if (walk.size() > kMaxUnits) return Proof::kUnsure;
  std::set<State> seen;
  std::deque<State> open{walk.first()};
  while (!open.empty()) {
    const State state = std::move(open.front());
    open.pop_front();
    for (const Byte byte : walk.alphabet()) {
      State next = walk.after(state, byte);
      if (seen.contains(next)) continue;
      if (wanted([&](std::size_t pattern) { return walk.ends(next, pattern); })) return Proof::kYes;
      if (seen.size() == kMaxStates) return Proof::kUnsure;
      seen.insert(next);
      open.push_back(std::move(next));
    }
  }
  return Proof::kNo;
}

bool one_matches(const NamePattern& pattern, const std::string& name) {
  if (!pattern.glob) return pattern.text == name;
  const Walk walk({&pattern});
  State state = walk.first();
  for (const Unit& unit : units_of({name})) state = walk.after(state, unit.byte);
  return walk.ends(state, 0);
}

bool lists(const std::vector<NamePattern>& patterns, const std::string& name) {
  return std::ranges::any_of(patterns, [&](const NamePattern& each) { return one_matches(each, name); });
}

bool is_finite(const NameSet& set) { return !set.in.empty() && std::ranges::none_of(set.in, &NamePattern::glob); }

bool takes_all(const NameSet& set) { return set.in.empty() && set.out.empty(); }

// Two sets side by side, for exists(): which of them takes the name, by the patterns that match it.
struct Pair {
  const NameSet &one, &other;
  std::vector<const NamePattern*> patterns;

  Pair(const NameSet& a, const NameSet& b) : one(a), other(b) {
    for (const NameSet* set : {&a, &b}) {
      for (const NamePattern& each : set->in) patterns.push_back(&each);
      for (const NamePattern& each : set->out) patterns.push_back(&each);
    }
  }
  static bool any(const Hits& hits, std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count; ++i) {
      if (hits(i)) return true;
    }
    return false;
  }
  static bool taken(const NameSet& set, std::size_t from, const Hits& hits) {
    return (set.in.empty() || any(hits, from, set.in.size())) && !any(hits, from + set.in.size(), set.out.size());
  }
  [[nodiscard]] bool by_one(const Hits& hits) const { return taken(one, 0, hits); }
  [[nodiscard]] bool by_other(const Hits& hits) const { return taken(other, one.in.size() + one.out.size(), hits); }
};

Proof opposite(Proof proof) {
  return proof == Proof::kYes ? Proof::kNo : proof == Proof::kNo ? Proof::kYes : Proof::kUnsure;
}

Proof yes_if(bool holds) { return holds ? Proof::kYes : Proof::kNo; }

}  // namespace

bool takes(const NameSet& set, const std::string& name) {
  return (set.in.empty() || lists(set.in, name)) && !lists(set.out, name);
}

Proof covers(const NameSet& outer, const NameSet& inner) {
  if (inner.unknown && !outer.unknown) return Proof::kNo;
  if (takes_all(outer)) return Proof::kYes;
  if (is_finite(inner)) {
    return yes_if(std::ranges::all_of(
        inner.in, [&](const NamePattern& each) { return !takes(inner, each.text) || takes(outer, each.text); }));
  }
  const Pair pair(outer, inner);
  return opposite(exists(pair.patterns, [&](const Hits& hits) { return pair.by_other(hits) && !pair.by_one(hits); }));
}

Proof share(const NameSet& one, const NameSet& other) {
  if (one.unknown && other.unknown) return Proof::kYes;
  for (const auto& [a, b] : {std::pair(&one, &other), std::pair(&other, &one)}) {
    if (!is_finite(*a)) continue;
    return yes_if(std::ranges::any_of(
        a->in, [&](const NamePattern& each) { return takes(*a, each.text) && takes(*b, each.text); }));
  }
  const Pair pair(one, other);
  return exists(pair.patterns, [&](const Hits& hits) { return pair.by_one(hits) && pair.by_other(hits); });
}

Proof is_empty(const NameSet& set) {
  if (set.unknown || takes_all(set)) return yes_if(false);
  return opposite(share(set, NameSet{{}, {}, false}));
}

}  // namespace broker
