// Whom and what a rule is about: names, accounts, groups, modes, transports.
#include <algorithm>
#include <set>
#include <tuple>

#include "aws/iam_syntax.h"
#include "policy/yaml/parts.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::size_t kMaxGroup = 32;  // LOGIN_NAME_MAX and useradd agree on it
constexpr std::string_view kArnStart = "arn:";
constexpr std::string_view kWildcards = "*?";

bool is_wild(std::string_view text) { return text.find_first_of(kWildcards) != std::string_view::npos; }

constexpr Field<NamePattern> kGlob[] = {
    {"glob", true, [](YamlReader& in, const YamlNode& n, NamePattern& p) { return in.text(n, kMaxName, p.text); },
     "text",
     "in each list of names, in the place of a plain one: * stands for any characters, ? for one, and the whole name "
     "must fit"},
};
void list_glob_keys(SchemaWalk& walk, const std::string& path) { walk.table<kGlob>(path + "[]"); }

bool read_glob(YamlReader& in, const YamlNode& node, NamePattern& out) {
  out.glob = true;
  if (!in.mapping(node, kGlob, out)) return false;
  if (is_wild(out.text)) return true;
  return in.refuse(node, "the glob " + in_quotes(out.text) + " has no * or ?, so that it is one name",
                   "write the name without { glob: ... }");
}

// Nothing becomes a glob by its characters alone: a star in a name that was not meant as one must not open a door.
bool read_plain(YamlReader& in, const YamlNode& node, NamePattern& out) {
  if (!in.text(node, kMaxName, out.text)) return false;
  if (!is_wild(out.text)) return true;
  return in.refuse(node, in_quotes(out.text) + " has a * or ?, which stands for itself in a plain name",
                   "write { glob: \"" + out.text + "\" } if it shall stand for other characters");
}

bool read_pattern(YamlReader& in, const YamlNode& node, NamePattern& out) {
  return node.kind == YamlNode::Kind::kMap ? read_glob(in, node, out) : read_plain(in, node, out);
}

// A dash that was forgotten joins two names to one that no user or profile has.
bool is_one_line(YamlReader& in, const YamlNode& node) {
  if (!node.folded) return true;
  return in.refuse(node, in_quotes(node.text) + " goes over more than one line",
                   "write one name in each line, each behind a dash; put a name that has blanks into quotes");
}

using CheckPattern = bool (*)(YamlReader& in, const YamlNode& item, const NamePattern& pattern);

bool read_patterns(YamlReader& in, const YamlNode& node, std::vector<NamePattern>& out, CheckPattern check = nullptr) {
  if (!in.list(node)) return false;
  std::set<std::pair<std::string, bool>> seen;
  return read_each(node, [&](const YamlNode& item) {
    NamePattern pattern;
    if (!read_pattern(in, item, pattern) || !is_one_line(in, item)) return false;
    if (!seen.emplace(pattern.text, pattern.glob).second) {
      return in.refuse(item, in_quotes(pattern.text) + " is listed twice", "list it once");
    }
    if (check != nullptr && !check(in, item, pattern)) return false;
    out.push_back(std::move(pattern));
    return true;
  });
}

// What IAM allows in the names of users and sessions, and no other letters that look like these: a rule that denies
// a user who cannot exist would deny no request.
bool check_user(YamlReader& in, const YamlNode& item, const NamePattern& name) {
  std::string text = name.text;
  if (name.glob)
    std::ranges::replace_if(
        text, [](char c) { return kWildcards.contains(c); }, 'x');
  if (is_user_name(text)) return true;
  return in.refuse(item, in_quotes(name.text) + " cannot be the name of a user",
                   "write it as IAM has it: at most 64 of A-Z, a-z, 0-9 and _+=,.@-, each typed anew");
}

bool read_users(YamlReader& in, const YamlNode& node, std::vector<NamePattern>& out) {
  return read_patterns(in, node, out, check_user);
}

bool check_arn(YamlReader& in, const YamlNode& item, const NamePattern& arn) {
  if (arn.text.starts_with(kArnStart)) return true;
  return in.refuse(item, in_quotes(arn.text) + " is not an ARN, which starts with \"arn:\"",
                   "write it as `aws sts get-caller-identity` says it, or a glob that starts with \"arn:\"");
}

bool read_arns(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  return read_patterns(in, node, conditions.arns, check_arn);
}

