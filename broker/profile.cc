#include "profile.h"

#include <algorithm>
#include <optional>

#include "profile_chain.h"
#include "profile_files.h"

namespace broker {
namespace {

using MaybeText = ipc::Result<std::optional<PlacedText>>;

std::unexpected<ipc::Error> refuse(std::string what, std::string_view next_step) {
  return ipc::fail(ipc::Fault::kConfig, std::move(what), std::string(next_step));
}

ipc::Result<std::string> absolute_path(std::string_view path, std::string_view home, std::string_view place) {
  if (path.starts_with("~/")) {
    if (home.empty()) return refuse(std::string(place) + ": '~' needs a home folder", "give an absolute path");
    return std::string(home) + std::string(path.substr(1));
  }
  if (path.starts_with('/')) return std::string(path);
  return refuse(std::string(place) + ": '" + std::string(path) + "' is not an absolute path", "give an absolute path");
}

ipc::Result<std::string> aws_file(const ipc::Settings& settings, std::string_view home, std::string_view variable,
                                  std::string_view fallback) {
  const std::string_view given = ipc::setting(settings, variable);
  return absolute_path(given.empty() ? fallback : given, home, variable);
}

// true or false; nothing where the key is absent.
ipc::Result<std::optional<bool>> parse_flag(const std::optional<PlacedText>& text) {
  if (!text || text->text.empty()) return std::nullopt;
  std::string lower = text->text;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "true") return true;
  if (lower == "false") return false;
  return refuse(text->place + ": the value is neither true nor false", "write true or false");
}

class Resolver {
 public:
  Resolver(const ProfileFiles& files, const ipc::Settings& settings, std::string_view home)
      : files_(files), settings_(settings), home_(home) {}

  ipc::Result<ResolvedProfile> resolve(std::string_view name, std::string_view region_flag);

 private:
  ipc::Status take_chain();
  ipc::Status take_base();
  ipc::Status take_region(std::string_view flag);
  ipc::Status set_region(std::string_view region, std::string_view place);
  ipc::Status check_global() const;
  ipc::Status take_endpoints();
  ipc::Status refuse_variants() const;
  ipc::Result<bool> ignores_endpoints() const;
  MaybeText endpoint_text(std::string_view service) const;
  MaybeText setting_text(std::string_view variable) const;
  ipc::Result<AwsEndpoint> endpoint(std::string_view service, bool ignore) const;
  ipc::Result<StsEndpoints> sts_kind() const;
  ipc::Status take_ca_bundle();

