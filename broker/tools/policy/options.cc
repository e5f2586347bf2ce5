#include "tools/policy/options.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "ipc/go_duration.h"
#include "ipc/sts_limits.h"
#include "study/moment.h"
#include "study/question.h"
#include "ipc/nearest_word.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using std::chrono::seconds;

std::vector<std::string> between_commas(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) out.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

ipc::Status read_words(const ToolArguments& arguments, PolicyQuery& query) {
  if (arguments.given("mode")) {
    const ipc::Result<Mode> mode = mode_named(arguments.value("mode"));
    if (!mode) return std::unexpected(mode.error());
    query.mode = *mode;
  }
  if (arguments.given("transport")) {
    const ipc::Result<Via> via = via_named(arguments.value("transport"));
    if (!via) return std::unexpected(via.error());
    query.transport = *via;
  }
  return settle_transport(query);
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

ipc::Result<seconds> wanted_duration(const ToolArguments& arguments) {
  const auto length = ipc::parse_go_duration(arguments.value("duration"));
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
  if (arguments.given("groups")) query.groups = between_commas(arguments.value("groups"));
  if (const ipc::Status read = read_words(arguments, query); !read) return std::unexpected(read.error());
  query.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (arguments.given("at")) {
    const auto moment = parse_moment(arguments.value("at"));
    if (!moment) return std::unexpected(moment.error());
    query.now = *moment;
  }
  if (arguments.given("posture")) {
    ipc::Result<Posture> posture = posture_file(std::string(arguments.value("posture")));
    if (!posture) return std::unexpected(posture.error());
    query.posture = std::move(*posture);
  }
  return query;
}

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

}  // namespace broker
