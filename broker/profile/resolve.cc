#include "profile/resolve.h"

#include <algorithm>
#include <optional>

#include "profile/absolute_path.h"
#include "profile/chain.h"
#include "profile/command_settings.h"
#include "profile/endpoints.h"
#include "profile/files.h"
#include "profile/mfa.h"
#include "profile/own_source.h"
#include "text/ascii.h"

namespace broker {
namespace {

ipc::Result<std::string> aws_file(const ipc::Settings& settings, std::string_view home, std::string_view variable,
                                  std::string_view fallback) {
  const std::string_view given = ipc::setting(settings, variable);
  return absolute_path(given.empty() ? fallback : given, home, variable);
}

class Resolver {
 public:
  Resolver(const ProfileFiles& files, const ipc::Settings& settings, std::string_view home,
           const ProfileOptions& options)
      : files_(files), settings_(settings), home_(home), options_(options) {}

  ipc::Result<ResolvedProfile> resolve(std::string_view name, std::string_view region_flag);

 private:
  ipc::Status check_exists() const;
  ipc::Status refuse_own_source() const;
  ipc::Status take_chain();
  ipc::Result<BasePlan> find_source() const;
  ipc::Result<BasePlan> find_elsewhere(const ProfileContext& at) const;
  ipc::Status take_source();
  ipc::Status take_secret();
  ipc::Status take_region(std::string_view flag);
  ipc::Status set_region(std::string_view region, std::string_view place);
  ipc::Status check_global() const;
  ipc::Status take_endpoints();
  ipc::Status take_ca_bundle();

