// Which uid is which user of the policy.
#include <algorithm>
#include <limits>

#include "host_config/parts.h"
#include "principals/row_check.h"

namespace broker {
namespace {

constexpr uid_t kLastUid = std::numeric_limits<uid_t>::max() - 1;  // the greatest is none: chown(2)
constexpr std::string_view kName = "{name}";

struct Word {
  std::string_view key;
  PrincipalRow::By by;
};
constexpr Word kWho[] = {{"uid", PrincipalRow::By::kUid},
                         {"uids", PrincipalRow::By::kUids},
                         {"name", PrincipalRow::By::kName},
                         {"group", PrincipalRow::By::kGroup}};

bool read_uid(YamlReader& in, const YamlNode& node, PrincipalRow& row) {
  std::uint64_t uid = 0;
  if (!read_number(in, node, 0, kLastUid, uid)) return false;
  row.first = row.last = static_cast<uid_t>(uid);
  return true;
}

// A number within a text, which has been looked at whole.
bool read_end(YamlReader& in, YamlNode node, std::string text, uid_t& out) {
  node.text = std::move(text);
  node.quoted = false;
  std::uint64_t uid = 0;
  if (node.text.empty()) return in.refuse(node, "a range has two ends", "write it as \"1000-1999\"");
  if (!read_number(in, node, 0, kLastUid, uid)) return false;
  out = static_cast<uid_t>(uid);
  return true;
}

bool read_uids(YamlReader& in, const YamlNode& node, PrincipalRow& row) {
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos) {
    return in.refuse(node, in_quotes(text) + " is not a range of uids", "write it as \"1000-1999\"");
  }
  if (!read_end(in, node, text.substr(0, dash), row.first) || !read_end(in, node, text.substr(dash + 1), row.last)) {
    return false;
  }
  if (row.first < row.last) return true;
  return in.refuse(node, "the range " + in_quotes(text) + " does not rise", "write the lower uid first");
}

bool read_user(YamlReader& in, const YamlNode& node, PrincipalRow& row) { return in.text(node, kMaxName, row.user); }

bool read_text_of(YamlReader& in, const YamlNode& node, PrincipalRow& row) { return in.text(node, kMaxName, row.name); }

constexpr HostField<PrincipalRow> kPrincipal[] = {
    {"uid", false, read_uid, "number", "one uid"},
    {"uids", false, read_uids, "range", "a range of uids, as \"1000-1999\", both ends included"},
    {"name", false, read_text_of, "text", "one login"},
    {"group", false, read_text_of, "text", "the members of a Unix group"},
    {"user", false, read_user, "text",
     "the user that the policy names, where {name} stands for the login's name and {uid} for its number; with name and "
     "group {name} where it is left out"},
    {"shared", false, [](YamlReader& in, const YamlNode& n, PrincipalRow& r) { return in.yes_or_no(n, r.shared); },
     "true or false", "that several uids are one user of the policy is meant"},
};

bool take_who(YamlReader& in, const YamlNode& node, PrincipalRow& row) {
  std::string_view found;
  for (const YamlNode& child : node.children) {
    const auto* const word = std::ranges::find(kWho, child.key, &Word::key);
    if (word == std::end(kWho)) continue;
    if (!found.empty()) {
      return in.refuse_key(child, "both " + std::string(found) + " and " + child.key + " say who this is",
                           "write a row for each");
    }
    found = word->key;
    row.by = word->by;
  }
  return !found.empty() || in.refuse(node, "nothing says who this is", "write one of uid, uids, name and group");
}

// Of a login each has its own name to be known by; a number is no name that an author of policies would write.
bool name_user(YamlReader& in, const YamlNode& node, PrincipalRow& row) {
  if (!row.user.empty()) return true;
  if (row.by == PrincipalRow::By::kUid || row.by == PrincipalRow::By::kUids) {
    return in.refuse(node, "nothing says which user of the policy this is", "add user: a name, or \"{name}\"");
  }
  row.user = kName;
  return true;
}

bool read_row(YamlReader& in, const YamlNode& item, HostConfig& config) {
  PrincipalRow row;
  row.place = in.place(item);
  const MappingKeys keys = in.mapping(item, kPrincipal, row);
  if (!keys.sound({"uid", "uids", "name", "group"}) || !take_who(in, item, row)) return false;
  if (keys.sound({"user"}) && !name_user(in, item, row)) return false;
  if (!keys.all_good()) return false;
  if (const auto found = mistake_of(row)) return in.refuse(item, found->error.what, found->error.next_step);
  config.principals.push_back(std::move(row));
  return true;
}

}  // namespace

void list_host_principal_keys(SchemaWalk& walk, const std::string& path) { walk.table<kPrincipal>(path + "[]"); }

bool read_host_principals(YamlReader& in, const YamlNode& node, HostConfig& config) {
  if (!in.list(node)) return false;
  in.set_context("principals: ");
  bool good = read_each(node, [&](const YamlNode& item) { return read_row(in, item, config); });
  if (const auto found = good ? first_mistake(config.principals) : std::nullopt) {
    const std::size_t index = static_cast<std::size_t>(found->row - config.principals.data());
    good = in.refuse(node.children[index], found->error.what, found->error.next_step);
  }
  in.set_context("");
  return good;
}

}  // namespace broker
