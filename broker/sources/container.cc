#include "sources/container.h"

#include <utility>

#include "call/trust.h"
#include "keys/keys_json.h"
#include "keys/token_text.h"
#include "text/json_value.h"
#include "text/plain_text.h"

namespace broker {
namespace {

// ECS answers with JSON, EKS's agent with a line of text; a page in HTML comes from something else, and says nothing.
AwsFailure read_container_failure(const HttpAnswer& answer) {
  AwsFailure failure{answer.status, {}, {}};
  const std::string_view body = answer.body.view();
  if (const auto object = read_object(body)) {
    failure.code = printable(text_of(*object, "code"), 64);
    failure.message = printable(text_of(*object, "message"));
  } else if (!body.starts_with('<')) {
    failure.message = printable(body);
  }
  return failure;
}

// scheme://authority, path and query of a URL that was checked when the profile was resolved.
void aim(AwsRequest& request, const std::string& url) {
  const std::size_t authority = url.find("://") + 3;
  const std::size_t path = std::min(url.find_first_of("/?", authority), url.size());
  const std::size_t query = std::min(url.find('?', path), url.size());
  request.endpoint = {url.substr(0, path), url.substr(authority, path - authority), url.starts_with("https"), {}};
  request.path = path == query ? "/" : url.substr(path, query - path);
  if (query < url.size()) request.query = url.substr(query + 1);
}

class ContainerFetch final : public KeyFetch {
 public:
  ContainerFetch(AwsContext& context, ErrandDoer& errands, const std::string& profile, const ContainerPlan& plan,
                 const ipc::SecretBuffer& token, OnKeys done)
      : KeyFetch(std::move(done)), context_(context), plan_(plan) {
    if (plan_.token_file.empty()) {
      ask(token.reveal());
      return;
    }
    errand_ = errands.open(ipc::ErrandKind::OpenTokenFile, {profile, plan_.token_file, {}},
                           [this](const ipc::Result<ipc::UniqueFd>& file) { on_file(file); });
  }

 private:
  void on_file(const ipc::Result<ipc::UniqueFd>& file) {
    if (!file) {
      return give_up({file.error().fault, file.error().what + " (the authorization token " + plan_.token_file + ")",
                      file.error().next_step});
    }
    auto token = read_token_file(file->get(), TokenForm::kHeader);
    if (token) return ask(token->reveal());
    ipc::Error error = std::move(token.error());
    error.what = "the authorization token in " + plan_.token_file + " " + error.what;
    give_up(
        ipc::with_next_step(std::move(error), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE must name a file with one line"));
  }

  void ask(std::string_view token) {
    AwsRequest request;
    request.service = "container";
    request.action = "asking for the container's keys";
    request.method = "GET";
    aim(request, plan_.url);
    request.headers.push_back({"Accept", "application/json"});
    if (!token.empty()) request.headers.push_back({"Authorization", std::string(token)});
    request.anonymous = request.link_local = true;
    request.try_deadline = std::chrono::seconds(2);
    request.max_tries = 3;
    call_ = std::make_unique<AwsCall>(
        context_, std::move(request), read_container_failure,
        [this](std::expected<HttpAnswer, AwsCallError> outcome) { on_answer(std::move(outcome)); });
  }

  void on_answer(std::expected<HttpAnswer, AwsCallError> outcome) {
    if (!outcome) return fail(std::move(outcome.error()));
    ipc::Result<KeysJson> read = read_keys_json(outcome->body.view(), "Token");
    if (!read) return odd(std::move(read.error()));
    if (ipc::Status whole = check_temporary(read->keys, context_.aws_now()); !whole)
      return odd(std::move(whole.error()));
    finish(std::move(read->keys));
  }

  void odd(ipc::Error error) {
    error.what = "the container's endpoint " + origin_of(plan_.url) + " answered what " + error.what;
    give_up(ipc::with_next_step(std::move(error),
                                "look at what answers there; it must be the endpoint that ECS or EKS names"));
  }

  void fail(AwsCallError error) {
    const long status = error.failure.status;
    if (status == 400 || status == 401 || status == 403) {
      error.error.next_step =
          "check AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN, and "
          "that the task or pod has a role";
    } else if (status == 404) {
      error.error.next_step = "check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI";
    } else if (status == 0 && error.error.fault == ipc::Fault::kConfig) {
      // A certificate or a URL: what follows was said.
    } else if (status == 0) {
      error.error.next_step = "is this a container of ECS or EKS, and is its agent running?";
    } else {
      error.error.next_step = "try again; if it stays so, look at the container's agent";
    }
    give_up(std::move(error.error));
  }

  void give_up(ipc::Error error) {
    error.what = plan_.place + ": " + error.what;
    finish(std::unexpected(std::move(error)));
  }

  AwsContext& context_;
  const ContainerPlan& plan_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
};

}  // namespace

StartFetch container_keys(AwsContext& context, ErrandDoer& errands, std::string profile, const ContainerPlan& plan,
                          ipc::SecretBuffer token) {
  return [&context, &errands, profile = std::move(profile), &plan,
          token = std::make_shared<const ipc::SecretBuffer>(std::move(token))](OnKeys done) {
    return std::make_unique<ContainerFetch>(context, errands, profile, plan, *token, std::move(done));
  };
}

}  // namespace broker
