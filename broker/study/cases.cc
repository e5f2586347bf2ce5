#include "study/cases.h"

#include <algorithm>
#include <map>

#include "host/own_file.h"
#include "ipc/text/go_duration.h"
#include "study/members.h"
#include "study/moment.h"
#include "study/question.h"
#include "yaml/reader.h"
#include "yaml/schema.h"

namespace broker {
namespace {

template <class T>
using Field = YamlReader::Field<T>;

constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxCases = 10'000;
constexpr std::string_view kOutcomes[] = {"allow", "deny", "require_approval"};

bool refuse(YamlReader& in, const YamlNode& node, const ipc::Error& error) {
  return in.refuse(node, error.what, error.next_step);
}

bool read_text(YamlReader& in, const YamlNode& node, std::string& out) { return in.text(node, kMaxText, out); }

// ---- what is asked

// The row, and the folder in which it names files.
struct Row {
  PolicyCase made;
  std::string source;
};

bool read_mode(YamlReader& in, const YamlNode& node, Row& row) {
  std::size_t index = 0;
  if (!in.one_of(node, kModeWords, index)) return false;
  row.made.query.mode = static_cast<Mode>(index);
  return true;
}

bool read_transport(YamlReader& in, const YamlNode& node, Row& row) {
  std::size_t index = 0;
  if (!in.one_of(node, kViaWords, index)) return false;
  row.made.query.transport = static_cast<Via>(index);
  return true;
}

bool read_moment(YamlReader& in, const YamlNode& node, Row& row) {
  std::string text;
  if (!read_text(in, node, text)) return false;
  const auto moment = parse_moment(text);
  if (!moment) return refuse(in, node, moment.error());
  row.made.query.now = *moment;
  return true;
}

// Who is in no group says [], which is another thing than leaving the key out.
bool read_groups(YamlReader& in, const YamlNode& node, Row& row) {
  row.made.query.groups.emplace();
  if (node.kind == YamlNode::Kind::kList && node.children.empty()) return true;
  return in.texts(node, *row.made.query.groups);
}

bool read_posture(YamlReader& in, const YamlNode& node, Row& row) {
  std::string name;
  if (!read_text(in, node, name)) return false;
  ipc::Result<Posture> posture = posture_file(relative_to(row.source, name));
  if (!posture) return refuse(in, node, posture.error());
  row.made.query.posture = std::move(*posture);
  return true;
}

// ---- what must come out

bool read_outcome(YamlReader& in, const YamlNode& node, Expected& out) {
  std::size_t index = 0;
  if (!in.one_of(node, kOutcomes, index)) return false;
  out.effect = kOutcomes[index];
  return true;
}

// `rule: null` says that none decides.
bool read_rule(YamlReader& in, const YamlNode& node, Expected& out) {
  out.rule.emplace();
  const bool null = node.kind == YamlNode::Kind::kNull ||
                    (node.kind == YamlNode::Kind::kScalar && !node.quoted && node.text == "null");
  return null || read_text(in, node, *out.rule);
}

bool read_length(YamlReader& in, const YamlNode& node, std::optional<std::chrono::seconds>& out) {
  std::string text;
  if (!read_text(in, node, text)) return false;
  const auto length = ipc::parse_go_duration(text);
  if (!length) return refuse(in, node, length.error());
  out = std::chrono::floor<std::chrono::seconds>(*length);
  return true;
}

bool read_flag(YamlReader& in, const YamlNode& node, std::optional<bool>& out) {
  return in.yes_or_no(node, out.emplace());
}

bool read_source_identity(YamlReader& in, const YamlNode& node, Expected& out) {
  std::size_t index = 0;
  if (!in.one_of(node, kSourceIdentityWords, index)) return false;
  out.source_identity = static_cast<SourceIdentity>(index);
  return true;
}

constexpr Field<Expected> kExpected[] = {
    {"effect", true, read_outcome, "allow, deny or require_approval", "what the policy decides in the end"},
    {"rule", false, read_rule, "text or null", "the rule that decides; null: none does; left out: any may"},
    {"max_server_duration", false,
     [](YamlReader& in, const YamlNode& n, Expected& e) { return read_length(in, n, e.max_server_duration); },
     "duration", "the cap of the rule that decides; \"0\" in quotes: it has none; left out: it may have any"},
    {"max_duration", false,
     [](YamlReader& in, const YamlNode& n, Expected& e) { return read_length(in, n, e.max_duration); }, "duration",
     "likewise, the cap in every mode"},
    {"requires_server_mode", false,
     [](YamlReader& in, const YamlNode& n, Expected& e) { return read_flag(in, n, e.requires_server_mode); },
     "true or false", "whether the refusal is one that server mode would lift"},
    {"requires_session_tracking", false,
     [](YamlReader& in, const YamlNode& n, Expected& e) { return read_flag(in, n, e.requires_session_tracking); },
     "true or false", "whether the refusal is one that a tracked session would lift"},
    {"restricted", false, [](YamlReader& in, const YamlNode& n, Expected& e) { return read_flag(in, n, e.narrowed); },
     "true or false", "whether the rule narrows what is issued"},
    {"source_identity", false, read_source_identity, "required, if_allowed or off",
     "whether the rule's sessions carry the source identity"},
};
void list_expected_keys(SchemaWalk& walk, const std::string& path) { walk.table<kExpected>(path); }

constexpr Field<Row> kCase[] = {
    {"name", true, [](YamlReader& in, const YamlNode& n, Row& r) { return read_text(in, n, r.made.name); }, "text",
     "what a failure calls the case; no two share one"},
    {"user", false, [](YamlReader& in, const YamlNode& n, Row& r) { return read_text(in, n, r.made.query.user); },
     "text", "the user's name to the policy; left out: a caller without a name"},
    {"profile", true, [](YamlReader& in, const YamlNode& n, Row& r) { return read_text(in, n, r.made.query.profile); },
     "text", "the profile that is asked for"},
    {"mode", true, read_mode, "mode", "how the credentials would be handed out"},
    {"at", true, read_moment, "moment",
     "when, as 2026-02-06T14:00:00Z or with an offset, as 2026-02-06T15:00:00+01:00"},
    {"transport", false, read_transport, "transport", "by which transport, in mode server alone; left out: unix"},
    {"account", false, [](YamlReader& in, const YamlNode& n, Row& r) { return read_text(in, n, r.made.query.account); },
     "text", "the caller's AWS account; left out: not known"},
    {"arn", false, [](YamlReader& in, const YamlNode& n, Row& r) { return read_text(in, n, r.made.query.arn); }, "text",
     "the caller's ARN; left out: not known"},
    {"groups", false, read_groups, "list of texts",
     "the caller's Unix groups; [] is none; left out: they cannot be looked up"},
    {"posture", false, read_posture, "text",
     "a file with what is known of the device, as /etc/sentinel/posture.json, beside the table; left out: nothing is"},
    {"session_table", false,
     [](YamlReader& in, const YamlNode& n, Row& r) { return read_text(in, n, r.made.query.session_table); }, "text",
     "the table in which the run is tracked, as --session-table; left out: none"},
    {"expect", true,
     [](YamlReader& in, const YamlNode& n, Row& r) -> bool { return in.mapping(n, kExpected, r.made.expected); },
     "mapping", "what must come out; a key that is left out is not looked at", list_expected_keys},
};
void list_case_keys(SchemaWalk& walk, const std::string& path) { walk.table<kCase>(path + "[]"); }

// ---- the table

struct CaseTable {
  PolicyCases made;
  std::string source;
};

bool read_case(YamlReader& in, const YamlNode& node, Row& row) {
  const MappingKeys keys = in.mapping(node, kCase, row);
  if (!keys.sound({"mode", "transport"})) return keys;
  const ipc::Status settled = settle_transport(row.made.query);
  return settled ? bool(keys) : refuse(in, node, settled.error());
}

bool read_cases(YamlReader& in, const YamlNode& node, CaseTable& table) {
  if (node.kind != YamlNode::Kind::kList || node.children.empty()) {
    return in.refuse(node, "\"cases\" lists nothing, and an empty table shows nothing", "write at least one case");
  }
  if (node.children.size() > kMaxCases) return in.refuse(node, "there are more than 10000 cases", "divide the table");
  std::map<std::string, int> lines;
  std::size_t index = 0;
  const bool good = read_each(node, [&](const YamlNode& child) {
    in.set_context("case " + std::to_string(++index) + ": ");
    Row row{{}, table.source};
    row.made.line = child.line;
    bool is_good = read_case(in, child, row);
    if (row.made.name.empty()) return is_good;
    const auto [first, is_new] = lines.emplace(row.made.name, child.line);
    if (!is_new) {
      is_good = in.refuse(child, "another case of this name starts in line " + std::to_string(first->second),
                          "give each case its own name, so that a failure says which one it is");
    }
    table.made.cases.push_back(std::move(row.made));
    return is_good;
  });
  in.set_context("");
  return good;
}

constexpr Field<CaseTable> kTable[] = {
    {"policy", false, [](YamlReader& in, const YamlNode& n, CaseTable& t) { return read_text(in, n, t.made.policy); },
     "text", "the policy file, beside the table; left out: --policy names it"},
    {"cases", true, read_cases, "list of cases", "1 to 10000 questions, each with the answer that is expected",
     list_case_keys},
};

// ---- the outcome

std::string or_none(const std::string& rule) { return rule.empty() ? "no rule" : in_quotes(rule); }

std::string length_words(const std::optional<std::chrono::seconds>& length) {
  return length ? in_words(*length) : "none";
}

class Differences {
 public:
  void compare(std::string_view what, const std::string& expected, const std::string& got) {
    if (expected != got) found_.push_back(std::string(what) + ": expected " + expected + ", got " + got);
  }
  void compare(std::string_view what, const std::optional<bool>& expected, bool got) {
    if (expected) compare(what, std::string(*expected ? "yes" : "no"), std::string(got ? "yes" : "no"));
  }
  // "0" says that there must be no cap.
  void compare(std::string_view what, const std::optional<std::chrono::seconds>& expected,
               const std::optional<std::chrono::seconds>& got) {
    if (!expected) return;
    compare(what, expected->count() == 0 ? "none" : in_words(*expected), length_words(got));
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

std::vector<std::string> differences(const Expected& expected, const Verdict& verdict) {
  Differences out;
  out.compare("effect", expected.effect, verdict.effect);
  if (expected.rule) out.compare("rule", or_none(*expected.rule), or_none(verdict.rule));
  out.compare("max_server_duration", expected.max_server_duration, verdict.max_server_duration);
  out.compare("max_duration", expected.max_duration, verdict.max_duration);
  out.compare("requires_server_mode", expected.requires_server_mode, verdict.requires_server_mode);
  out.compare("requires_session_tracking", expected.requires_session_tracking, verdict.requires_session_tracking);
  out.compare("restricted", expected.narrowed, verdict.narrowing != nullptr);
  if (expected.source_identity) {
    out.compare("source_identity", std::string(word(*expected.source_identity)),
                std::string(word(verdict.source_identity)));
  }
  return out.take();
}

}  // namespace

std::size_t CasesOutcome::failed() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cases, [](const CaseOutcome& each) { return !each.differences.empty(); }));
}

Read<PolicyCases> load_cases(std::string_view text, const std::string& source) {
  const auto read = [](YamlReader& in, const YamlNode& root, CaseTable& table) -> bool {
    return in.mapping(root, kTable, table);
  };
  Read<CaseTable> table = read_yaml<CaseTable>(text, source, {{}, source}, read);
  if (!table) return std::unexpected(std::move(table.error()));
  return std::move(table->made);
}

std::vector<SchemaKey> case_keys() {
  SchemaWalk walk;
  walk.table<kTable>("");
  return walk.take();
}

CasesOutcome run_cases(const Policy& policy, const PolicyCases& cases) {
  CasesOutcome out;
  std::vector<bool> decided(policy.rules.size());
  for (const PolicyCase& each : cases.cases) {
    const Verdict verdict = evaluate(policy, each.query);
    if (verdict.rule_index >= 0) decided[static_cast<std::size_t>(verdict.rule_index)] = true;
    out.cases.push_back({&each, differences(each.expected, verdict), verdict_in_words(policy, verdict)});
  }
  for (std::size_t i = 0; i < decided.size(); ++i) {
    if (!decided[i]) out.undecided.push_back(policy.rules[i].name);
  }
  return out;
}

}  // namespace broker
