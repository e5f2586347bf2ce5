// The profiles of a host, in the words of the AWS config file, and the programs that they may run.
#include <algorithm>
#include <iterator>

#include "host_config/parts.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::size_t kMaxSetting = AwsConfigParser::kMaxLine;
constexpr std::size_t kMaxProfiles = 1000;

// Each says by itself whose keys a profile begins with.
constexpr std::string_view kSources[] = {"credential", "source_profile", "credential_source", "credential_process",
                                         "web_identity_token_file"};

// What goes with role_arn into the call that assumes the role.
constexpr std::string_view kOfARole[] = {"external_id", "duration_seconds", "role_session_name", "session_tags",
                                         "transitive_session_tags"};

bool put(const YamlNode& node, std::string text, HostProfile& profile) {
  ConfigValue value;
  value.text = std::move(text);
  value.line = node.line;
  profile.settings.values.insert_or_assign(node.key, std::move(value));
  return true;
}

bool read_setting(YamlReader& in, const YamlNode& node, HostProfile& profile) {
  std::string text;
  return in.text(node, kMaxSetting, text) && put(node, std::move(text), profile);
}

// As systemd takes a credential's name, and nothing that a path could be made of.
bool is_credential_name(std::string_view name) {
  const auto fits = [](char c) { return is_alphanumeric(c) || std::string_view("_.@+=,-").contains(c); };
  return name.front() != '.' && std::ranges::all_of(name, fits);
}

bool read_credential(YamlReader& in, const YamlNode& node, HostProfile& profile) {
  if (!read_placed(in, node, profile.credential)) return false;
  if (is_credential_name(profile.credential.text)) return true;
  return in.refuse(node, in_quotes(profile.credential.text) + " is not the name of a credential",
                   "write the name, without a path: letters, digits and _.@+=,- signs");
}

bool read_credential_source(YamlReader& in, const YamlNode& node, HostProfile& profile) {
  constexpr std::string_view kKnown[] = {"Ec2InstanceMetadata"};
  std::size_t index = 0;
  return in.one_of(node, kKnown, index) && put(node, std::string(kKnown[index]), profile);
}

bool read_token_file(YamlReader& in, const YamlNode& node, HostProfile& profile) {
  PlacedText path;
  return read_path(in, node, path) && put(node, std::move(path.text), profile);
}

// The program is the first word, and is written so that it is the same word to whoever reads it.
bool read_process(YamlReader& in, const YamlNode& node, HostProfile& profile) {
  std::string text;
  if (!in.text(node, kMaxSetting, text)) return false;
  const std::string program = text.substr(0, text.find(' '));
  if (!program.starts_with('/') || program.find_first_of("'\"\\") != std::string::npos) {
    return in.refuse(node, "this command does not begin with the absolute path of a program",
                     "write it as /path/of/program ARGUMENT..., the path without quotes");
  }
  profile.program = {program, in.place(node)};
  return put(node, std::move(text), profile);
}

constexpr HostField<HostProfile> kProfile[] = {
    {"credential", false, read_credential, "credential name",
     "the systemd credential (LoadCredential=, LoadCredentialEncrypted=) that holds the profile's access key"},
    {"credential_source", false, read_credential_source, "Ec2InstanceMetadata", "the keys are those of the instance"},
    {"credential_process", false, read_process, "command",
     "a program that prints keys, and its arguments; the program stands in programs"},
    {"web_identity_token_file", false, read_token_file, "absolute path",
     "the file of the token that role_arn is assumed with"},
#define SETTING(key, type, meaning) {#key, false, read_setting, type, meaning},
#include "host_config/profile_keys.def"
};

// The keys that AWS's files have and this one has not.
struct ElsewhereRow {
  std::string_view key, why, next_step;
};
constexpr ElsewhereRow kElsewhere[] = {
#define ELSEWHERE(key, why, next_step) {#key, why, next_step},
#include "host_config/profile_keys.def"
};

bool say_where_else(YamlReader& in, const YamlNode& child) {
  const auto* const row = std::ranges::find(kElsewhere, child.key, &ElsewhereRow::key);
  if (row == std::end(kElsewhere)) return false;
  in.refuse_key(child, std::string(row->key) + ": " + std::string(row->why), std::string(row->next_step));
  return true;
}

