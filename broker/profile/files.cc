#include "profile/files.h"

#include <algorithm>
#include <numeric>

#include "aws/key_syntax.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::string_view kKeyId = "aws_access_key_id";
constexpr std::string_view kSecretKey = "aws_secret_access_key";
constexpr std::string_view kInclude = "include_profile";
constexpr std::size_t kMaxIncludes = 32;  // links of one chain
constexpr std::size_t kNamesShown = 10;
constexpr std::size_t kNameShown = 128;  // characters

std::unexpected<ipc::Error> refuse(std::string what, std::string next_step) {
  return ipc::fail(ipc::Fault::kConfig, std::move(what), std::move(next_step));
}

// Levenshtein's distance, so that a slip of the finger finds its profile.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, change});
    }
  }
  return row.back();
}

std::vector<std::string> nearest(std::vector<std::string> names, std::string_view wanted) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (std::string& name : names) {
    name.resize(std::min(name.size(), kNameShown));
    ranked.emplace_back(distance(name, wanted.substr(0, kNameShown)), std::move(name));
  }
  std::ranges::sort(ranked);
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  ranked.resize(std::min(ranked.size(), kNamesShown));
  names.clear();
  for (auto& entry : ranked) names.push_back(std::move(entry.second));
  return names;
}

ipc::Status check_one_line(const ConfigValue& value, std::string_view key, const std::string& place) {
  if (!value.continued && value.nested.empty()) return {};
  return refuse(place + ": the value of " + std::string(key) + " goes on in the indented line below",
                "begin the next key at the margin");
}

// The key under which the section has a session token; null where it has none: an empty one is absent. As botocore: the
// old name first.
const char* token_name(const ConfigSection& section) {
  for (const char* const name : {"aws_security_token", "aws_session_token"}) {
    const ConfigValue* const token = section.find(name);
    if (token && token->secret_length > 0) return name;
  }
  return nullptr;
}

// A secret of the file, or an empty buffer for a key that is absent or empty.
ipc::Result<ipc::SecretBuffer> read_secret(const AwsConfigFile& file, const ConfigSection& section,
                                           std::string_view key) {
  const ConfigValue* value = section.find(key);
  if (!value || value->secret_length == 0) return ipc::SecretBuffer();
  ipc::Result<ipc::SecretBuffer> secret = file.secret(*value);
  if (const std::string_view fault = secret ? fault_of_key_text(secret->reveal()) : ""; !fault.empty()) {
    return refuse(file.place(value->line) + ": " + std::string(key) + " " + std::string(fault),
                  "remove blanks, quotes and comments from the line; AWS tools read them as a part of the value");
  }
  return secret;
}

}  // namespace

ipc::Result<ProfileFiles> ProfileFiles::open(std::string config_path, std::string credentials_path) {
  ipc::Result<AwsConfigFile> config = AwsConfigFile::open(std::move(config_path), AwsFileKind::kConfig);
  if (!config) return std::unexpected(std::move(config).error());
  ipc::Result<AwsConfigFile> credentials = AwsConfigFile::open(std::move(credentials_path), AwsFileKind::kCredentials);
  if (!credentials) return std::unexpected(std::move(credentials).error());
  return ProfileFiles(std::move(*config), std::move(*credentials));
}

ProfileFiles ProfileFiles::of_sections(std::string path, ConfigIndex sections) {
  return {AwsConfigFile::of_sections(std::move(path), std::move(sections)), AwsConfigFile::of_sections({}, {})};
}

std::optional<ProfileFiles::Found> ProfileFiles::find_own(std::string_view profile, std::string_view key) const {
  for (const AwsConfigFile* file : {&credentials_, &config_}) {
    const ConfigSection* section = file->find(SectionKind::kProfile, profile);
    if (!section) continue;
    if (key.empty()) return Found{file, section, nullptr};
    if (const ConfigValue* value = section->find(key)) return Found{file, section, value};
  }
  return {};
}

