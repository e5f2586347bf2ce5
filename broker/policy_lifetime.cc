#include "policy_lifetime.h"

#include <algorithm>
#include <iterator>

#include "ipc/go_duration.h"
#include "ipc/nearest_word.h"
#include "narrowing.h"
#include "plain_text.h"
#include "policy_members.h"
#include "terms.h"
#include "time_text.h"

namespace broker {
namespace {

using std::chrono::seconds;

// Where a profile's keys come from, in the words of --source.
struct SourceRow {
  std::string_view word;
  KeySource source;
};
constexpr SourceRow kSources[] = {
    {"role", {.has_role = true}},                      // one role, which a long-term key assumes
    {"chained", {.has_role = true, .chained = true}},  // a role that another role's keys assume
    {"key", {}},                                       // a long-term key without a role
};

ipc::Result<seconds> wanted_duration(const ToolArguments& arguments) {
  const auto length = ipc::parse_go_duration(arguments.value("duration"));
  if (!length) return std::unexpected(length.error());
  const auto wanted = std::chrono::floor<seconds>(*length);
  if (wanted >= kShortestDuration && wanted <= kLongestDuration) return wanted;
  return arguments.misuse("--duration is outside what AWS grants, which is 15m to 12h");
}

std::vector<std::string> assumptions_of(const PolicyQuery& query, const LifetimeWish& wish) {
  std::vector<std::string> assumed;
  if (!wish.source_given) {
    assumed.emplace_back("the profile has one role, which a long-term key assumes; say --source if it is otherwise");
  }
  if (wish.wanted > seconds(0)) return assumed;
  if (query.mode == Mode::kServer) {
    assumed.emplace_back("no --server-duration is given, so that 15m are wanted");
  } else {
    assumed.emplace_back("neither --duration nor the profile's duration_seconds is given, so that 1h is wanted");
  }
  return assumed;
}

ipc::Result<Lifetime> decided(const Policy& policy, const PolicyQuery& query, const Verdict& verdict,
                              const LifetimeWish& wish) {
  if (const ipc::Status narrowed = check_profile_can_be_narrowed(policy, query.profile, wish.source.has_role);
      !narrowed) {
    return std::unexpected(narrowed.error());
  }
  ipc::Result<Lifetime> lifetime = decide_lifetime(question_for(verdict, wish.wanted, query.mode, wish.source));
  if (!lifetime && lifetime.error().fault == ipc::Fault::kRefused) {  // a clause, whose subject is the rule
    lifetime.error().what = "rule " + in_quotes(verdict.rule) + " " + lifetime.error().what;
  }
  return lifetime;
}

}  // namespace

ipc::Result<LifetimeWish> lifetime_wish(const ToolArguments& arguments) {
  LifetimeWish wish;
  if (arguments.given("duration")) {
    const ipc::Result<seconds> wanted = wanted_duration(arguments);
    if (!wanted) return std::unexpected(wanted.error());
    wish.wanted = *wanted;
  }
  if (!arguments.given("source")) return wish;
  const std::string_view given = arguments.value("source");
  const auto* const row = std::ranges::find(kSources, given, &SourceRow::word);
  if (row == std::end(kSources)) {
    std::vector<std::string_view> known;
    for (const SourceRow& each : kSources) known.push_back(each.word);
    return ipc::fail(ipc::Fault::kUsage, "unknown source " + in_quotes(given) + ipc::suggestion(given, known));
  }
  wish.source = row->source;
  wish.source_given = true;
  return wish;
}

std::optional<ExpectedLifetime> expected_lifetime(const Policy& policy, const PolicyQuery& query,
                                                  const Verdict& verdict, const LifetimeWish& wish) {
  if (!verdict.allowed) return std::nullopt;
  return ExpectedLifetime{decided(policy, query, verdict, wish), assumptions_of(query, wish)};
}

std::string in_words(const Lifetime& lifetime, std::chrono::sys_seconds issued) {
  const std::string end = " at " + std::string(rfc3339(issued + lifetime.granted).text()) + " if issued then";
  const std::string asked = "AWS is asked for " + in_words(lifetime.asked);
  if (!lifetime.hard_end) return asked + "; the credentials end" + end;
  return asked + ", and denies every call from " + in_words(lifetime.granted) + " on; this hard end is" + end;
}

}  // namespace broker