bool has_one_source(YamlReader& in, const YamlNode& node) {
  const YamlNode* found = nullptr;
  for (const YamlNode& child : node.children) {
    if (std::ranges::find(kSources, child.key) == std::end(kSources)) continue;
    if (found != nullptr) {
      return in.refuse_key(child, "both " + found->key + " and " + child.key + " say where the keys come from",
                           "keep one of them");
    }
    found = &child;
  }
  if (found != nullptr) return true;
  std::string known;
  for (const std::string_view source : kSources) known += (known.empty() ? "" : ", ") + std::string(source);
  return in.refuse_key(node, "nothing says where its keys come from", "give it one of " + known);
}

const YamlNode* child_of_profile(const YamlNode& node, std::string_view key) {
  const auto found = std::ranges::find(node.children, key, &YamlNode::key);
  return found == node.children.end() ? nullptr : &*found;
}

// What the resolver would pass over: a setting that has nothing to be a setting of.
bool has_use_for_all(YamlReader& in, const YamlNode& node) {
  const YamlNode* const role = child_of_profile(node, "role_arn");
  const bool by_token = child_of_profile(node, "web_identity_token_file") != nullptr;
  if (role != nullptr && child_of_profile(node, "credential_process") != nullptr) {
    return in.refuse_key(*role, "role_arn stands beside credential_process, whose keys are the profile's own",
                         "let another profile assume the role: source_profile: " + node.key);
  }
  bool good = true;
  for (const std::string_view key : kOfARole) {
    const YamlNode* const found = child_of_profile(node, key);
    if (found == nullptr) continue;
    if (role == nullptr) {
      good = in.refuse_key(*found, found->key + " is of a role, and this profile has no role_arn",
                           "add role_arn, or take it out");
    } else if (by_token && key != "role_session_name") {
      good = in.refuse_key(*found, found->key + " is not sent with a token",
                           "take it out, or let another profile assume a role from this one");
    }
  }
  return good;
}

bool read_profile(YamlReader& in, const YamlNode& node, HostConfig& config) {
  in.set_context("profile " + in_quotes(node.key) + ": ");
  if (node.key.empty() || node.key.size() > kMaxName || node.key.find_first_of("\r\n\t") != std::string::npos) {
    return in.refuse_key(node, "this is no name of a profile", "write one line of 1 to 256 bytes");
  }
  HostProfile profile{node.key, in.place(node), {}, {}, {}};
  profile.settings.line = node.key_line;
  const MappingKeys keys = in.mapping(node, kProfile, profile, say_where_else);
  const bool good = !keys.sound(kSources) || (has_one_source(in, node) && has_use_for_all(in, node));
  config.profiles.push_back(std::move(profile));
  return good && keys.all_good();
}

}  // namespace

void list_host_profile_keys(SchemaWalk& walk, const std::string& path) { walk.table<kProfile>(path + ".NAME"); }

bool read_host_profiles(YamlReader& in, const YamlNode& node, HostConfig& config) {
  if (!in.is_mapping(node)) return false;
  if (node.children.empty() || node.children.size() > kMaxProfiles) {
    return in.refuse(node, "a host has 1 to " + std::to_string(kMaxProfiles) + " profiles",
                     "write each as NAME: { key: value }");
  }
  const bool good = read_each(node, [&](const YamlNode& child) { return read_profile(in, child, config); });
  in.set_context("");
  return good;
}

bool read_host_programs(YamlReader& in, const YamlNode& node, HostConfig& config) {
  if (!in.list(node)) return false;
  return read_each(node, [&](const YamlNode& item) {
    PlacedText program;
    if (!read_path(in, item, program)) return false;
    if (program.text.find_first_of(" '\"\\") != std::string::npos) {
      return in.refuse(item, in_quotes(program.text) + " has a blank, a quote or a backslash in it",
                       "give the program another name");
    }
    if (std::ranges::find(config.programs, program.text, &PlacedText::text) != config.programs.end()) {
      return in.twice(item);
    }
    config.programs.push_back(std::move(program));
    return true;
  });
}

}  // namespace broker