// The bound on the links is for what check_includes() has not seen, or has refused.
std::optional<ProfileFiles::Found> ProfileFiles::find(std::string_view profile, std::string_view key) const {
  auto found = find_own(profile, key);
  if (found || key.empty() || key == kInclude || key == kKeyId || ipc::is_secret_key(key)) return found;
  for (std::size_t links = 0; !found && links < kMaxIncludes; ++links) {
    const auto include = find_own(profile, kInclude);
    if (!include) break;
    profile = include->value->text;
    found = find_own(profile, key);
  }
  return found;
}

ipc::Status ProfileFiles::check_includes(std::string_view profile) const {
  std::vector<std::string> links{std::string(profile)};
  while (const auto include = find_own(links.back(), kInclude)) {
    const auto name = placed(kInclude, *include);
    if (!name) return std::unexpected(name.error());
    const std::string& next = (*name)->text;
    if (!has(next)) return std::unexpected(missing(next, (*name)->place));
    if (std::ranges::find(links, next) != links.end()) {
      std::string loop = (*name)->place + ": include_profile goes round in a loop: ";
      for (const std::string& link : links) loop += link + " → ";
      return refuse(loop + next, "remove one of these include_profile lines");
    }
    links.push_back(next);
    if (links.size() > kMaxIncludes + 1) {
      return refuse((*name)->place + ": profile '" + std::string(profile) + "' includes more than " +
                        std::to_string(kMaxIncludes) + " profiles, one through the other",
                    "write the keys into fewer profiles");
    }
  }
  return {};
}

bool ProfileFiles::has(std::string_view profile) const { return find(profile, {}).has_value(); }

bool ProfileFiles::has(std::string_view profile, std::string_view key) const { return find(profile, key).has_value(); }

std::string ProfileFiles::place_of(std::string_view profile, std::string_view key) const {
  const auto found = find(profile, key);
  if (!found) return key.empty() ? config_.path() : place_of(profile);
  return found->file->place(found->value ? found->value->line : found->section->line);
}

ipc::Result<std::optional<PlacedText>> ProfileFiles::text(std::string_view profile, std::string_view key) const {
  const auto found = find(profile, key);
  if (!found) return std::nullopt;
  return placed(key, *found);
}

ipc::Result<std::optional<PlacedText>> ProfileFiles::placed(std::string_view key, const Found& found) const {
  std::string place = found.file->place(found.value->line);
  if (const ipc::Status one = check_one_line(*found.value, key, place); !one) return std::unexpected(one.error());
  return PlacedText{found.value->text, std::move(place)};
}

const ConfigSection* ProfileFiles::sso_session(std::string_view name) const {
  return config_.find(SectionKind::kSsoSession, name);
}

ipc::Result<PlacedText> ProfileFiles::session_text(std::string_view key, const ConfigValue& value) const {
  std::string place = config_.place(value.line);
  if (const ipc::Status one = check_one_line(value, key, place); !one) return std::unexpected(one.error());
  return PlacedText{value.text, std::move(place)};
}

const ConfigSection* ProfileFiles::own_section(std::string_view profile, AwsFileKind file) const {
  return (file == AwsFileKind::kCredentials ? credentials_ : config_).find(SectionKind::kProfile, profile);
}

bool ProfileFiles::has_key_id(std::string_view profile, AwsFileKind file) const {
  const ConfigSection* section = own_section(profile, file);
  return section && section->find(kKeyId);
}

bool ProfileFiles::has_token(std::string_view profile, AwsFileKind file) const {
  const ConfigSection* section = own_section(profile, file);
  if (!section) return false;
  return token_name(*section) != nullptr;
}

ipc::Result<BaseKey> ProfileFiles::base_key(std::string_view profile, AwsFileKind kind) const {
  const AwsConfigFile& file = kind == AwsFileKind::kCredentials ? credentials_ : config_;
  const ConfigSection* section = own_section(profile, kind);
  const ConfigValue* id = section ? section->find(kKeyId) : nullptr;
  if (!id) return ipc::fail(ipc::Fault::kSystem, "profile '" + std::string(profile) + "' has no access key");
  return read_key(profile, Found{&file, section, id});
}

