#include "policy_question.h"

#include <algorithm>

#include "ipc/nearest_word.h"
#include "plain_text.h"
#include "policy_moment.h"
#include "posture_json.h"
#include "tool_file.h"

namespace broker {
namespace {

template <class T>
ipc::Result<T> named(std::string_view what, std::string_view given, std::span<const std::string_view> known) {
  const auto found = std::ranges::find(known, given);
  if (found != known.end()) return static_cast<T>(found - known.begin());
  return ipc::fail(ipc::Fault::kUsage,
                   "unknown " + std::string(what) + " " + in_quotes(given) + ipc::suggestion(given, known));
}

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

}  // namespace

ipc::Result<Mode> mode_named(std::string_view word) { return named<Mode>("mode", word, kModeWords); }

ipc::Result<Via> via_named(std::string_view word) { return named<Via>("transport", word, kViaWords); }

ipc::Result<Posture> posture_file(const std::string& path) {
  const ipc::Result<std::string> text = read_whole_file(path, kMaxPostureBytes);
  if (!text) return std::unexpected(text.error());
  ipc::Result<StatedPosture> stated = posture_from_json(*text);
  if (stated) return std::move(stated->facts);
  stated.error().what = path + ": " + stated.error().what;
  return std::unexpected(std::move(stated.error()));
}

ipc::Status settle_transport(PolicyQuery& query) {
  if (query.mode == Mode::kServer) {
    if (!query.transport) query.transport = Via::kUnix;
    return {};
  }
  if (!query.transport) return {};
  return ipc::fail(ipc::Fault::kUsage, "mode " + std::string(word(query.mode)) + " has no transport",
                   "leave the transport out, or ask about mode server");
}

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

}  // namespace broker
