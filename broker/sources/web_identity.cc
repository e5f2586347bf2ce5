#include "sources/web_identity.h"

#include <utility>

#include "aws/source_identity.h"
#include "keys/token_text.h"
#include "sources/process.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kAction[] = "AssumeRoleWithWebIdentity";

// "Value '…' at 'webIdentityToken' failed to satisfy constraint": then the token stands in the message.
AwsFailure read_web_identity_failure(const HttpAnswer& answer) {
  AwsFailure failure = read_sts_failure(answer);
  if (failure.message.find("webIdentityToken") != std::string::npos) failure.message = "the token is not accepted";
  return failure;
}

}  // namespace

WebIdentityFetch::WebIdentityFetch(AwsContext& context, ErrandDoer& errands, const WebIdentityPlan& plan,
                                   const AwsEndpoint& sts, WebIdentityTerms terms, OnKeys done)
    : KeyFetch(std::move(done)), context_(context), plan_(plan), sts_(sts), terms_(std::move(terms)) {
  if (plan_.token_file.empty()) {
    errand_ = errands.ask(ipc::ErrandKind::RunTokenProcess, {plan_.profile, plan_.token_process, {}},
                          [this](ipc::Result<ipc::SecretBuffer> output) {
                            on_token(output ? read_token_text(output->reveal(), TokenForm::kIdentity)
                                            : std::unexpected(std::move(output).error()));
                          });
    return;
  }
  errand_ = errands.open(
      ipc::ErrandKind::OpenTokenFile, {plan_.profile, plan_.token_file, {}},
      [this](const ipc::Result<ipc::UniqueFd>& file) {
        on_token(file ? read_token_file(file->get(), TokenForm::kIdentity) : std::unexpected(file.error()));
      });
}

void WebIdentityFetch::on_token(ipc::Result<ipc::SecretBuffer> token) {
  if (!token) {
    ipc::Error error = std::move(token).error();
    const bool own_words = error.next_step.empty();  // ours; the supervisor's sentence is whole
    const std::string from = plan_.token_file.empty() ? "what " + program_of(plan_.token_process) + " printed"
                                                      : "the token file " + plan_.token_file;
    error.what = own_words ? from + " " + error.what : error.what + " (" + from + ")";
    if (own_words) error.next_step = "see to it that it holds one token of the identity provider, and nothing else";
    return fail(std::move(error));
  }
  AssumeRoleTerms terms;
  terms.role_arn = plan_.role_arn;
  terms.session_name = plan_.session_name.empty() ? terms_.session_name : plan_.session_name;
  terms.duration = terms_.duration;
  terms.narrowing = terms_.narrowing;
  call_ = std::make_unique<AwsCall>(
      context_, assume_role_with_web_identity(sts_, terms, token->reveal()), read_web_identity_failure,
      [this](std::expected<HttpAnswer, AwsCallError> outcome) { on_answer(std::move(outcome)); });
}

void WebIdentityFetch::on_answer(std::expected<HttpAnswer, AwsCallError> outcome) {
  if (!outcome) {
    ipc::Error error = std::move(outcome.error().error);
    if (error.next_step.empty()) error.next_step = sts_next_step(kAction, outcome.error().failure);
    return fail(std::move(error));
  }
  auto keys = read_credentials(kAction, outcome->body.view());
  if (!keys) return fail(std::move(keys.error()));
  keys->role_arn = plan_.role_arn;
  finish(std::move(keys));
}

void WebIdentityFetch::fail(ipc::Error error) {
  error.what =
      plan_.place + ": web identity of profile '" + plan_.profile + "' (" + plan_.role_arn + "): " + error.what;
  finish(std::unexpected(std::move(error)));
}

StartFetch web_identity_keys(AwsContext& context, ErrandDoer& errands, const WebIdentityPlan& plan,
                             const AwsEndpoint& sts) {
  return [&context, &errands, &plan, &sts](OnKeys done) -> std::unique_ptr<KeyFetch> {
    const auto id = new_request_id();
    WebIdentityTerms terms{role_session_name({}, id ? *id : "0")};
    return std::make_unique<WebIdentityFetch>(context, errands, plan, sts, std::move(terms), std::move(done));
  };
}

}  // namespace broker
