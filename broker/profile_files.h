// The config and the credentials file together, as one profile sees them: a key in the credentials file stands before
// the same key in the config file. Knows no roles and no regions.
//
// Runs in: broker, at the start.   Blocks: on the two files.   Owns: both files.
// Fails: kConfig with file:line.
// Source: botocore session.full_config (merge), SharedCredentialProvider before ConfigProvider (keys).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws_config_file.h"
#include "credentials.h"
#include "ipc/result.h"

namespace broker {

struct PlacedText {
  std::string text, place;  // place: file:line
};

class ProfileFiles {
 public:
  static ipc::Result<ProfileFiles> open(std::string config_path, std::string credentials_path);

  [[nodiscard]] bool has(std::string_view profile) const;
  [[nodiscard]] bool has(std::string_view profile, std::string_view key) const;
  // Where the profile or its key stands; the profile exists.
  [[nodiscard]] std::string place_of(std::string_view profile, std::string_view key = {}) const;
  // The key's one-line value; nothing when it is absent.
  [[nodiscard]] ipc::Result<std::optional<PlacedText>> text(std::string_view profile, std::string_view key) const;
  // The profile's own access key; a profile without one is refused.
  [[nodiscard]] ipc::Result<BaseKey> base_key(std::string_view profile) const;
  // A nested value of a [services NAME] section; nothing when it is absent, an error when the section is.
  [[nodiscard]] ipc::Result<std::optional<PlacedText>> service_text(const PlacedText& section, std::string_view service,
                                                                    std::string_view key) const;
  // "no profile X", with the names that come nearest.
  [[nodiscard]] ipc::Error missing(std::string_view profile, std::string_view place) const;
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  struct Found {
    const AwsConfigFile* file;
    const ConfigSection* section;
    const ConfigValue* value;
  };
  ProfileFiles(AwsConfigFile config, AwsConfigFile credentials)
      : config_(std::move(config)), credentials_(std::move(credentials)) {}
  [[nodiscard]] std::optional<Found> find(std::string_view profile, std::string_view key) const;
  static ipc::Result<BaseKey> read_key(std::string_view profile, const Found& id);

  AwsConfigFile config_, credentials_;
};

}  // namespace broker
