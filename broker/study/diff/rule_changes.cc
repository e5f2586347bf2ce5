#include "study/diff/rule_changes.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>

#include "study/members.h"

namespace broker {
namespace {

using Place = std::size_t;

std::map<std::string, Place> places_of(const Policy& policy) {
  std::map<std::string, Place> out;
  for (Place i = 0; i < policy.rules.size(); ++i) out.emplace(policy.rules[i].name, i);
  return out;
}

std::vector<std::string> changed_members(const Rule& before, const Rule& after) {
  const Members was = members_of(before), is = members_of(after);
  std::vector<std::string> out;
  const auto value_in = [](const Members& members, const std::string& key) {
    const auto found = std::ranges::find(members, key, &Members::value_type::first);
    return found == members.end() ? std::string("(none)") : found->second;
  };
  for (const auto& [key, value] : was) {
    if (value_in(is, key) != value) out.push_back(key + ": " + value + " -> " + value_in(is, key));
  }
  for (const auto& [key, value] : is) {
    if (value_in(was, key) == "(none)") out.push_back(key + ": (none) -> " + value);
  }
  return out;
}

// Of the rules that both have, in the new order: those that are not part of a longest rising run of old places.
std::vector<bool> moved_among(const std::vector<Place>& old_places) {
  std::vector<std::size_t> ends, previous(old_places.size());
  for (std::size_t i = 0; i < old_places.size(); ++i) {
    const auto slot = std::ranges::lower_bound(ends, old_places[i], {}, [&](std::size_t at) { return old_places[at]; });
    previous[i] = slot == ends.begin() ? old_places.size() : *std::prev(slot);
    if (slot == ends.end()) {
      ends.push_back(i);
    } else {
      *slot = i;
    }
  }
  std::vector<bool> moved(old_places.size(), true);
  for (std::size_t at = ends.empty() ? old_places.size() : ends.back(); at < old_places.size(); at = previous[at]) {
    moved[at] = false;
  }
  return moved;
}

}  // namespace

std::vector<RuleChange> compare_rules(const Policy& before, const Policy& after) {
  std::vector<RuleChange> out;
  const std::map<std::string, Place> was = places_of(before), is = places_of(after);
  for (const Rule& rule : before.rules) {
    if (!is.contains(rule.name)) out.push_back({RuleChange::Kind::kRemoved, rule.name, {}});
  }
  std::vector<Place> kept;
  for (const Rule& rule : after.rules) {
    if (const auto old_place = was.find(rule.name); old_place != was.end()) kept.push_back(old_place->second);
  }
  const std::vector<bool> moved = moved_among(kept);
  std::size_t at = 0;
  for (const Rule& rule : after.rules) {
    const auto old_place = was.find(rule.name);
    if (old_place == was.end()) {
      out.push_back({RuleChange::Kind::kAdded, rule.name, {"at place " + std::to_string(is.at(rule.name) + 1)}});
      continue;
    }
    if (moved[at++]) {
      out.push_back({RuleChange::Kind::kMoved,
                     rule.name,
                     {"from place " + std::to_string(old_place->second + 1) + " to place " +
                      std::to_string(is.at(rule.name) + 1)}});
    }
    std::vector<std::string> members = changed_members(before.rules[old_place->second], rule);
    if (!members.empty()) out.push_back({RuleChange::Kind::kChanged, rule.name, std::move(members)});
  }
  return out;
}

}  // namespace broker
