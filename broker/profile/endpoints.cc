#include "profile/endpoints.h"

#include <utility>

#include "text/ascii.h"

namespace broker {

ipc::Result<ProfileEndpoints> ProfileEndpoints::read(const ProfileFiles& files, const ipc::Settings& settings,
                                                     std::string_view profile) {
  ProfileEndpoints endpoints(files, settings, profile);
  ipc::Status status = endpoints.read_flags();
  if (status) status = endpoints.read_sts_kind();
  if (!status) return std::unexpected(std::move(status).error());
  return endpoints;
}

// Absent and empty are false. `place` is told where a true one stands.
ipc::Result<bool> ProfileEndpoints::flag(std::string_view variable, std::string_view key, std::string* place) {
  const MaybeText text = setting_or_key(*settings_, variable, *files_, profile_, key);
  if (!text) return std::unexpected(text.error());
  const std::string word = *text ? lowered((*text)->text) : "";
  if (word == "true" && place) *place = (*text)->place;
  if (word == "true" || word == "false" || word.empty()) return word == "true";
  return refuse_at((*text)->place, "the value is neither true nor false", "write true or false");
}

ipc::Status ProfileEndpoints::read_flags() {
  const auto ignores = flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", nullptr);
  if (!ignores) return std::unexpected(ignores.error());
  const auto dual = flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", &variant_place_);
  if (!dual) return std::unexpected(dual.error());
  const auto fips = flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &variant_place_);
  if (!fips) return std::unexpected(fips.error());
  ignores_configured_ = *ignores;
  variant_ = {*fips, *dual};
  return {};
}

ipc::Status ProfileEndpoints::read_sts_kind() {
  const MaybeText text =
      setting_or_key(*settings_, "AWS_STS_REGIONAL_ENDPOINTS", *files_, profile_, "sts_regional_endpoints");
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->text == "regional") return {};
  sts_ = StsEndpoints::kLegacy;
  if ((*text)->text == "legacy") return {};
  return refuse_at((*text)->place, "sts_regional_endpoints is neither regional nor legacy", "write regional or legacy");
}

// In botocore's order: the service's variable, the common one, the services section, the profile.
MaybeText ProfileEndpoints::configured(std::string_view service) const {
  if (ignores_configured_) return std::nullopt;
  const std::string variable = "AWS_ENDPOINT_URL_" + uppered(service);
  for (const std::string_view name : {std::string_view(variable), std::string_view("AWS_ENDPOINT_URL")}) {
    const std::string_view value = ipc::setting(*settings_, name);
    if (!value.empty()) return PlacedText{std::string(value), std::string(name)};
  }
  const MaybeText services = files_->text(profile_, "services");
  if (!services) return services;
  if (*services) {
    const MaybeText nested = files_->service_text(**services, service, "endpoint_url");
    if (!nested || (*nested && !(*nested)->text.empty())) return nested;
  }
  return files_->text(profile_, "endpoint_url");
}

// A URL that somebody chose is not made into another one, and might not be what the variant promises.
ipc::Result<AwsEndpoint> ProfileEndpoints::given(const PlacedText& url, std::string_view region) const {
  if (variant_.fips || variant_.dual_stack) {
    return refuse_at(variant_place_,
                     "FIPS or dual-stack endpoints are asked for, and " + url.place + " gives an endpoint's URL",
                     "keep one of the two");
  }
  ipc::Result<AwsEndpoint> endpoint = parse_endpoint(url.text, url.place);
  if (!endpoint) return endpoint;
  endpoint->signing_region = region.empty() ? "us-east-1" : region;
  endpoint->named_by = url.place;
  return endpoint;
}

ipc::Result<AwsEndpoint> ProfileEndpoints::of(std::string_view service, std::string_view region) const {
  const AwsEndpoint iam = iam_endpoint(region, variant_);
  const MaybeText text = configured(service);
  if (!text) return std::unexpected(text.error());
  if (*text && !(*text)->text.empty()) return given(**text, service == "iam" ? iam.signing_region : region);
  if (service == "iam") return iam;
  if (service == "signin") return sign_in_endpoint(region, variant_);
  if (service != "sts") return regional_endpoint(service, region, variant_);
  if (region.empty() && (variant_.fips || variant_.dual_stack)) {
    return refuse_at(variant_place_, "FIPS or dual-stack endpoints are asked for, and no region is known",
                     "give --region, set AWS_REGION, or add region to the profile");
  }
  return sts_endpoint(region, sts_, variant_);
}

}  // namespace broker
