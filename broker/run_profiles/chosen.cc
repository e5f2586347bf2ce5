#include "run_profiles/chosen.h"

#include <algorithm>
#include <utility>

#include "ipc/client/served_profiles.h"
#include "policy/name_pattern.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::string_view kDefault = "default";

struct Name {
  std::string text;
  bool by_pattern;
};
using Names = std::vector<Name>;

void add(Names& names, const std::string& text, bool by_pattern) {
  const auto known = std::ranges::find(names, text, &Name::text);
  if (known == names.end()) return names.push_back({text, by_pattern});
  known->by_pattern = known->by_pattern && by_pattern;
}

ipc::Status add_fitting(Names& names, const std::string& pattern, std::span<const std::string> known) {
  bool some = false;
  for (const std::string& name : known) {
    if (!matches(NamePattern(pattern, true), name)) continue;
    add(names, name, true);
    some = true;
  }
  if (some) return {};
  return ipc::fail(Fault::kConfig, "no profile of the AWS files fits '" + printable(pattern) + "'",
                   "run sentinel profiles to see their names");
}

// What is found by a pattern may be moved to the front, or left out; what was named stands where it was named.
ipc::Status put_default_first(Names& names, std::vector<std::string>& left_out) {
  const auto at = std::ranges::find(names, kDefault, &Name::text);
  if (at == names.end() || at == names.begin()) return {};
  const std::string first = names.front().text;
  if (names.front().by_pattern) {
    std::rotate(names.begin(), at, at + 1);
    return {};
  }
  const ipc::Error why{Fault::kUsage,
                       "a program that names no profile takes the section [default], which is here that of profile '" +
                           printable(first) + "', the first",
                       "give --profile default before the others", 0};
  if (!at->by_pattern) return ipc::fail(why.fault, "profile 'default' is not the first: " + why.what, why.next_step);
  left_out.push_back(left_out_sentence(kDefault, why));
  names.erase(at);
  return {};
}

}  // namespace

std::string left_out_sentence(std::string_view profile, const ipc::Error& why) {
  return "profile '" + printable(profile) + "' is left out: " + why.what +
         (why.next_step.empty() ? "" : "; " + why.next_step);
}

ipc::Result<ChosenProfiles> choose_profiles(std::span<const ipc::WantedProfile> wanted,
                                            std::span<const std::string> known, const ResolveProfile& resolve) {
  Names names;
  for (const ipc::WantedProfile& one : wanted) {
    if (!one.pattern) add(names, one.name.str(), false);
  }
  for (const ipc::WantedProfile& one : wanted) {
    if (!one.pattern) continue;
    if (ipc::Status fit = add_fitting(names, one.name.str(), known); !fit) return std::unexpected(fit.error());
  }
  ChosenProfiles chosen;
  if (ipc::Status placed = put_default_first(names, chosen.left_out); !placed) return std::unexpected(placed.error());
  if (names.size() > ipc::kMostProfiles) {
    return ipc::fail(Fault::kUsage,
                     std::to_string(names.size()) + " profiles are asked for, and a run serves at most " +
                         std::to_string(ipc::kMostProfiles),
                     "name fewer, or give --profiles a narrower pattern");
  }
  for (const Name& name : names) {
    ipc::Result<ResolvedProfile> resolved = resolve(name.text);
    if (resolved) {
      chosen.profiles.push_back({std::move(*resolved), name.by_pattern});
    } else if (name.by_pattern) {
      chosen.left_out.push_back(left_out_sentence(name.text, resolved.error()));
    } else {
      return std::unexpected(resolved.error());
    }
  }
  if (!chosen.profiles.empty()) return chosen;
  return ipc::fail(Fault::kConfig, "none of the profiles that were found can be used: " + chosen.left_out.front(),
                   "run sentinel profiles to see what each one lacks");
}

}  // namespace broker
