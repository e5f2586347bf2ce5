#include "sources/open.h"

#include <string>
#include <utility>

#include "aws/key_syntax.h"
#include "keys/renewed_keys.h"
#include "keys/same_principal.h"
#include "keys/token_text.h"
#include "sources/container.h"
#include "sources/instance.h"
#include "sources/login/keys.h"
#include "sources/mfa_session.h"
#include "sources/process.h"
#include "sources/sso/keys.h"
#include "sources/store.h"
#include "sources/web_identity.h"

namespace broker {
namespace {

using ipc::Fault;
using Opened = ipc::Result<std::unique_ptr<BaseKeys>>;

struct Opener {
  SourceParts parts;

  Opened renewed(StartFetch fetch) const {
    return std::make_unique<RenewedKeys>(parts.context, std::move(fetch), parts.events);
  }
  // Where the source chooses whose they are.
  Opened checked(StartFetch fetch) const {
    return renewed(of_same_principal(parts.context, parts.profile.sts, parts.principal, std::move(fetch)));
  }

  Opened operator()(StaticKeyPlan& plan) const { return std::make_unique<FixedKey>(std::move(plan.key)); }

  // A variable of the caller's environment that cannot be what it should.
  ipc::Status check_variable(const std::string& place, std::string_view name, std::string_view value) const {
    const std::string variable(name);
    if ((" " + parts.caller.too_long + " ").find(" " + variable + " ") != std::string::npos) {
      return ipc::fail(Fault::kConfig, place + ": " + variable + " is longer than any that AWS gives",
                       "set it right, or unset it");
    }
    const std::string_view fault = value.empty() ? "" : fault_of_key_text(value);
    if (fault.empty()) return {};
    return ipc::fail(Fault::kConfig, place + ": " + variable + " " + std::string(fault),
                     "set it to the value alone, without quotes, blanks or line breaks around it");
  }

  ipc::Status check_environment_key(const std::string& place) const {
    const BaseKey& key = parts.caller.key;
    ipc::Status good = check_variable(place, "AWS_ACCESS_KEY_ID", key.access_key_id);
    if (good) good = check_variable(place, "AWS_SECRET_ACCESS_KEY", key.secret_access_key.reveal());
    if (good) good = check_variable(place, "AWS_SESSION_TOKEN", key.session_token.reveal());
    if (!good || key.access_key_id.empty() || is_access_key_id(key.access_key_id)) return good;
    return ipc::fail(Fault::kConfig, place + ": AWS_ACCESS_KEY_ID is not made of letters and digits",
                     "set it to the id of an access key, such as AKIAIOSFODNN7EXAMPLE");
  }

  Opened operator()(const EnvironmentKeyPlan& plan) const {
    if (const ipc::Status good = check_environment_key(plan.place); !good) return std::unexpected(good.error());
    if (parts.caller.key.access_key_id.empty() || parts.caller.key.secret_access_key.empty()) {
      return ipc::fail(Fault::kConfig,
                       plan.place + ": the environment has no AWS_ACCESS_KEY_ID with an AWS_SECRET_ACCESS_KEY",
                       "set both, or use a profile with a source of its own");
    }
    return std::make_unique<FixedKey>(std::move(parts.caller.key));
  }

  void say_nothing_to_remember() const {
    if (parts.remember.count() == 0 || !parts.warn) return;
    parts.warn("--remember does nothing: no passphrase opens the key of profile " + parts.profile.base_profile);
  }

  Opened operator()(const StoredKeyPlan& plan) const {
    ipc::Result<KeystoreEntry> key = parse_stored_key(plan.name, plan.text);
    if (!key) return std::unexpected(key.error());
    const bool typed = key->store == KeyStoreKind::kFile && key->protection == KeyProtection::kPassphrase;
    if (!typed) say_nothing_to_remember();
    return std::make_unique<KeystoreSource>(parts.context, parts.errands, std::move(*key), plan.data_folder,
                                            Remembering{parts.openers, parts.remember, parts.inform});
  }
  Opened operator()(const ProcessPlan& plan) const {
    return checked(process_keys(parts.context, parts.errands, parts.profile.base_profile, plan));
  }
  Opened operator()(const WebIdentityPlan& plan) const {
    return renewed(web_identity_keys(parts.context, parts.errands, plan, parts.profile.sts));
  }
  Opened operator()(const SsoPlan& plan) const {
    return checked(sso_keys(parts.context, parts.errands, plan,
                            {parts.auto_login, parts.browser_login, parts.profile.base_profile, parts.warn}));
  }
  Opened operator()(const LoginPlan& plan) const {
    return checked(login_keys(parts.context, parts.errands, plan,
                              {parts.auto_login, parts.browser_login, parts.profile.base_profile, parts.warn}));
  }
  Opened operator()(const InstancePlan& plan) const { return checked(instance_keys(parts.context, plan)); }

  Opened operator()(const ContainerPlan& plan) const {
    ipc::SecretBuffer token;
    if (plan.token_file.empty()) {
      if (const ipc::Status fits = check_variable(plan.place, "AWS_CONTAINER_AUTHORIZATION_TOKEN", {}); !fits)
        return std::unexpected(fits.error());
    }
    if (plan.token_file.empty() && !parts.caller.container_token.empty()) {
      auto read = read_token_text(parts.caller.container_token.reveal(), TokenForm::kHeader);
      if (!read) {
        return ipc::fail(Fault::kConfig, "AWS_CONTAINER_AUTHORIZATION_TOKEN " + read.error().what,
                         "set it to one line that fits into an HTTP header, or unset it");
      }
      token = std::move(*read);
    }
    return checked(container_keys(parts.context, parts.errands, parts.profile.base_profile, plan, std::move(token)));
  }
};

}  // namespace

Opened open_base_keys(BasePlan& plan, SourceParts parts) {
  const ResolvedProfile& profile = parts.profile;
  if (!std::holds_alternative<StoredKeyPlan>(plan)) Opener{parts}.say_nothing_to_remember();
  if (!profile.mfa) return std::visit(Opener{std::move(parts)}, plan);
  MfaParts mfa{parts.context,   parts.errands,
               parts.sessions,  profile.sts,
               *profile.mfa,    profile.chain.empty() ? kMfaSessionItself : kMfaSessionForRoles,
               parts.principal, {parts.may_share_mfa, parts.warn, parts.inform, parts.took_shared_session}};
  KeyEvents events = std::exchange(parts.events, {});  // of the session: its key has no end
  Opened long_term = std::visit(Opener{std::move(parts)}, plan);
  if (!long_term) return long_term;
  return std::make_unique<MfaKeys>(std::move(mfa), std::move(*long_term), std::move(events));
}

}  // namespace broker
