#include "services/sts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aws/key_syntax.h"
#include "call/next_step.h"
#include "call/xml_fields.h"
#include "services/request_forms.h"
#include "text/ascii.h"
#include "text/percent.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

constexpr std::size_t kMaxArn = 2048;
constexpr std::size_t kMaxSourceIdentityText = 64;
constexpr std::string_view kSetSourceIdentity = "sts:SetSourceIdentity", kTagSession = "sts:TagSession";

using ipc::Fault;

// application/x-www-form-urlencoded, in the order given.
class Form {
 public:
  explicit Form(std::string_view action) {
    add("Action", action);
    add("Version", "2011-06-15");
  }
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    ((text_ += name) += '=') += uri_encode(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

AwsRequest sts_request(std::string_view action, const AwsEndpoint& endpoint, Form form) {
  return query_request("sts", endpoint, action, form.take());
}

std::unexpected<ipc::Error> missing_from_sts(std::string_view action, std::string_view what) {
  return ipc::fail(Fault::kProtocol, "the answer to " + std::string(action) + " has no " + std::string(what),
                   "check that the endpoint is AWS STS");
}

std::unexpected<ipc::Error> no_room(std::string_view action, ipc::Error error) {
  error.what = "the answer to " + std::string(action) + " " + error.what;
  return std::unexpected(std::move(error));
}

using Tags = std::vector<std::pair<std::string, std::string>>;

// To AWS, Department and department are one key: it refuses a request with both. Keys are ASCII (is_tag_text).
auto find_tag(const Tags& tags, std::string_view key) {
  return std::ranges::find_if(tags, [&](const auto& tag) { return lowered(tag.first) == lowered(key); });
}

// The rule's tags, then those of the profile that the rule says nothing of.
Tags merged_tags(const AssumeRoleTerms& terms) {
  Tags tags = terms.narrowing.tags;
  for (const auto& tag : terms.tags) {
    if (find_tag(terms.narrowing.tags, tag.first) == terms.narrowing.tags.end()) tags.push_back(tag);
  }
  return tags;
}

// A key as the tag that is sent writes it.
std::string as_sent(const Tags& tags, const std::string& key) {
  const auto tag = find_tag(tags, key);
  return tag == tags.end() ? key : tag->first;
}

void add_policies(Form& form, const NarrowedSession& narrowing) {
  if (!narrowing.policy.empty()) form.add("Policy", narrowing.policy);
  for (std::size_t i = 0; i < narrowing.policy_arns.size(); ++i) {
    form.add("PolicyArns.member." + std::to_string(i + 1) + ".arn", narrowing.policy_arns[i]);
  }
}

// Of AssumeRoleWithWebIdentity, whose caller has no key; empty where the refusal is none of its own.
std::string web_identity_next_step(const std::string& code) {
  if (code == "ExpiredTokenException" || code == "ExpiredToken") {
    return "the identity provider's token has expired: see to it that whatever writes it goes on renewing it";
  }
  if (code == "InvalidIdentityToken") {
    return "check that the token is an OpenID Connect token whose issuer is an identity provider in the role's account "
           "and whose audience that provider accepts";
  }
  if (code == "IDPRejectedClaim") return "the identity provider rejects the token: get a new one from it";
  if (code == "IDPCommunicationError") {
    return "STS cannot reach the identity provider: try again, then look at the issuer's discovery document";
  }
  if (code == "AccessDenied") {
    return "the role's trust policy must allow sts:AssumeRoleWithWebIdentity to the token's provider, with conditions "
           "that its subject and audience meet";
  }
  if (code == "ValidationError") {
    return "check role_arn, role_session_name, the token, and the duration against the role's maximum session duration";
  }
  return {};
}

// Of a denied AssumeRole: AWS names the action that was not allowed, and at times the kind of policy that says so.
std::string assume_role_next_step(const AwsFailure& failure, const TrustNeeds* needs) {
  if (std::string past = way_past_denial(failure); !past.empty()) return past;
  const std::string statements = needs ? trust_statements(*needs) : "";
  std::string step;
  if (failure.message.contains(kTagSession)) {
    step = "session tags are set: the caller's policy and the role's trust policy must allow sts:TagSession too";
  } else if (failure.message.contains(kSetSourceIdentity)) {
    step =
        "the caller's policy and the role's trust policy must allow sts:SetSourceIdentity beside sts:AssumeRole: "
        "each session carries the name of the user who asked";
  } else if (statements.empty()) {
    return "the caller's policy must allow sts:AssumeRole and sts:SetSourceIdentity on the role, the role's trust "
           "policy must allow both to the caller, and external_id must match";
  } else {
    step = "the caller's policy must allow these actions on the role, and so must the role's trust policy";
  }
  if (needs && lacks_source_identity_alone(failure)) step += needs->other_way;
  if (!statements.empty()) step += ". Statements for the role's trust policy: " + statements;
  return step;
}

ipc::Error not_sts(ipc::Error error) {
  return ipc::with_next_step(std::move(error),
                             "what answered is not AWS STS: look for a proxy or a captive portal in between, and check "
                             "the endpoint URL");
}

}  // namespace

AwsRequest get_caller_identity(const AwsEndpoint& endpoint) {
  return sts_request("GetCallerIdentity", endpoint, Form("GetCallerIdentity"));
}

AwsRequest assume_role(const AwsEndpoint& endpoint, const AssumeRoleTerms& terms) {
  Form form("AssumeRole");
  form.add("RoleArn", terms.role_arn);
  form.add("RoleSessionName", terms.session_name);
  form.add("DurationSeconds", std::to_string(terms.duration.count()));
  if (!terms.source_identity.empty()) form.add("SourceIdentity", terms.source_identity);
  if (!terms.external_id.empty()) form.add("ExternalId", terms.external_id);
  add_policies(form, terms.narrowing);
  const Tags tags = merged_tags(terms);
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const std::string member = "Tags.member." + std::to_string(i + 1);
    form.add(member + ".Key", tags[i].first);
    form.add(member + ".Value", tags[i].second);
  }
  for (std::size_t i = 0; i < terms.transitive_tags.size(); ++i) {
    form.add("TransitiveTagKeys.member." + std::to_string(i + 1), as_sent(tags, terms.transitive_tags[i]));
  }
  return sts_request("AssumeRole", endpoint, std::move(form));
}

