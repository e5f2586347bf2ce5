// Any bytes, as both AWS files, split at the first NUL: every profile resolves or is refused with one sentence that
// names a next step; what resolves is what AWS could take, and no endpoint is reached in the clear but on this machine.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "aws/iam_syntax.h"
#include "file_of.h"
#include "ipc/command_settings.h"
#include "must.h"
#include "profile/files.h"
#include "profile/resolve.h"

namespace {

using broker::AwsEndpoint;

std::string path_of(const ipc::UniqueFd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

void check_endpoint(const AwsEndpoint& endpoint) {
  if (endpoint.url.empty()) return;
  must(endpoint.url == (endpoint.tls ? "https://" : "http://") + endpoint.host);
  must(!endpoint.signing_region.empty());
  const std::string_view host = endpoint.host;
  const bool here = host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[");
  must(endpoint.tls || here);
}

struct CheckPlan {
  void operator()(const broker::StaticKeyPlan& plan) const {
    must(broker::is_access_key_id(plan.key.access_key_id) && !plan.key.secret_access_key.empty());
  }
  void operator()(const broker::ProcessPlan& plan) const { must(!plan.command.empty() && !plan.place.empty()); }
  void operator()(const broker::WebIdentityPlan& plan) const {
    must(broker::is_role_arn(plan.role_arn) && plan.token_file.empty() != plan.token_process.empty());
    must(plan.token_file.empty() || plan.token_file.starts_with('/'));
  }
  void operator()(const broker::SsoPlan& plan) const {
    must(broker::is_account_id(plan.account_id) && broker::is_role_name(plan.role_name));
    must(plan.start_url.starts_with("https://") && !plan.region.empty());
    must(std::ranges::none_of(plan.scopes, &std::string::empty));
    check_endpoint(plan.oidc);
    check_endpoint(plan.portal);
  }
  void operator()(const broker::LoginPlan& plan) const {
    must(!plan.session.empty() && !plan.sign_in.url.empty());
    check_endpoint(plan.sign_in);
  }
  void operator()(const broker::InstancePlan& plan) const { must(plan.url.starts_with("http")); }
  void operator()(const auto&) const {}
};

void check_role(const broker::RoleStep& role) {
  must(broker::is_role_arn(role.role_arn));
  must(role.external_id.empty() || broker::is_external_id(role.external_id));
  must(role.session_name.empty() || broker::is_role_session_name(role.session_name));
  for (const std::string& key : role.transitive_tags) {
    must(std::ranges::any_of(role.tags, [&](const auto& tag) { return tag.first == key; }));
  }
}

void check(const broker::ResolvedProfile& profile) {
  std::visit(CheckPlan{}, profile.base);
  std::ranges::for_each(profile.chain, check_role);
  if (profile.mfa) {
    must(broker::is_mfa_serial(profile.mfa->serial));
    must(broker::source_row(broker::kind_of(profile.base)).life != broker::SourceLife::Temporary);
  }
  for (const AwsEndpoint* endpoint : {&profile.sts, &profile.iam, &profile.ssm, &profile.kms, &profile.dynamodb}) {
    check_endpoint(*endpoint);
  }
  const auto& told = profile.command.settings;
  for (std::size_t i = 0; i < told.size(); ++i) {
    must(ipc::check_command_setting(told[i]).has_value() && !ipc::is_told(std::span(told).first(i), told[i]));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!ipc::SecretArena::open()) std::abort();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const ipc::UniqueFd config = file_of(bytes.substr(0, end)),
                      credentials = file_of(bytes.substr(std::min(end + 1, size)));
  const auto files = broker::ProfileFiles::open(path_of(config), path_of(credentials));
  if (!files) return 0;
  const ipc::Settings settings{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/keys"}};
  const auto names = files->names();
  for (std::size_t i = 0; i < names.size() && i < 64; ++i) {
    const auto profile = broker::resolve_profile(*files, names[i], settings, "/home/me", {}, {});
    if (profile) {
      check(*profile);
    } else {
      must(is_one_line(profile.error().what) && !profile.error().what.empty() && !profile.error().next_step.empty());
    }
  }
  return 0;
}
