#include "profile.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "profile_chain.h"
#include "profile_files.h"
#include "profile_mfa.h"
#include "profile_source.h"

namespace broker {
namespace {

std::unexpected<ipc::Error> refuse(std::string what, std::string_view next_step) {
  return ipc::fail(ipc::Fault::kConfig, std::move(what), std::string(next_step));
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
  Resolver(const ProfileFiles& files, const ipc::Settings& settings, std::string_view home,
           const ProfileOptions& options)
      : files_(files), settings_(settings), home_(home), options_(options) {}

  ipc::Result<ResolvedProfile> resolve(std::string_view name, std::string_view region_flag);

 private:
  ipc::Status check_exists() const;
  ipc::Status refuse_own_source() const;
  ipc::Status take_chain();
  ipc::Result<BasePlan> find_source() const;
  ipc::Result<BasePlan> find_elsewhere(const SourcePlace& at) const;
  ipc::Status take_source();
  ipc::Status take_secret();
  ipc::Status take_region(std::string_view flag);
  ipc::Status set_region(std::string_view region, std::string_view place);
  ipc::Status check_global() const;
  ipc::Status take_endpoints();
  ipc::Status refuse_variants() const;
  ipc::Result<bool> ignores_endpoints() const;
  MaybeText endpoint_text(std::string_view service) const;
  MaybeText setting_text(std::string_view variable) const;
  ipc::Result<AwsEndpoint> endpoint(std::string_view service, std::string_view region, bool ignore) const;
  ipc::Status take_sso_endpoints(bool ignore);
  ipc::Result<StsEndpoints> sts_kind() const;
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
  return std::unexpected(files_.missing(out_.name, {}));
}

// --env-keys is for a profile that says nothing of its own: else two would decide whose keys they are.
ipc::Status Resolver::refuse_own_source() const {
  if (!options_.environment_keys) return {};
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
  out_.chain = chain_.roles;
  return {};
}

// Where none of botocore's sources is there.
ipc::Result<BasePlan> Resolver::find_elsewhere(const SourcePlace& at) const {
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
  const SourcePlace at{files_, settings_, home_, out_.name};
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
  std::string variable = "AWS_ENDPOINT_URL_";
  std::ranges::transform(service, std::back_inserter(variable),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
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

ipc::Result<AwsEndpoint> Resolver::endpoint(std::string_view service, std::string_view region, bool ignore) const {
  const MaybeText text = ignore ? MaybeText(std::nullopt) : endpoint_text(service);
  if (!text) return std::unexpected(text.error());
  if (*text && !(*text)->text.empty()) {
    ipc::Result<AwsEndpoint> given = parse_endpoint((*text)->text, (*text)->place);
    if (given) given->signing_region = region.empty() ? "us-east-1" : region;
    return given;
  }
  if (service != "sts") return regional_endpoint(service, region);
  const ipc::Result<StsEndpoints> kind = sts_kind();
  if (!kind) return std::unexpected(kind.error());
  return sts_endpoint(region, *kind);
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

ipc::Status Resolver::take_sso_endpoints(bool ignore) {
  auto* const plan = std::get_if<SsoPlan>(&out_.base);
  if (!plan) return {};
  ipc::Result<AwsEndpoint> oidc = endpoint("sso_oidc", plan->region, ignore);
  if (!oidc) return std::unexpected(std::move(oidc).error());
  plan->oidc = std::move(*oidc);
  ipc::Result<AwsEndpoint> portal = endpoint("sso", plan->region, ignore);
  if (!portal) return std::unexpected(std::move(portal).error());
  plan->portal = std::move(*portal);
  return {};
}

ipc::Status Resolver::take_endpoints() {
  if (const ipc::Status plain = refuse_variants(); !plain) return plain;
  const ipc::Result<bool> ignore = ignores_endpoints();
  if (!ignore) return std::unexpected(ignore.error());
  ipc::Result<AwsEndpoint> sts = endpoint("sts", out_.region, *ignore);
  if (!sts) return std::unexpected(std::move(sts).error());
  out_.sts = std::move(*sts);
  if (ipc::Status sso = take_sso_endpoints(*ignore); !sso) return sso;
  if (out_.region.empty()) return {};  // require_ssm() says what to do, if SSM is wanted at all
  ipc::Result<AwsEndpoint> ssm = endpoint("ssm", out_.region, *ignore);
  if (!ssm) return std::unexpected(std::move(ssm).error());
  out_.ssm = std::move(*ssm);
  ipc::Result<AwsEndpoint> kms = endpoint("kms", out_.region, *ignore);
  if (!kms) return std::unexpected(std::move(kms).error());
  out_.kms = std::move(*kms);
  ipc::Result<AwsEndpoint> dynamodb = endpoint("dynamodb", out_.region, *ignore);
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
