#include "profile/sso_source.h"

#include <algorithm>
#include <utility>

#include "aws/endpoint.h"
#include "aws/iam_syntax.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::string_view kStep = "run aws configure sso --profile ";

class SsoReader {
 public:
  SsoReader(const ProfileFiles& files, const std::string& profile) : files_(files), profile_(profile) {}

  ipc::Result<std::optional<BasePlan>> read();

 private:
  ipc::Status find_session();
  ipc::Status compare(std::string_view key, const ConfigValue& value) const;
  MaybeText text(std::string_view key) const;
  ipc::Result<PlacedText> required(std::string_view key) const;
  // The text of a key that must be there, and fit.
  ipc::Status take(std::string_view key, std::string& to, bool (*fits)(std::string_view), std::string_view is_not,
                   std::string_view next_step);
  ipc::Status take_url();
  ipc::Status take_region();
  ipc::Status take_account();
  ipc::Status take_role();
  ipc::Status take_scopes();
  [[nodiscard]] std::string shown() const { return "profile '" + profile_ + "'"; }

  const ProfileFiles& files_;
  const std::string& profile_;
  const ConfigSection* session_ = nullptr;
  SsoPlan plan_;
};

// A key that stands in both must say the same.
ipc::Status SsoReader::compare(std::string_view key, const ConfigValue& value) const {
  const MaybeText own = files_.text(profile_, key);
  if (!own) return std::unexpected(own.error());
  const ipc::Result<PlacedText> other = files_.session_text(key, value);
  if (!other) return std::unexpected(other.error());
  if (!*own || (*own)->text == other->text) return {};
  return refuse_at((*own)->place,
                   std::string(key) + " differs between " + shown() + " and its sso_session (" + other->place + ")",
                   "remove it from the profile");
}

ipc::Status SsoReader::find_session() {
  const MaybeText name = files_.text(profile_, "sso_session");
  if (!name) return std::unexpected(name.error());
  if (!*name) return {};
  session_ = files_.sso_session((*name)->text);
  if (!session_) {
    const std::string mended = files_.mended_header("sso-session", (*name)->text);
    return refuse_at((*name)->place,
                     "there is no section [sso-session " + (*name)->text + "]" +
                         (mended.empty() ? "" : " that the AWS tools can read"),
                     (mended.empty() ? std::string(kStep) + profile_ : mended) + ", or correct the name");
  }
  for (const auto& [key, value] : session_->values) {
    if (ipc::Status same = compare(key, value); !same) return same;
  }
  plan_.session = (*name)->text;
  return {};
}

MaybeText SsoReader::text(std::string_view key) const {
  const ConfigValue* value = session_ ? session_->find(key) : nullptr;
  if (!value) return files_.text(profile_, key);
  return files_.session_text(key, *value);
}

ipc::Result<PlacedText> SsoReader::required(std::string_view key) const {
  MaybeText found = text(key);
  if (!found) return std::unexpected(std::move(found).error());
  if (*found && !(*found)->text.empty()) return std::move(**found);
  return refuse_at(plan_.place, shown() + " uses IAM Identity Center and has no " + std::string(key),
                   std::string(kStep) + profile_ + ", or add the key");
}

ipc::Status SsoReader::take(std::string_view key, std::string& to, bool (*fits)(std::string_view),
                            std::string_view is_not, std::string_view next_step) {
  ipc::Result<PlacedText> found = required(key);
  if (!found) return std::unexpected(std::move(found).error());
  if (!fits(found->text)) {
    return refuse_at(found->place, "the " + std::string(key) + " of " + shown() + " is not " + std::string(is_not),
                     std::string(next_step));
  }
  to = std::move(found->text);
  return {};
}

ipc::Status SsoReader::take_url() {
  const auto is_https = [](std::string_view text) {
    return is_visible(text) && text.size() <= 2048 && text.starts_with("https://") && text != "https://";
  };
  return take("sso_start_url", plan_.start_url, is_https, "an https URL",
              "copy it from the access portal, such as https://example.awsapps.com/start");
}

ipc::Status SsoReader::take_region() {
  ipc::Result<PlacedText> region = required("sso_region");
  if (!region) return std::unexpected(std::move(region).error());
  if (ipc::Status valid = check_region(region->text, region->place); !valid) return valid;
  plan_.region = std::move(region->text);
  return {};
}

ipc::Status SsoReader::take_account() {
  return take("sso_account_id", plan_.account_id, is_account_id, "an account's 12 digits",
              "write all 12, leading zeros too");
}

ipc::Status SsoReader::take_role() {
  return take("sso_role_name", plan_.role_name, is_role_name, "the name of a permission set",
              "it has 1 to 64 letters, digits and _+=,.@- signs, and is no ARN");
}

// Of the section alone: the old form asks for none.
ipc::Status SsoReader::take_scopes() {
  const ConfigValue* value = session_ ? session_->find("sso_registration_scopes") : nullptr;
  if (!value) return {};
  const ipc::Result<PlacedText> list = files_.session_text("sso_registration_scopes", *value);
  if (!list) return std::unexpected(list.error());
  std::string scope;
  for (const char c : list->text + ",") {
    if (c != ',') {
      if (c != ' ' || !scope.empty()) scope += c;
      continue;
    }
    while (scope.ends_with(' ')) scope.pop_back();
    if (!std::ranges::all_of(scope, [](char s) { return s > 0x20 && s < 0x7f; })) {
      return refuse_at(list->place, "sso_registration_scopes holds what is no scope",
                       "write scopes with commas between, such as sso:account:access");
    }
    if (!scope.empty()) plan_.scopes.push_back(std::exchange(scope, {}));
  }
  return {};
}

ipc::Result<std::optional<BasePlan>> SsoReader::read() {
  const bool by_role = files_.has(profile_, "sso_role_name");
  if (!by_role && !files_.has(profile_, "sso_account_id")) return std::nullopt;
  plan_.place = files_.place_of(profile_, by_role ? "sso_role_name" : "sso_account_id");
  ipc::Status status = find_session();
  if (status) status = take_url();
  if (status) status = take_region();
  if (status) status = take_account();
  if (status) status = take_role();
  if (status) status = take_scopes();
  if (!status) return std::unexpected(std::move(status).error());
  return std::move(plan_);
}

}  // namespace

ipc::Result<std::optional<BasePlan>> sso_source(const ProfileFiles& files, const std::string& profile) {
  return SsoReader(files, profile).read();
}

}  // namespace broker