  const ProfileFiles& files_;
  const ipc::Settings& settings_;
  std::string_view home_;
  const ProfileOptions& options_;
  ProfileChain chain_;
  ResolvedProfile out_;
};

ipc::Status Resolver::check_exists() const {
  if (files_.has(out_.name) || options_.environment_keys) return {};
  if (options_.stored && options_.stored(out_.name)) return {};
  return std::unexpected(
      files_.missing(out_.name, {}, options_.stored_names ? options_.stored_names() : std::vector<std::string>()));
}

// --env-keys is for a profile that says nothing of its own: else two would decide whose keys they are.
ipc::Status Resolver::refuse_own_source() const {
  if (!options_.environment_keys || options_.regions_alone) return {};
  const std::string place = place_of_source(files_, out_.name);
  if (place.empty()) return {};
  return refuse_at(place, "profile '" + out_.name + "' has a role or a source of its own, and --env-keys is given",
                   "leave --env-keys out; a role that the environment's key is to assume wants credential_source = "
                   "Environment");
}

ipc::Status Resolver::take_chain() {
  if (ipc::Status plain = refuse_own_source(); !plain) return plain;
  ipc::Result<ProfileChain> chain = walk_chain(files_, out_.name, options_.stored);
  if (!chain) return std::unexpected(std::move(chain).error());
  chain_ = std::move(*chain);
  out_.base_profile = chain_.visited.back();
  if (!options_.regions_alone) out_.chain = chain_.roles;
  return {};
}

// Where none of botocore's sources is there.
ipc::Result<BasePlan> Resolver::find_elsewhere(const ProfileContext& at) const {
  const std::string& base = out_.base_profile;
  const MaybeText named = files_.text(base, "credential_source");
  if (!named) return std::unexpected(named.error());
  if (*named && !files_.has(base, "role_arn")) return named_source(at, base, **named);
  const std::string shown = "profile '" + base + "'";
  if (files_.has(base, "aws_secret_access_key")) {
    return refuse_at(files_.place_of(base, "aws_secret_access_key"),
                     shown + " has aws_secret_access_key without aws_access_key_id",
                     "add aws_access_key_id to the same section");
  }
  if (files_.has(base, "source_profile") && !files_.has(base, "role_arn")) {
    return refuse_at(files_.place_of(base, "source_profile"), shown + " names a source_profile but no role_arn",
                     "add role_arn, or name the source profile itself");
  }
  const bool in_store = options_.stored && options_.stored(base);
  for (const std::string_view key : {"sso_session", "sso_start_url"}) {
    if (in_store || !files_.has(base, key)) continue;
    return refuse_at(files_.place_of(base, key),
                     shown + " has " + std::string(key) + " without sso_account_id and sso_role_name",
                     "run aws configure sso --profile " + base + ", or add both");
  }
  if (!options_.stored || in_store) return StoredKeyPlan{base};
  return refuse_at(
      files_.place_of(base), shown + " has neither an access key nor a role_arn",
      "run sentinel keys add " + base + " or aws configure --profile " + base + ", or name another profile");
}

ipc::Result<BasePlan> Resolver::find_source() const {
  if (options_.environment_keys) return EnvironmentKeyPlan{"--env-keys"};
  const ProfileContext at{files_, settings_, home_, out_.name};
  const std::string& base = out_.base_profile;
  if (chain_.credential_source) return named_source(at, base, *chain_.credential_source);
  ipc::Result<std::optional<BasePlan>> own = own_source(at, base);
  if (!own) return std::unexpected(std::move(own).error());
  return *own ? ipc::Result<BasePlan>(std::move(**own)) : find_elsewhere(at);
}

ipc::Status Resolver::take_source() {
  ipc::Result<BasePlan> plan = find_source();
  if (!plan) return std::unexpected(std::move(plan).error());
  out_.base = std::move(*plan);
  const bool token = std::holds_alternative<StaticKeyPlan>(out_.base) &&
                     files_.has_token(out_.base_profile, key_file(files_, out_.base_profile));
  const bool temporary = token || source_row(kind_of(out_.base)).life == SourceLife::Temporary;
  auto mfa = plan_mfa(files_, chain_, temporary);
  if (!mfa) return std::unexpected(std::move(mfa).error());
  out_.mfa = std::move(*mfa);
  return {};
}

ipc::Status Resolver::take_secret() {
  auto* const own = std::get_if<StaticKeyPlan>(&out_.base);
  if (!own) return {};
  ipc::Result<BaseKey> key = files_.base_key(out_.base_profile, key_file(files_, out_.base_profile));
  if (!key) return std::unexpected(std::move(key).error());
  own->key = std::move(*key);
  return {};
}

ipc::Status Resolver::set_region(std::string_view region, std::string_view place) {
  if (const ipc::Status valid = check_region(region, place); !valid) return valid;
  out_.region = region;
  return {};
}

// Without a region STS means the global endpoint, and that one knows the public cloud alone.
ipc::Status Resolver::check_global() const {
  const auto refuse_role = [this](const std::string& profile) {
    return refuse_at(
        files_.place_of(profile, "role_arn"),
        "no region is known, and the role of profile '" + profile + "' is outside the public AWS partition",
        "give --region, set AWS_REGION, or add region to the profile");
  };
  const auto is_public = [](const std::string& role_arn) { return role_arn.starts_with("arn:aws:"); };
  const auto* token = std::get_if<WebIdentityPlan>(&out_.base);
  if (token && !is_public(token->role_arn)) return refuse_role(token->profile);
  for (const RoleStep& role : out_.chain) {
    if (!is_public(role.role_arn)) return refuse_role(role.profile);
  }
  return {};
}

ipc::Status Resolver::take_region(std::string_view flag) {
  if (!flag.empty()) return set_region(flag, "--region");
  for (const std::string_view variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    const std::string_view value = ipc::setting(settings_, variable);
    if (!value.empty()) return set_region(value, variable);
  }
  for (const std::string& profile : chain_.visited) {
    const MaybeText region = files_.text(profile, "region");
    if (!region) return std::unexpected(region.error());
    if (*region && !(*region)->text.empty()) return set_region((*region)->text, (*region)->place);
  }
  return check_global();
}

ipc::Status Resolver::take_endpoints() {
  const ipc::Result<ProfileEndpoints> endpoints = ProfileEndpoints::read(files_, settings_, out_.name);
  if (!endpoints) return std::unexpected(endpoints.error());
  const auto take = [&](std::string_view service, std::string_view region, AwsEndpoint& out) -> ipc::Status {
    ipc::Result<AwsEndpoint> endpoint = endpoints->of(service, region);
    if (!endpoint) return std::unexpected(std::move(endpoint).error());
    out = std::move(*endpoint);
    return {};
  };
  ipc::Status status = take("sts", out_.region, out_.sts);
  if (status) status = take("iam", out_.region, out_.iam);
  if (auto* const sso = std::get_if<SsoPlan>(&out_.base); sso && status) {
    status = take("sso_oidc", sso->region, sso->oidc);
    if (status) status = take("sso", sso->region, sso->portal);
  }
  if (auto* const login = std::get_if<LoginPlan>(&out_.base); login && status) {
    status = out_.region.empty() ? refuse_at(login->place,
                                             "profile '" + out_.base_profile +
                                                 "' uses aws login, which has an endpoint in each region, "
                                                 "and no region is known",
                                             "give --region, set AWS_REGION, or add region to the profile")
                                 : take("signin", out_.region, login->sign_in);
  }
  if (out_.region.empty()) return status;  // require_ssm() says what to do, if SSM is wanted at all
  if (status) status = take("ssm", out_.region, out_.ssm);
  if (status) status = take("kms", out_.region, out_.kms);
  if (status) status = take("dynamodb", out_.region, out_.dynamodb);
  return status;
}

ipc::Status Resolver::take_ca_bundle() {
  const MaybeText text = setting_or_key(settings_, "AWS_CA_BUNDLE", files_, out_.name, "ca_bundle");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->text.empty()) return {};
  ipc::Result<std::string> path = absolute_path((*text)->text, home_, (*text)->place);
  if (!path) return std::unexpected(std::move(path).error());
  out_.ca_bundle = std::move(*path);
  return {};
}

ipc::Result<ResolvedProfile> Resolver::resolve(std::string_view name, std::string_view region_flag) {
  out_.name = name;
  out_.warnings = files_.warnings();
  ipc::Status status = check_exists();
  if (status) status = take_chain();
  if (status) status = take_source();
  if (status) status = take_region(region_flag);
  if (status) status = take_endpoints();
  if (status) status = take_ca_bundle();
  if (status) status = take_secret();  // last: a profile that is refused never has it read
  if (!status) return std::unexpected(std::move(status).error());
  out_.command = command_settings(files_, out_.name);
  return std::move(out_);
}

// Of a service whose answers judge the run. What the command may write does not say who judges it: an AWS file is the
// user's, a variable is of the environment that started the run.
ipc::Result<AwsEndpoint> require_judge(const ResolvedProfile& profile, const AwsEndpoint& endpoint,
                                       std::string_view what, std::string_view service) {
  if (named_by_file(endpoint)) {
    return ipc::fail(ipc::Fault::kConfig,
                     endpoint.named_by + " names an endpoint for " + std::string(what) +
                         ", and what judges a run is not asked where a file says that the command may write",
                     "take it out, or set AWS_ENDPOINT_URL_" + uppered(service) + " where the run is started");
  }
  if (!endpoint.url.empty()) return endpoint;
  return ipc::fail(ipc::Fault::kConfig,
                   "profile '" + profile.name + "' has no region, and " + std::string(what) + " needs one",
                   "give --region, set AWS_REGION, or add region to the profile");
}

}  // namespace