AwsRequest assume_role_with_web_identity(const AwsEndpoint& endpoint, const AssumeRoleTerms& terms,
                                         std::string_view token) {
  Form form("AssumeRoleWithWebIdentity");
  form.add("RoleArn", terms.role_arn);
  form.add("RoleSessionName", terms.session_name);
  form.add("DurationSeconds", std::to_string(terms.duration.count()));
  form.add("WebIdentityToken", token);
  add_policies(form, terms.narrowing);
  AwsRequest unsigned_request = sts_request("AssumeRoleWithWebIdentity", endpoint, std::move(form));
  unsigned_request.anonymous = true;
  return unsigned_request;
}

AwsRequest get_session_token(const AwsEndpoint& endpoint, std::chrono::seconds duration, const MfaCode& mfa) {
  Form form("GetSessionToken");
  form.add("DurationSeconds", std::to_string(duration.count()));
  if (!mfa.code.empty()) {
    form.add("SerialNumber", mfa.serial);
    form.add("TokenCode", mfa.code);
  }
  return sts_request("GetSessionToken", endpoint, std::move(form));
}

ipc::Result<CallerIdentity> read_caller_identity(std::string_view body) {
  CallerIdentity identity;
  std::array fields = {
      XmlField{"GetCallerIdentityResponse/GetCallerIdentityResult/Arn", &identity.arn},
      XmlField{"GetCallerIdentityResponse/GetCallerIdentityResult/Account", &identity.account},
      XmlField{"GetCallerIdentityResponse/GetCallerIdentityResult/UserId", &identity.user_id},
  };
  if (auto sound = extract_xml(body, fields); !sound) return std::unexpected(not_sts(std::move(sound.error())));
  if (identity.arn.empty()) return missing_from_sts("GetCallerIdentity", "Arn");
  if (identity.account.empty()) return missing_from_sts("GetCallerIdentity", "Account");
  return identity;
}