// Texts that all are of one kind; `otherwise` says of one that is not what it should be.
bool read_all(YamlReader& in, const YamlNode& node, std::vector<std::string>& texts, bool (*fits)(std::string_view),
              const char* otherwise, const char* next_step) {
  return in.texts(node, texts, [&](const YamlNode& item, const std::string& text) {
    return fits(text) || in.refuse(item, in_quotes(text) + otherwise, next_step);
  });
}

bool read_accounts(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  return read_all(in, node, conditions.accounts, is_account_id, " is not an account id, which has exactly 12 digits",
                  "write all digits, leading zeros included and without dashes");
}

// The portable names of POSIX. All digits would be a number, and rules name groups.
bool is_group(std::string_view name) {
  const auto is_allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= kMaxGroup && name.front() != '-' && std::ranges::all_of(name, is_allowed) &&
         !std::ranges::all_of(name, is_digit);
}

bool read_groups(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  return read_all(in, node, conditions.groups, is_group, " is not a name of a Unix group",
                  "write it as `id -Gn` says it: letters, digits, '_', '-' and '.', at most 32, not a number");
}

using C = Conditions;
constexpr Field<Conditions> kConditions[] = {
    {"profiles", false, [](YamlReader& in, const YamlNode& n, C& c) { return read_patterns(in, n, c.profiles); },
     "list of names", "the profile is one of these", list_glob_keys},
    {"not_profiles", false,
     [](YamlReader& in, const YamlNode& n, C& c) { return read_patterns(in, n, c.not_profiles); }, "list of names",
     "the profile is none of these", list_glob_keys},
    {"users", false, [](YamlReader& in, const YamlNode& n, C& c) { return read_users(in, n, c.users); },
     "list of names", "the user is one of these; who has no name is on no list", list_glob_keys},
    {"not_users", false, [](YamlReader& in, const YamlNode& n, C& c) { return read_users(in, n, c.not_users); },
     "list of names", "the user is none of these", list_glob_keys},
    {"arns", false, read_arns, "list of names", "the caller's ARN is one of these, as GetCallerIdentity says it",
     list_glob_keys},
    {"accounts", false, read_accounts, "list of texts", "the caller's AWS account is one of these, each of 12 digits"},
    {"groups", false, read_groups, "list of texts", "the caller is in one of these Unix groups, by their names"},
    {"mode", false, [](YamlReader& in, const YamlNode& n, C& c) { return in.words(n, kModeWords, c.modes); },
     "list of modes", "how the credentials are handed out is one of these; left out: any"},
    {"transport", false,
     [](YamlReader& in, const YamlNode& n, C& c) { return in.words(n, kViaWords, c.transports.emplace()); },
     "list of transports", "the request came by one of these; never so in a mode other than server"},
    {"time", false, read_time, "mapping", "it is now within this window; `time: {}` is always", list_time_keys},
    {"device", false, read_device, "mapping", "the device is known to be all of this", list_device_keys},
};

constexpr std::string_view kSubjects[] = {"profiles", "not_profiles", "users",  "not_users",
                                          "arns",     "accounts",     "groups", "time"};
bool names_a_subject(const Conditions& c) {
  return !c.profiles.empty() || !c.not_profiles.empty() || !c.users.empty() || !c.not_users.empty() ||
         !c.arns.empty() || !c.accounts.empty() || !c.groups.empty() || c.time.has_value();
}

// A rule that names a transport is about requests that came by one, and only server mode has those.
bool transport_can_hold(YamlReader& in, const YamlNode& node, const Conditions& conditions) {
  if (!conditions.transports || conditions.modes.test(static_cast<std::size_t>(Mode::kServer))) return true;
  return in.refuse_key(*std::ranges::find(node.children, "transport", &YamlNode::key),
                       "\"transport\" can only hold in mode server, which \"mode\" does not list",
                       "add server to mode, or leave transport out");
}

}  // namespace

void list_condition_keys(SchemaWalk& walk, const std::string& path) { walk.table<kConditions>(path); }

bool read_conditions(YamlReader& in, const YamlNode& node, Rule& rule) {
  Conditions& conditions = rule.conditions;
  const MappingKeys keys = in.mapping(node, kConditions, conditions);
  bool good = keys;
  if (keys.sound({"mode", "transport"})) good &= transport_can_hold(in, node, conditions);
  if (!keys.sound(kSubjects) || names_a_subject(conditions)) return good;
  return in.refuse(node,
                   "the conditions name no profiles, users or time, nor arns, accounts or groups: the rule would hold "
                   "for everyone",
                   "name at least one; `time: {}` says \"at any time\" on purpose");
}

}  // namespace broker