  const ProfileFiles& files_;
  const ipc::Settings& settings_;
  std::string_view home_;
  std::vector<std::string> visited_;  // from the named profile to the base
  ResolvedProfile out_;
};

ipc::Status Resolver::take_chain() {
  ipc::Result<ProfileChain> chain = walk_chain(files_, out_.name);
  if (!chain) return std::unexpected(std::move(chain).error());
  visited_ = std::move(chain->visited);
  out_.base_profile = visited_.back();
  out_.chain = std::move(chain->roles);
  out_.warnings.insert(out_.warnings.end(), chain->warnings.begin(), chain->warnings.end());
  return {};
}

ipc::Status Resolver::take_base() {
  ipc::Result<BaseKey> key = files_.base_key(out_.base_profile);
  if (!key) return std::unexpected(std::move(key).error());
  out_.base = StaticKeyPlan{std::move(*key), files_.place_of(out_.base_profile, "aws_access_key_id")};
  return {};
}

ipc::Status Resolver::set_region(std::string_view region, std::string_view place) {
  if (const ipc::Status valid = check_region(region, place); !valid) return valid;
  out_.region = region;
  return {};
}

// Without a region STS means the global endpoint, and that one knows the public cloud alone.
ipc::Status Resolver::check_global() const {
  for (const RoleStep& role : out_.chain) {
    if (role.role_arn.starts_with("arn:aws:")) continue;
    return refuse(files_.place_of(role.profile, "role_arn") + ": no region is known, and the role of profile '" +
                      role.profile + "' is outside the public AWS partition",
                  "give --region, set AWS_REGION, or add region to the profile");
  }
  return {};
}

ipc::Status Resolver::take_region(std::string_view flag) {
  if (!flag.empty()) return set_region(flag, "--region");
  for (const std::string_view variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    const std::string_view value = ipc::setting(settings_, variable);
    if (!value.empty()) return set_region(value, variable);
  }
  for (const std::string& profile : visited_) {
    const MaybeText region = files_.text(profile, "region");
    if (!region) return std::unexpected(region.error());
    if (*region && !(*region)->text.empty()) return set_region((*region)->text, (*region)->place);
  }
  return check_global();
}

MaybeText Resolver::setting_text(std::string_view variable) const {
  const std::string_view value = ipc::setting(settings_, variable);
  if (value.empty()) return std::nullopt;
  return PlacedText{std::string(value), std::string(variable)};
}

ipc::Result<bool> Resolver::ignores_endpoints() const {
  MaybeText text = setting_text("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  if (text && !*text) text = files_.text(out_.name, "ignore_configured_endpoint_urls");
  if (!text) return std::unexpected(text.error());
  const auto flag = parse_flag(*text);
  if (!flag) return std::unexpected(flag.error());
  return flag->value_or(false);
}

// In botocore's order: the service's variable, the common one, the services section, the profile.
MaybeText Resolver::endpoint_text(std::string_view service) const {
  std::string_view variable = "AWS_ENDPOINT_URL_STS";
  if (service == "ssm") variable = "AWS_ENDPOINT_URL_SSM";
  if (service == "kms") variable = "AWS_ENDPOINT_URL_KMS";
  if (service == "dynamodb") variable = "AWS_ENDPOINT_URL_DYNAMODB";
  const MaybeText own = setting_text(variable);
  if (*own) return own;
  const MaybeText common = setting_text("AWS_ENDPOINT_URL");
  if (*common) return common;
  const MaybeText services = files_.text(out_.name, "services");
  if (!services) return services;
  if (*services) {
    const MaybeText nested = files_.service_text(**services, service, "endpoint_url");
    if (!nested || (*nested && !(*nested)->text.empty())) return nested;
  }
  return files_.text(out_.name, "endpoint_url");
}

ipc::Result<StsEndpoints> Resolver::sts_kind() const {
  const MaybeText text = files_.text(out_.name, "sts_regional_endpoints");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->text == "regional") return StsEndpoints::kRegional;
  if ((*text)->text == "legacy") return StsEndpoints::kLegacy;
  return refuse((*text)->place + ": sts_regional_endpoints is neither regional nor legacy", "write regional or legacy");
}

ipc::Result<AwsEndpoint> Resolver::endpoint(std::string_view service, bool ignore) const {
  const MaybeText text = ignore ? MaybeText(std::nullopt) : endpoint_text(service);
  if (!text) return std::unexpected(text.error());
  if (*text && !(*text)->text.empty()) {
    ipc::Result<AwsEndpoint> given = parse_endpoint((*text)->text, (*text)->place);
    if (given) given->signing_region = out_.region.empty() ? "us-east-1" : out_.region;
    return given;
  }
  if (service != "sts") return regional_endpoint(service, out_.region);
  const ipc::Result<StsEndpoints> kind = sts_kind();
  if (!kind) return std::unexpected(kind.error());
  return sts_endpoint(out_.region, *kind);
}

ipc::Status Resolver::refuse_variants() const {
  for (const std::string_view key : {"use_fips_endpoint", "use_dualstack_endpoint"}) {
    const MaybeText text = files_.text(out_.name, key);
    if (!text) return std::unexpected(text.error());
    const auto flag = parse_flag(*text);
    if (!flag) return std::unexpected(flag.error());
    if (!flag->value_or(false)) continue;
    return refuse(
        (*text)->place + ": " + std::string(key) + " is not supported yet",
        "give the endpoints with endpoint_url or AWS_ENDPOINT_URL_STS, _SSM, _KMS and _DYNAMODB, and remove the "
        "line");
  }
  return {};
}

ipc::Status Resolver::take_endpoints() {
  if (const ipc::Status plain = refuse_variants(); !plain) return plain;
  const ipc::Result<bool> ignore = ignores_endpoints();
  if (!ignore) return std::unexpected(ignore.error());
  ipc::Result<AwsEndpoint> sts = endpoint("sts", *ignore);
  if (!sts) return std::unexpected(std::move(sts).error());
  out_.sts = std::move(*sts);
  if (out_.region.empty()) return {};  // require_ssm() says what to do, if SSM is wanted at all
  ipc::Result<AwsEndpoint> ssm = endpoint("ssm", *ignore);
  if (!ssm) return std::unexpected(std::move(ssm).error());
  out_.ssm = std::move(*ssm);
  ipc::Result<AwsEndpoint> kms = endpoint("kms", *ignore);
  if (!kms) return std::unexpected(std::move(kms).error());
  out_.kms = std::move(*kms);
  ipc::Result<AwsEndpoint> dynamodb = endpoint("dynamodb", *ignore);
  if (!dynamodb) return std::unexpected(std::move(dynamodb).error());
  out_.dynamodb = std::move(*dynamodb);
  return {};
}

ipc::Status Resolver::take_ca_bundle() {
  MaybeText text = setting_text("AWS_CA_BUNDLE");
  if (text && !*text) text = files_.text(out_.name, "ca_bundle");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->text.empty()) return {};
  ipc::Result<std::string> path = absolute_path((*text)->text, home_, (*text)->place);
  if (!path) return std::unexpected(std::move(path).error());
  out_.ca_bundle = std::move(*path);
  return {};
}

