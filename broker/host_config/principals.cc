// Which uid is which user of the policy.
#include <algorithm>
#include <limits>

#include "host_config/parts.h"

namespace broker {
namespace {

constexpr uid_t kLastUid = std::numeric_limits<uid_t>::max() - 1;  // the greatest is none: chown(2)
constexpr std::string_view kName = "{name}", kUid = "{uid}";

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

// What is left of a user's name without its placeholders.
std::string fixed_part(std::string text) {
  for (const std::string_view placeholder : {kName, kUid}) {
    for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder)) {
      text.erase(at, placeholder.size());
    }
  }
  return text;
}

bool differs(const PrincipalRow& row) {
  return row.user.find(kName) != std::string::npos || row.user.find(kUid) != std::string::npos;
}

bool read_user(YamlReader& in, const YamlNode& node, PrincipalRow& row) {
  if (!in.text(node, kMaxName, row.user)) return false;
  if (fixed_part(row.user).find_first_of("{}") == std::string::npos) return true;
  return in.refuse(node, in_quotes(row.user) + " has braces around what is not known",
                   "write {name} for the login's name and {uid} for its number");
}

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

bool check_user(YamlReader& in, const YamlNode& node, PrincipalRow& row) {
  const bool several = row.by == PrincipalRow::By::kUids || row.by == PrincipalRow::By::kGroup;
  const bool by_name = row.by == PrincipalRow::By::kName || row.by == PrincipalRow::By::kGroup;
  if (row.user.empty() && !by_name) {
    return in.refuse(node, "nothing says which user of the policy this is", "add user: a name, or \"{name}\"");
  }
  if (row.user.empty()) row.user = kName;
  if (several && !differs(row) && !row.shared) {
    return in.refuse(node, "several uids would be the one user " + in_quotes(row.user),
                     "put {name} or {uid} into user, or add shared: true where that is meant");
  }
  if (!row.shared || !differs(row)) return true;
  return in.refuse(node, "shared says that several uids are one user, and " + in_quotes(row.user) + " tells them apart",
                   "take shared out, or write the one user that they are to be");
}

bool is_same_row(const PrincipalRow& a, const PrincipalRow& b) {
  return a.by == b.by && a.first == b.first && a.last == b.last && a.name == b.name;
}

bool read_row(YamlReader& in, const YamlNode& item, HostConfig& config) {
  PrincipalRow row;
  row.place = in.place(item);
  const MappingKeys keys = in.mapping(item, kPrincipal, row);
  if (!keys.sound({"uid", "uids", "name", "group"}) || !take_who(in, item, row)) return false;
  if (keys.sound({"user", "shared"}) && !check_user(in, item, row)) return false;
  if (!keys.all_good()) return false;
  const auto same = std::ranges::find_if(config.principals, [&](const auto& other) { return is_same_row(row, other); });
  if (same != config.principals.end()) {
    return in.refuse(item, "the row at " + same->place + " is of the same", "keep one of the two");
  }
  config.principals.push_back(std::move(row));
  return true;
}

}  // namespace

void list_host_principal_keys(SchemaWalk& walk, const std::string& path) { walk.table<kPrincipal>(path + "[]"); }

bool read_host_principals(YamlReader& in, const YamlNode& node, HostConfig& config) {
  if (!in.list(node)) return false;
  in.set_context("principals: ");
  const bool good = read_each(node, [&](const YamlNode& item) { return read_row(in, item, config); });
  in.set_context("");
  return good;
}

}  // namespace broker
