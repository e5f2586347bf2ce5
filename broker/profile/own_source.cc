#include "profile/own_source.h"

#include <utility>

#include "profile/absolute_path.h"
#include "profile/machine_source.h"
#include "profile/role.h"
#include "profile/sso_source.h"

namespace broker {
namespace {

using MaybePlan = ipc::Result<std::optional<BasePlan>>;

constexpr std::string_view kWebIdentityTokenFile = "web_identity_token_file";
constexpr std::string_view kTokenProcess = "web_identity_token_process";

std::string named(const std::string& profile) { return "profile '" + profile + "'"; }

ipc::Status take_role(const ProfileContext& at, const std::string& profile, WebIdentityPlan& plan) {
  const MaybeText role = at.files.text(profile, "role_arn");
  if (!role) return std::unexpected(role.error());
  if (!*role || (*role)->text.empty()) {
    return refuse_at(plan.place, named(profile) + " has a web identity but no role_arn",
                     "add role_arn = the role that the token assumes");
  }
  if (ipc::Status valid = check_role_arn(profile, **role); !valid) return valid;
  plan.role_arn = (*role)->text;
  ipc::Result<std::string> name = read_session_name(at.files, profile);
  if (!name) return std::unexpected(std::move(name).error());
  plan.session_name = std::move(*name);
  if (!at.files.has(profile, "session_tags")) return {};
  return refuse_at(at.files.place_of(profile, "session_tags"),
                   named(profile) + " has session_tags, and a web identity brings its tags in its token",
                   "remove the line, or let another profile assume a role from this one");
}

MaybePlan web_identity(const ProfileContext& at, const std::string& profile) {
  const MaybeText file = at.files.text(profile, kWebIdentityTokenFile), process = at.files.text(profile, kTokenProcess);
  if (!file) return std::unexpected(file.error());
  if (!process) return std::unexpected(process.error());
  const bool has_file = *file && !(*file)->text.empty(), has_process = *process && !(*process)->text.empty();
  if (!has_file && !has_process) return std::nullopt;
  WebIdentityPlan plan;
  plan.profile = profile;
  plan.place = has_file ? (*file)->place : (*process)->place;
  if (has_file && has_process) {
    return refuse_at((*process)->place,
                     named(profile) + " has both web_identity_token_file and web_identity_token_process", "keep one");
  }
  if (const ipc::Status role = take_role(at, profile, plan); !role) return std::unexpected(role.error());
  if (has_process) {
    plan.token_process = (*process)->text;
    return plan;
  }
  ipc::Result<std::string> path = absolute_path((*file)->text, at.home, plan.place);
  if (!path) return std::unexpected(std::move(path).error());
  plan.token_file = std::move(*path);
  return plan;
}

MaybePlan process(const ProfileContext& at, const std::string& profile) {
  MaybeText command = at.files.text(profile, "credential_process");
  if (!command) return std::unexpected(std::move(command).error());
  if (!*command) return std::nullopt;
  if ((*command)->text.empty()) {
    return refuse_at((*command)->place, "the credential_process of " + named(profile) + " is empty",
                     "write the program that prints keys, or remove the line");
  }
  return ProcessPlan{std::move((*command)->text), std::move((*command)->place)};
}

MaybePlan login(const ProfileContext& at, const std::string& profile) {
  MaybeText session = at.files.text(profile, "login_session");
  if (!session) return std::unexpected(std::move(session).error());
  if (!*session) return std::nullopt;
  if ((*session)->text.empty()) {
    return refuse_at((*session)->place, "the login_session of " + named(profile) + " is empty",
                     "run aws login --profile " + profile + ", or remove the line");
  }
  return LoginPlan{std::move((*session)->text), {}, std::move((*session)->place)};
}

MaybePlan static_key(const ProfileContext& at, const std::string& profile, AwsFileKind file) {
  if (!at.files.has_key_id(profile, file)) return std::nullopt;
  return StaticKeyPlan{{}, at.files.place_of(profile, "aws_access_key_id")};
}

}  // namespace

AwsFileKind key_file(const ProfileFiles& files, std::string_view profile) {
  return files.has_key_id(profile, AwsFileKind::kCredentials) ? AwsFileKind::kCredentials : AwsFileKind::kConfig;
}

MaybePlan own_source(const ProfileContext& at, const std::string& profile) {
  MaybePlan plan = web_identity(at, profile);
  if (plan && !*plan) plan = sso_source(at.files, profile);
  if (plan && !*plan) plan = static_key(at, profile, AwsFileKind::kCredentials);
  if (plan && !*plan) plan = login(at, profile);
  if (plan && !*plan) plan = process(at, profile);
  if (plan && !*plan) plan = static_key(at, profile, AwsFileKind::kConfig);
  return plan;
}

ipc::Result<BasePlan> named_source(const ProfileContext& at, const std::string& profile, const PlacedText& source) {
  if (source.text == "Environment") return EnvironmentKeyPlan{source.place};
  if (source.text == "Ec2InstanceMetadata") return instance_source(at, source.place);
  if (source.text == "EcsContainer") return container_source(at, source.place);
  return refuse_at(source.place, "the credential_source of " + named(profile) + " is none that the AWS tools know",
                   "write Environment, Ec2InstanceMetadata or EcsContainer, in just these letters");
}

}  // namespace broker
