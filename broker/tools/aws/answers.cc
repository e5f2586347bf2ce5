#include "tools/aws/answers.h"

#include <event2/event.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "call/signing_keys.h"
#include "services/iam.h"
#include "services/queries.h"
#include "services/sts.h"
#include "text/base64.h"

namespace broker {
namespace {

using ipc::Fault;

// The key that came with a question.
template <class Question>
SharedKey key_of(const Question& question) {
  return std::make_shared<const BaseKey>(
      BaseKey{question.access_key_id.str(), ipc::SecretBuffer::copy_of(question.secret_access_key.reveal()), {}});
}

class Answers {
 public:
  Answers(KeyChannel& tool, event_base* base, AwsContext& context, const ResolvedProfile& profile)
      : tool_(tool), base_(base), context_(context), profile_(profile) {}

  // False: nothing more can be said to the tool.
  bool answer(ipc::U16 id) {
    switch (id) {
      case ipc::AskParameters::kId:
        return take<ipc::AskParameters>();
      case ipc::AskPut::kId:
        return take<ipc::AskPut>();
      case ipc::AskKmsKey::kId:
        return take<ipc::AskKmsKey>();
      case ipc::AskKmsSign::kId:
        return take<ipc::AskKmsSign>();
      case ipc::AskIdentity::kId:
        return take<ipc::AskIdentity>();
      case ipc::AskCreateKey::kId:
        return take<ipc::AskCreateKey>();
      case ipc::AskKeys::kId:
        return take<ipc::AskKeys>();
      case ipc::AskDeleteKey::kId:
        return take<ipc::AskDeleteKey>();
    }
    return false;
  }

 private:
  template <class Question>
  bool take() {
    const auto question = tool_.open<Question>();
    return question && on(**question);
  }

  bool failed(const ipc::Error& error) { return tool_.send(ask_failed(error)); }
  bool cannot_be_carried(std::string_view what) {
    return failed({Fault::kProtocol, std::string(what) + " is no text, or longer than AWS's are",
                   "check that the endpoint is AWS", 0});
  }
  // Starts a call and runs the loop until it has answered.
  template <class Outcome, class Start>
  Outcome wait_for(Start start) {
    std::optional<Outcome> outcome;
    const std::unique_ptr<AwsCall> call = start([&](Outcome got) {
      outcome.emplace(std::move(got));
      event_base_loopbreak(base_);
    });
    while (!outcome && event_base_loop(base_, EVLOOP_ONCE) == 0) {
    }
    if (outcome) return std::move(*outcome);
    return ipc::fail(Fault::kSystem, "the event loop ended before AWS answered", "try again");
  }

  bool on(const ipc::AskParameters& question) {
    const std::string& first = question.first.str();
    const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
    if (!ssm) return failed(ssm.error());
    if (!question.second.empty()) {
      const auto pair = wait_for<ipc::Result<ParameterPair>>(
          [&](auto done) { return ask_parameters(context_, *ssm, first, question.second.str(), std::move(done)); });
      return pair ? found(*pair) : failed(pair.error());
    }
    auto one = wait_for<ipc::Result<Parameter>>(
        [&](auto done) { return ask_parameter(context_, *ssm, first, std::move(done)); });
    return one ? found({std::move(*one), std::nullopt}) : failed(one.error());
  }

  bool found(const ParameterPair& pair) {
    ipc::ParametersFound answer;
    bool fits = true;
    if (pair.first) {
      answer.first_version = static_cast<ipc::U64>(pair.first->version);
      fits = answer.first.assign(pair.first->value);
    }
    if (pair.second) {
      answer.second_version = static_cast<ipc::U64>(pair.second->version);
      fits = answer.second.assign(pair.second->value) && fits;
    }
    return fits ? tool_.send(answer) : cannot_be_carried("what SSM answers");
  }

  bool on(const ipc::AskPut& question) {
    const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
    if (!ssm) return failed(ssm.error());
    const auto version = wait_for<ipc::Result<std::int64_t>>([&](auto done) {
      return ask_put_parameter(context_, *ssm, question.name.str(), question.value.str(), std::move(done));
    });
    return version ? tool_.send(ipc::ParameterPut{static_cast<ipc::U64>(*version)}) : failed(version.error());
  }

