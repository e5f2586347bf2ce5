// The config and the credentials file together, as one profile sees them: a key in the credentials file stands before
// the same key in the config file, and what both lack is taken from the profiles that include_profile names, the
// nearest first. An access key is never included: half of one profile's key and half of another's are no key. Knows no
// roles and no regions.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: on the two files.   Owns: both files.
// Fails: kConfig with file:line.
// Source: botocore session.full_config (merge), SharedCredentialProvider before ConfigProvider (keys); aws-vault for
// include_profile, which botocore does not know.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "ipc/result.h"
#include "ipc/settings.h"
#include "profile/config_file.h"

namespace broker {

struct PlacedText {
  std::string text, place;  // place: file:line
};

struct PlacedValue {
  const ConfigValue* value;
  std::string place;
};

using MaybeText = ipc::Result<std::optional<PlacedText>>;

inline std::unexpected<ipc::Error> refuse_at(std::string_view place, std::string_view what,
                                             std::string_view next_step) {
  return ipc::fail(ipc::Fault::kConfig, std::string(place).append(": ").append(what), std::string(next_step));
}

class ProfileFiles {
 public:
  static ipc::Result<ProfileFiles> open(std::string config_path, std::string credentials_path);
  // Profiles that stand in another file than AWS's, and in none beside it.
  static ProfileFiles of_sections(std::string path, ConfigIndex sections);

  [[nodiscard]] bool has(std::string_view profile) const;
  [[nodiscard]] bool has(std::string_view profile, std::string_view key) const;
  // Where the profile or its key stands; the profile exists.
  [[nodiscard]] std::string place_of(std::string_view profile, std::string_view key = {}) const;
  // The key's one-line value; nothing when it is absent.
  [[nodiscard]] ipc::Result<std::optional<PlacedText>> text(std::string_view profile, std::string_view key) const;
  // The key as it stands there, with what is nested in it.
  [[nodiscard]] std::optional<PlacedValue> value(std::string_view profile, std::string_view key) const;
  // Whether the profile's own section of that file has an aws_access_key_id, which botocore takes for the whole key.
  [[nodiscard]] bool has_key_id(std::string_view profile, AwsFileKind file) const;
  // Whether that section has a session token beside it: the key is a temporary one.
  [[nodiscard]] bool has_token(std::string_view profile, AwsFileKind file) const;
  // That key, read and checked; it is there.
  [[nodiscard]] ipc::Result<BaseKey> base_key(std::string_view profile, AwsFileKind file) const;
  // Every include_profile from this one on names a profile, and none a second time.
  [[nodiscard]] ipc::Status check_includes(std::string_view profile) const;
  // The section [services NAME] of the config file; an error when it is absent.
  [[nodiscard]] ipc::Result<const ConfigSection*> services(const PlacedText& name) const;
  // A nested value of a [services NAME] section; nothing when it is absent, an error when the section is.
  [[nodiscard]] ipc::Result<std::optional<PlacedText>> service_text(const PlacedText& section, std::string_view service,
                                                                    std::string_view key) const;
  // The section [sso-session NAME] of the config file; null when there is none.
  [[nodiscard]] const ConfigSection* sso_session(std::string_view name) const;
  // A one-line value of such a section.
  [[nodiscard]] ipc::Result<PlacedText> session_text(std::string_view key, const ConfigValue& value) const;
  // What to write where the config file has that section, and its header is written so that the AWS tools pass over it;
  // else empty.
  [[nodiscard]] std::string mended_header(std::string_view word, const std::string& name) const;
  // Every profile of both files, each once, in alphabetical order.
  [[nodiscard]] std::vector<std::string> names() const;
  // "no profile X", with the names that come nearest; `others` beside those of the files.
  [[nodiscard]] ipc::Error missing(std::string_view profile, std::string_view place,
                                   std::vector<std::string> others = {}) const;
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  struct Found {
    const AwsConfigFile* file;
    const ConfigSection* section;
    const ConfigValue* value;
  };
  ProfileFiles(AwsConfigFile config, AwsConfigFile credentials)
      : config_(std::move(config)), credentials_(std::move(credentials)) {}
  [[nodiscard]] const ConfigSection* own_section(std::string_view profile, AwsFileKind file) const;
  [[nodiscard]] std::optional<Found> find_own(std::string_view profile, std::string_view key) const;
  [[nodiscard]] std::optional<Found> find(std::string_view profile, std::string_view key) const;
  [[nodiscard]] ipc::Result<std::optional<PlacedText>> placed(std::string_view key, const Found& found) const;
  static ipc::Result<BaseKey> read_key(std::string_view profile, const Found& id);

  AwsConfigFile config_, credentials_;
};

// The variable where it is set, else the profile's key; the place is the variable's name, or file:line.
[[nodiscard]] MaybeText setting_or_key(const ipc::Settings& settings, std::string_view variable,
                                       const ProfileFiles& files, std::string_view profile, std::string_view key);

}  // namespace broker
