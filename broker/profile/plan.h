// Where a profile's first key comes from, as the profile says it, before anything is fetched. Data, no behaviour.
//
// Owns: a static key's secret, in wiped memory.
// Source: botocore credentials.py and tokens.py; aws-vault for include_profile, mfa_process and
// web_identity_token_process.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "ipc/messages.h"

namespace broker {

enum class SourceKind {
#define SOURCE(kind, word, lives, meaning) k##kind,
#include "profile/sources.def"
#undef SOURCE
};
enum class SourceLife { LongTerm, Temporary, Either };

struct CredentialSourceRow {
  SourceKind kind;
  std::string_view word;
  SourceLife life;
  std::string_view meaning;
};
#define SOURCE(kind, word, lives, meaning) CredentialSourceRow{SourceKind::k##kind, word, SourceLife::lives, meaning},
inline constexpr CredentialSourceRow kCredentialSources[] = {
#include "profile/sources.def"
};
#undef SOURCE
constexpr const CredentialSourceRow& source_row(SourceKind kind) {
  return kCredentialSources[static_cast<std::size_t>(kind)];
}

// `place` is file:line of the key that decided for the source.
struct StaticKeyPlan {
  BaseKey key;
  std::string place;
};
struct EnvironmentKeyPlan {
  std::string place;  // of credential_source, or "--env-keys"
};
struct StoredKeyPlan {
  std::string name;           // in the store: the profile's
  std::string text{};         // of its file, which load_stored_key() takes while files may be read; sealed
  std::string data_folder{};  // that the store lies in
};
struct ProcessPlan {
  std::string command, place;
};
struct WebIdentityPlan {
  std::string profile, role_arn, session_name;  // session_name empty: ours
  std::string token_file, token_process;        // one of the two; the file absolute
  std::string place;
};
struct SsoPlan {
  std::string session;  // name of the [sso-session]; empty in the old form
  std::string start_url, account_id, role_name;
  std::string region;  // of the portal
  std::vector<std::string> scopes;
  AwsEndpoint oidc, portal;
  std::string place;
};
struct LoginPlan {
  std::string session;  // login_session: the ARN of who has signed in, and the name of what the AWS CLI keeps of it
  AwsEndpoint sign_in;
  std::string place;
};
struct InstancePlan {
  std::string url;  // scheme://host[:port], no trailing slash
  std::string place;
};
struct ContainerPlan {
  std::string url;         // whole, with path and query
  std::string token_file;  // absolute; empty: the environment's token, if there is one
  std::string place;
};

// In the order of SourceKind.
using BasePlan = std::variant<StaticKeyPlan, EnvironmentKeyPlan, StoredKeyPlan, ProcessPlan, WebIdentityPlan, SsoPlan,
                              LoginPlan, InstancePlan, ContainerPlan>;
static_assert(std::variant_size_v<BasePlan> == std::size(kCredentialSources));

inline SourceKind kind_of(const BasePlan& plan) { return static_cast<SourceKind>(plan.index()); }

// The device whose code makes a session out of a long-term key, and who reads it off.
struct MfaPlan {
  std::string serial;
  std::string process;  // mfa_process: a command line; empty: the user is asked
  std::string profile;  // that names the device
  std::string place;
};

// One AssumeRole.
struct RoleStep {
  std::string profile;  // the profile that names the role
  std::string role_arn;
  std::string external_id;           // empty: none
  std::chrono::seconds duration{0};  // 0: not set
  std::string session_name{};        // role_session_name; empty: ours
  std::vector<std::pair<std::string, std::string>> tags{};
  std::vector<std::string> transitive_tags{};  // keys of tags that the next role's session inherits
};

// For the user's command, in a run that is served.
struct CommandSettings {
  std::vector<ipc::CommandSetting> settings;
  std::vector<std::string> warnings;  // sentences for the terminal: what was left out
};

struct ResolvedProfile {
  std::string name;
  std::string region;            // empty: none is known; STS still works, see AwsEndpoint::signing_region
  std::string base_profile;      // the profile that `base` is of; equals `name` without a chain
  BasePlan base;                 // how to get the key to begin with
  std::optional<MfaPlan> mfa{};  // with `base` a long-term key: makes a session of it first
  std::vector<RoleStep> chain;   // assumed first to last; empty: the profile is just a key
  AwsEndpoint sts, iam;
  AwsEndpoint ssm;       // url is empty when no region is known: take it through require_ssm()
  AwsEndpoint kms;       // the same, require_kms()
  AwsEndpoint dynamodb;  // the same, require_dynamodb()
  ipc::Result<AwsEndpoint> sign_in{AwsEndpoint{}};  // to the console, where a variable names it; else its url is empty
  std::string ca_bundle;                            // file; empty: the system's
  std::vector<std::string> warnings;                // sentences for the terminal
  CommandSettings command{};
};

// Whether `sentinel keys` has put away an access key of that name.
using StoredKeys = std::function<bool(std::string_view)>;

}  // namespace broker
