// Finds the endpoint that each AWS service has for a profile: the one that the variables, the [services X] section or
// the profile name, else the region's, in the variant that they ask for.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with the variable's name or file:line.
// Source: botocore configprovider.py (ConfiguredEndpointProvider), args.py; the endpoint rule sets for what excludes
// what.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "ipc/result.h"
#include "ipc/settings.h"
#include "profile/files.h"

namespace broker {

class ProfileEndpoints {
 public:
  // `profile` is the one that was asked for: its settings hold for the whole chain. All three outlive this.
  static ipc::Result<ProfileEndpoints> read(const ProfileFiles& files, const ipc::Settings& settings,
                                            std::string_view profile);

  // `service` is iam or one of aws/endpoint_services.def; `region` may be empty for sts and iam.
  [[nodiscard]] ipc::Result<AwsEndpoint> of(std::string_view service, std::string_view region) const;
  // The one that a variable names, and no file, for what gets keys as they are; its URL is empty where none does.
  [[nodiscard]] ipc::Result<AwsEndpoint> of_variable(std::string_view service) const;

 private:
  ProfileEndpoints(const ProfileFiles& files, const ipc::Settings& settings, std::string_view profile)
      : files_(&files), settings_(&settings), profile_(profile) {}
  ipc::Status read_flags();
  ipc::Status read_sts_kind();
  [[nodiscard]] ipc::Result<bool> flag(std::string_view variable, std::string_view key, std::string* place);
  [[nodiscard]] std::optional<PlacedText> by_variable(std::string_view service) const;
  [[nodiscard]] MaybeText configured(std::string_view service) const;
  [[nodiscard]] ipc::Result<AwsEndpoint> given(const PlacedText& url, std::string_view region) const;

  const ProfileFiles* files_;
  const ipc::Settings* settings_;
  std::string_view profile_;
  bool ignores_configured_ = false;
  EndpointVariant variant_{};
  std::string variant_place_;  // where the variant is asked for
  StsEndpoints sts_ = StsEndpoints::kRegional;
};

}  // namespace broker
