#include "tools/policy/options.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "ipc/sts_limits.h"
#include "ipc/text/go_duration.h"
#include "ipc/text/nearest_word.h"
#include "study/moment.h"
#include "study/question.h"
#include "text/ascii.h"
#include "text/plain_text.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using std::chrono::seconds;

ipc::Status read_circumstances(const ToolArguments& arguments, PolicyQuery& query) {
  if (ipc::Status read = arguments.read("mode", query.mode, mode_named); !read) return read;
  if (ipc::Status read = arguments.read("transport", query.transport, via_named); !read) return read;
  if (ipc::Status fits = settle_transport(query); !fits) return fits;
  if (ipc::Status read = arguments.read("at", query.now, parse_moment); !read) return read;
  return arguments.read("posture", query.posture, [](auto path) { return posture_file(std::string(path)); });
}

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

ipc::Result<seconds> wanted_duration(const ToolArguments& arguments, std::string_view text) {
  const auto length = ipc::parse_go_duration(text);
  if (!length) return std::unexpected(length.error());
  const auto wanted = std::chrono::floor<seconds>(*length);
  if (wanted >= ipc::sts::kShortest && wanted <= ipc::sts::kLongestOfRole) return wanted;
  return arguments.misuse("--duration is outside what AWS grants, which is 15m to 12h");
}

}  // namespace

ipc::Result<PolicyQuery> question_of(const ToolArguments& arguments) {
  if (!arguments.given("user") || !arguments.given("profile")) {
    return arguments.misuse("--user and --profile say who asks for what");
  }
  PolicyQuery query;
  query.user = arguments.value("user");
  query.profile = arguments.value("profile");
  query.account = arguments.value("account");
  query.arn = arguments.value("arn");
  query.session_table = arguments.value("session-table");
  if (arguments.given("groups")) {
    const std::vector<std::string_view> groups = split_words(arguments.value("groups"), ',');
    query.groups.emplace(groups.begin(), groups.end());
  }
  query.now = this_second();
  if (const ipc::Status read = read_circumstances(arguments, query); !read) return std::unexpected(read.error());
  return query;
}

ipc::Result<LifetimeWish> lifetime_wish(const ToolArguments& arguments) {
  LifetimeWish wish;
  const auto duration = [&](auto text) { return wanted_duration(arguments, text); };
  if (const ipc::Status read = arguments.read("duration", wish.wanted, duration); !read) {
    return std::unexpected(read.error());
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

}  // namespace broker