ipc::Result<BaseKey> ProfileFiles::read_key(std::string_view profile, const Found& id) {
  const std::string place = id.file->place(id.value->line);
  if (const ipc::Status one = check_one_line(*id.value, kKeyId, place); !one) return std::unexpected(one.error());
  if (!is_access_key_id(id.value->text)) {
    const std::string_view fault = fault_of_key_text(id.value->text);
    return refuse(
        place + ": aws_access_key_id " + std::string(fault.empty() ? "is not made of letters and digits" : fault),
        "copy the access key id again, without quotes; a comment needs a line of its own");
  }
  BaseKey key{id.value->text, {}, {}};
  ipc::Result<ipc::SecretBuffer> secret = read_secret(*id.file, *id.section, kSecretKey);
  if (!secret) return std::unexpected(std::move(secret).error());
  if (secret->empty()) {
    return refuse(
        place + ": profile '" + std::string(profile) + "' has aws_access_key_id without aws_secret_access_key",
        "add aws_secret_access_key to the same section of the same file");
  }
  key.secret_access_key = std::move(*secret);
  const char* const name = token_name(*id.section);
  if (!name) return key;
  ipc::Result<ipc::SecretBuffer> token = read_secret(*id.file, *id.section, name);
  if (!token) return std::unexpected(std::move(token).error());
  key.session_token = std::move(*token);
  return key;
}

std::optional<PlacedValue> ProfileFiles::value(std::string_view profile, std::string_view key) const {
  const auto found = find(profile, key);
  if (!found || !found->value) return {};
  return PlacedValue{found->value, found->file->place(found->value->line)};
}

ipc::Result<const ConfigSection*> ProfileFiles::services(const PlacedText& name) const {
  const ConfigSection* const found = config_.find(SectionKind::kServices, name.text);
  if (found) return found;
  const std::string mended = mended_header("services", name.text);
  return refuse(name.place + ": there is no section [services " + name.text + "]" +
                    (mended.empty() ? "" : " that the AWS tools can read"),
                (mended.empty() ? "add it to " + config_.path() : mended) + ", or remove the line");
}

ipc::Result<std::optional<PlacedText>> ProfileFiles::service_text(const PlacedText& section, std::string_view service,
                                                                  std::string_view key) const {
  const auto there = services(section);
  if (!there) return std::unexpected(there.error());
  const ConfigSection* const found = *there;
  const ConfigValue* value = found->find(service);
  if (!value) return std::nullopt;
  const auto nested = value->nested.find(key);
  if (nested == value->nested.end()) return std::nullopt;
  return PlacedText{nested->second.text, config_.place(nested->second.line)};
}

std::vector<std::string> ProfileFiles::names() const {
  std::vector<std::string> names = credentials_.names(SectionKind::kProfile);
  for (std::string& other : config_.names(SectionKind::kProfile)) {
    if (!credentials_.find(SectionKind::kProfile, other)) names.push_back(std::move(other));
  }
  std::ranges::sort(names);
  return names;
}

ipc::Error ProfileFiles::missing(std::string_view profile, std::string_view place,
                                 std::vector<std::string> others) const {
  const std::string name(profile.substr(0, kNameShown));
  ipc::Error error{ipc::Fault::kConfig, "", "", 0};
  if (!place.empty()) error.what.append(place).append(": ");
  error.what += "there is no profile '" + name + "' in " + config_.path();
  if (!credentials_.path().empty()) error.what += " or " + credentials_.path();
  error.next_step = mended_header("profile", name);
  if (!error.next_step.empty()) return error;
  std::vector<std::string> names = this->names();
  names.insert(names.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  if (names.empty()) {
    error.next_step = "there are no profiles at all: run aws configure --profile " + name;
    return error;
  }
  error.next_step = "name one that exists:";
  const char* separator = " ";
  for (const std::string& near : nearest(std::move(names), profile)) {
    error.next_step += std::exchange(separator, ", ") + near;
  }
  return error;
}

std::vector<std::string> ProfileFiles::warnings() const {
  std::vector<std::string> all = credentials_.warnings();
  all.insert(all.end(), config_.warnings().begin(), config_.warnings().end());
  return all;
}

MaybeText setting_or_key(const ipc::Settings& settings, std::string_view variable, const ProfileFiles& files,
                         std::string_view profile, std::string_view key) {
  const std::string_view value = ipc::setting(settings, variable);
  if (!value.empty()) return PlacedText{std::string(value), std::string(variable)};
  return files.text(profile, key);
}

}  // namespace broker