ipc::Result<ResolvedProfile> Resolver::resolve(std::string_view name, std::string_view region_flag) {
  if (!files_.has(name)) return std::unexpected(files_.missing(name, {}));
  out_.name = name;
  out_.warnings = files_.warnings();
  ipc::Status status = take_chain();
  if (status) status = take_region(region_flag);
  if (status) status = take_endpoints();
  if (status) status = take_ca_bundle();
  if (status) status = take_base();  // the secret last: a profile that is refused never has it read
  if (!status) return std::unexpected(std::move(status).error());
  return std::move(out_);
}

}  // namespace

ipc::Result<ProfilePaths> profile_paths(const ipc::Settings& settings, std::string_view home) {
  ipc::Result<std::string> config = aws_file(settings, home, "AWS_CONFIG_FILE", "~/.aws/config");
  if (!config) return std::unexpected(std::move(config).error());
  ipc::Result<std::string> credentials = aws_file(settings, home, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
  if (!credentials) return std::unexpected(std::move(credentials).error());
  return ProfilePaths{std::move(*config), std::move(*credentials)};
}

ipc::Result<ResolvedProfile> resolve_profile(std::string_view name, const ipc::Settings& settings,
                                             std::string_view home, std::string_view region_flag) {
  if (name.empty()) return ipc::fail(ipc::Fault::kUsage, "no profile is named", "give --profile NAME");
  ipc::Result<ProfilePaths> paths = profile_paths(settings, home);
  if (!paths) return std::unexpected(std::move(paths).error());
  const ipc::Result<ProfileFiles> files = ProfileFiles::open(std::move(paths->config), std::move(paths->credentials));
  if (!files) return std::unexpected(files.error());
  return Resolver(*files, settings, home).resolve(name, region_flag);
}

ipc::Result<AwsEndpoint> require_ssm(const ResolvedProfile& profile) {
  if (!profile.ssm.url.empty()) return profile.ssm;
  return ipc::fail(ipc::Fault::kConfig, "profile '" + profile.name + "' has no region, and SSM needs one",
                   "give --region, set AWS_REGION, or add region to the profile");
}

ipc::Result<AwsEndpoint> require_kms(const ResolvedProfile& profile) {
  if (!profile.kms.url.empty()) return profile.kms;
  return ipc::fail(ipc::Fault::kConfig, "profile '" + profile.name + "' has no region, and KMS needs one",
                   "give --region, set AWS_REGION, or add region to the profile");
}

ipc::Result<AwsEndpoint> require_dynamodb(const ResolvedProfile& profile) {
  if (!profile.dynamodb.url.empty()) return profile.dynamodb;
  return ipc::fail(ipc::Fault::kConfig, "profile '" + profile.name + "' has no region, and a session table needs one",
                   "give --region, set AWS_REGION, or add region to the profile");
}

}  // namespace broker