ipc::Result<IssuedCredentials> read_credentials(std::string_view action, std::string_view body) {
  IssuedCredentials keys;
  auto secret = ipc::SecretBuffer::if_room(kMaxKeySecret), token = ipc::SecretBuffer::if_room(kMaxKeyToken);
  if (!secret || !token) return no_room(action, std::move(!secret ? secret.error() : token.error()));
  std::string expiration;
  const std::string name(action);
  const std::string path = name + "Response/" + name + "Result/Credentials/";
  const std::string id_path = path + "AccessKeyId", secret_path = path + "SecretAccessKey",
                    token_path = path + "SessionToken", expiration_path = path + "Expiration",
                    principal_path = name + "Response/" + name + "Result/AssumedRoleUser/Arn";
  std::array fields = {XmlField{id_path, &keys.access_key_id},
                       XmlField{secret_path, &*secret},
                       XmlField{token_path, &*token},
                       XmlField{expiration_path, &expiration},
                       XmlField{principal_path, &keys.principal},
                       XmlField{"AssumeRoleResponse/AssumeRoleResult/SourceIdentity", &keys.source_identity}};
  if (auto sound = extract_xml(body, fields); !sound) return std::unexpected(not_sts(std::move(sound.error())));
  if (!is_access_key_id(keys.access_key_id)) return missing_from_sts(action, "valid AccessKeyId");
  keys.principal = printable(keys.principal, kMaxArn);
  keys.source_identity = printable(keys.source_identity, kMaxSourceIdentityText);
  if (!is_visible(secret->reveal())) return missing_from_sts(action, "valid SecretAccessKey");
  if (!is_visible(token->reveal())) return missing_from_sts(action, "valid SessionToken");
  auto small = token->clone();  // as small as it is: the arena is small too
  if (!small) return no_room(action, std::move(small.error()));
  keys.secret_access_key = std::move(*secret);
  keys.session_token = std::move(*small);
  auto time = read_aws_time(expiration);
  if (!time) return missing_from_sts(action, "valid Expiration");
  keys.expiration = *time;
  return keys;
}

AwsFailure read_sts_failure(const HttpAnswer& answer) {
  AwsFailure failure{answer.status, {}, {}};
  std::string code, message;
  std::array fields = {XmlField{"ErrorResponse/Error/Code", &code}, XmlField{"ErrorResponse/Error/Message", &message}};
  if (!extract_xml(answer.body.view(), fields)) return failure;  // a proxy's page; the status says enough
  failure.code = printable(code, 64);
  failure.message = printable(message);
  return failure;
}

// "User: ARN is not authorized to perform: sts:SetSourceIdentity on resource: ARN". What stands before it may have been
// chosen by somebody, and holds no blank.
std::string_view denied_action(const AwsFailure& failure) {
  constexpr std::string_view kWords = " is not authorized to perform: ";
  const std::string_view message = failure.message;
  const std::size_t at = message.find(kWords);
  if (failure.code != "AccessDenied" || at == std::string_view::npos) return {};
  const std::string_view rest = message.substr(at + kWords.size());
  return rest.substr(0, rest.find(' '));
}

bool lacks_source_identity_alone(const AwsFailure& failure) {
  return denied_action(failure) == kSetSourceIdentity && !failure.message.contains("explicit deny");
}

std::string sts_next_step(std::string_view action, const AwsFailure& failure, const TrustNeeds* needs) {
  const std::string& code = failure.code;
  if (action == "AssumeRoleWithWebIdentity") {
    if (std::string own = web_identity_next_step(code); !own.empty()) return own;
  }
  if (std::string said = next_step_after(failure); !said.empty()) return said;
  if (code == "PackedPolicyTooLarge") {
    return "the rule's session policy, managed policies and tags are together more than STS packs into a session: "
           "shorten the rule's restrict, or move what is common into the role";
  }
  if (code == "MalformedPolicyDocument") {
    return "STS does not accept the rule's session policy: check its actions, resources and conditions under restrict, "
           "as IAM would check a policy";
  }
  if (action == "AssumeRole" && code == "AccessDenied") return assume_role_next_step(failure, needs);
  if (action == "AssumeRole" && code == "ValidationError") {
    if (failure.message.contains("role chaining"))
      return "ask for one hour at most: a role that another role's keys assume gets no longer session";
    if (failure.message.contains("DurationSeconds"))
      return "ask for a shorter duration (--duration, --server-duration or duration_seconds), or raise the role's "
             "maximum session duration";
    return "check role_arn, external_id and the duration against the role's maximum session duration";
  }
  if (action == "GetSessionToken" && code == "AccessDenied") {
    if (std::string past = way_past_denial(failure); !past.empty()) return past;
    return "GetSessionToken needs a long-term key; for other keys use a profile with role_arn";
  }
  return "try again; if it goes on, see the AWS documentation of " + std::string(action);
}

}  // namespace broker