ipc::Result<ProfilePaths> profile_paths(const ipc::Settings& settings, std::string_view home) {
  ipc::Result<std::string> config = aws_file(settings, home, "AWS_CONFIG_FILE", "~/.aws/config");
  if (!config) return std::unexpected(std::move(config).error());
  ipc::Result<std::string> credentials = aws_file(settings, home, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
  if (!credentials) return std::unexpected(std::move(credentials).error());
  return ProfilePaths{std::move(*config), std::move(*credentials)};
}

ipc::Result<ResolvedProfile> resolve_profile(const ProfileFiles& files, std::string_view name,
                                             const ipc::Settings& settings, std::string_view home,
                                             std::string_view region_flag, const ProfileOptions& options) {
  if (name.empty()) return ipc::fail(ipc::Fault::kUsage, "no profile is named", "give --profile NAME");
  return Resolver(files, settings, home, options).resolve(name, region_flag);
}

ipc::Result<ResolvedProfile> resolve_profile(std::string_view name, const ipc::Settings& settings,
                                             std::string_view home, std::string_view region_flag,
                                             const ProfileOptions& options) {
  if (name.empty()) return ipc::fail(ipc::Fault::kUsage, "no profile is named", "give --profile NAME");
  ipc::Result<ProfilePaths> paths = profile_paths(settings, home);
  if (!paths) return std::unexpected(std::move(paths).error());
  const ipc::Result<ProfileFiles> files = ProfileFiles::open(std::move(paths->config), std::move(paths->credentials));
  if (!files) return std::unexpected(files.error());
  return resolve_profile(*files, name, settings, home, region_flag, options);
}

ipc::Result<AwsEndpoint> require_ssm(const ResolvedProfile& profile) {
  return require_judge(profile, profile.ssm, "SSM", "ssm");
}

ipc::Result<AwsEndpoint> require_kms(const ResolvedProfile& profile) {
  return require_judge(profile, profile.kms, "KMS", "kms");
}

ipc::Result<AwsEndpoint> require_dynamodb(const ResolvedProfile& profile) {
  return require_judge(profile, profile.dynamodb, "a session table", "dynamodb");
}

}  // namespace broker
