#include "sources/instance.h"

#include <utility>

#include "aws/iam_syntax.h"
#include "keys/keys_json.h"
#include "text/ascii.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;
using Outcome = std::expected<HttpAnswer, AwsCallError>;

constexpr char kTokenPath[] = "/latest/api/token";
constexpr char kRolePath[] = "/latest/meta-data/iam/security-credentials/";
constexpr char kTokenLife[] = "21600";  // seconds; the longest there is
constexpr std::size_t kMaxSessionToken = 1024;

AwsFailure status_alone(const HttpAnswer& answer) { return {answer.status, {}, {}}; }

// No letter of IAM's role names means anything in a path, but for these two.
bool fits_path(std::string_view role_name) { return is_role_name(role_name) && role_name != "." && role_name != ".."; }

std::string_view first_line(std::string_view text) { return text.substr(0, text.find_first_of("\r\n")); }

class InstanceFetch final : public KeyFetch {
 public:
  InstanceFetch(AwsContext& context, const InstancePlan& plan, OnKeys done)
      : KeyFetch(std::move(done)), context_(context), plan_(plan) {
    AwsRequest request = to("asking the instance metadata service for a token", kTokenPath);
    request.method = "PUT";
    request.headers.push_back({"X-aws-ec2-metadata-token-ttl-seconds", kTokenLife});
    ask(std::move(request), &InstanceFetch::on_token);
  }

 private:
  [[nodiscard]] AwsRequest to(std::string doing, std::string path) const {
    AwsRequest request;
    request.service = "imds";
    request.action = std::move(doing);
    request.endpoint = {plan_.url, plan_.url.substr(plan_.url.find("://") + 3), plan_.url.starts_with("https"), {}};
    request.path = std::move(path);
    request.method = "GET";
    request.anonymous = request.link_local = true;
    request.try_deadline = std::chrono::seconds(1);
    request.max_tries = 3;
    return request;
  }

  // The call that this one replaces is through: it is what called.
  void ask(AwsRequest request, void (InstanceFetch::*then)(Outcome)) {
    if (!token_.empty()) request.headers.push_back({"X-aws-ec2-metadata-token", std::string(token_.reveal())});
    call_ = std::make_unique<AwsCall>(context_, std::move(request), status_alone,
                                      [this, then](Outcome outcome) { (this->*then)(std::move(outcome)); });
  }

  void on_token(Outcome outcome) {
    if (!outcome) {
      return fail(std::move(outcome.error()),
                  "allow version 2 of the metadata service on this instance (HttpTokens, HttpEndpoint); Sentinel does "
                  "not use version 1");
    }
    const std::string_view token = first_line(outcome->body.view());
    if (!is_visible(token) || token.size() > kMaxSessionToken) return odd("a token that is none");
    token_ = ipc::SecretBuffer::copy_of(token);
    ask(to("asking the instance metadata service for the instance's role", kRolePath), &InstanceFetch::on_role);
  }

  void on_role(Outcome outcome) {
    if (!outcome) return fail(std::move(outcome.error()), "attach an instance profile with a role to this instance");
    std::string_view name = outcome->body.view();
    while (name.ends_with('\n') || name.ends_with('\r')) name.remove_suffix(1);
    if (!fits_path(name)) return odd("the name of a role that can be none");
    role_ = name;
    ask(to("asking the instance metadata service for the keys of role " + role_, kRolePath + role_),
        &InstanceFetch::on_keys);
  }

  void on_keys(Outcome outcome) {
    if (!outcome) return fail(std::move(outcome.error()), "look at the instance's role in the EC2 console");
    ipc::Result<KeysJson> read = read_keys_json(outcome->body.view(), "Token");
    if (!read) return odd(std::move(read.error()), "what ");
    if (!read->code.empty() && read->code != "Success") return refused(*read);
    if (ipc::Status whole = check_temporary(read->keys, context_.aws_now()); !whole)
      return odd(std::move(whole.error()), "what ");
    finish(std::move(read->keys));
  }

  void refused(const KeysJson& answer) {
    give_up({Fault::kRefused,
             "the instance metadata service gives no keys of role " + role_ + ": " + printable(answer.code, 64) +
                 (answer.message.empty() ? "" : ": " + printable(answer.message)),
             "the role's trust policy must allow sts:AssumeRole to ec2.amazonaws.com"});
  }

  void odd(std::string what) { odd(ipc::Error{Fault::kProtocol, std::move(what), {}}, ""); }
  void odd(ipc::Error error, std::string_view before) {
    error.what = "the instance metadata service at " + plan_.url + " answered with " + std::string(before) + error.what;
    give_up(ipc::with_next_step(std::move(error),
                                "look at what answers there; on an EC2 instance it is the instance metadata service"));
  }

  void fail(AwsCallError error, std::string_view next_step) {
    const bool answered = error.failure.status != 0;
    if (!answered && error.error.fault == Fault::kConfig)
      return give_up(std::move(error.error));  // a certificate, a URL
    error.error.next_step = answered ? next_step
                                     : "is this an EC2 instance whose metadata service is on? from a container it "
                                       "answers only with a hop limit of 2 or more (HttpPutResponseHopLimit)";
    give_up(std::move(error.error));
  }

  void give_up(ipc::Error error) {
    error.what = plan_.place + ": " + error.what;
    finish(std::unexpected(std::move(error)));
  }

  AwsContext& context_;
  const InstancePlan& plan_;
  ipc::SecretBuffer token_;
  std::string role_;
  std::unique_ptr<AwsCall> call_;
};

}  // namespace

StartFetch instance_keys(AwsContext& context, const InstancePlan& plan) {
  return [&context, &plan](OnKeys done) { return std::make_unique<InstanceFetch>(context, plan, std::move(done)); };
}

}  // namespace broker