  bool on(const ipc::AskKmsKey& question) {
    const ipc::Result<AwsEndpoint> kms = require_kms(profile_);
    if (!kms) return failed(kms.error());
    const auto key = wait_for<ipc::Result<KmsPublicKey>>(
        [&](auto done) { return ask_kms_public_key(context_, *kms, question.kms_key.str(), std::move(done)); });
    if (!key) return failed(key.error());
    ipc::KmsKeyFound answer;
    const bool fits = answer.key.assign(base64(key->der)) && answer.kms_key.assign(key->arn);
    return fits ? tool_.send(answer) : cannot_be_carried("the key that KMS answers");
  }

  bool on(const ipc::AskKmsSign& question) {
    const ipc::Result<AwsEndpoint> kms = require_kms(profile_);
    if (!kms) return failed(kms.error());
    const auto made = wait_for<ipc::Result<KmsSignature>>([&](auto done) {
      return ask_kms_sign(context_, *kms, question.kms_key.str(), question.message.str(), std::move(done));
    });
    if (!made) return failed(made.error());
    ipc::KmsSigned answer;
    const bool fits = answer.signature.assign(base64(made->signature)) && answer.kms_key.assign(made->key_id);
    return fits ? tool_.send(answer) : cannot_be_carried("the signature that KMS made");
  }

  bool on(const ipc::AskIdentity& question) {
    const auto who = wait_for<ipc::Result<Principal>>(
        [&](auto done) { return ask_identity(context_, profile_.sts, key_of(question), std::move(done)); });
    if (!who) return failed(who.error());
    ipc::IdentityFound answer;
    return answer.arn.assign(who->arn) ? tool_.send(answer) : cannot_be_carried("the ARN that STS answers");
  }

  ipc::Result<HttpAnswer> ask_iam(AwsRequest request, SharedKey key) {
    const std::string action = request.action;
    return wait_for<ipc::Result<HttpAnswer>>([&](auto done) {
      return std::make_unique<AwsCall>(
          context_, std::move(request), std::move(key), read_sts_failure,
          [done = std::move(done), action](std::expected<HttpAnswer, AwsCallError> outcome) {
            if (!outcome) return done(std::unexpected(iam_error(action, std::move(outcome.error()))));
            done(std::move(*outcome));
          });
    });
  }

  bool on(const ipc::AskCreateKey& question) {
    const ipc::Result<HttpAnswer> answer = ask_iam(create_access_key(profile_.iam), key_of(question));
    if (!answer) return failed(answer.error());
    const ipc::Result<CreatedKey> key = read_created_key(answer->body.view());
    if (!key) return failed(key.error());
    const InSecret<ipc::KeyCreated> made;
    const bool fits = made->access_key_id.assign(key->access_key_id) &&
                      made->secret_access_key.assign(key->secret_access_key.reveal());
    return fits ? tool_.send(*made) : cannot_be_carried("the key " + key->access_key_id + ", which was made,");
  }

  bool on(const ipc::AskKeys& question) {
    const ipc::Result<HttpAnswer> answer = ask_iam(list_access_keys(profile_.iam), key_of(question));
    if (!answer) return failed(answer.error());
    const ipc::Result<std::vector<std::string>> ids = read_key_list(answer->body.view());
    if (!ids) return failed(ids.error());
    std::string all;
    for (const std::string& id : *ids) all += (all.empty() ? "" : " ") + id;
    ipc::KeysFound there;
    return there.access_key_ids.assign(all) ? tool_.send(there) : cannot_be_carried("the list of keys");
  }

  bool on(const ipc::AskDeleteKey& question) {
    const ipc::Result<HttpAnswer> answer =
        ask_iam(delete_access_key(profile_.iam, question.deleted.str()), key_of(question));
    if (answer || answer.error().what.find("NoSuchEntity") != std::string::npos) return tool_.send(ipc::AskDone{});
    return failed(answer.error());
  }

  KeyChannel& tool_;
  event_base* base_;
  AwsContext& context_;
  const ResolvedProfile& profile_;
};

}  // namespace

ipc::AskFailed ask_failed(const ipc::Error& error) {
  return {error.fault, ipc::Text<4096>(error.what), ipc::Text<2048>(error.next_step)};
}

void answer_questions(KeyChannel tool, event_base* base, AwsContext& context, const ResolvedProfile& profile) {
  if (!tool.send(ipc::KeysReady{})) return;
  tool.gate().enter_serving();
  Answers answers(tool, base, context, profile);
  for (;;) {
    const ipc::Result<ipc::U16> id = tool.receive();
    if (!id || *id == 0 || !answers.answer(*id)) return;
  }
}

}  // namespace broker
