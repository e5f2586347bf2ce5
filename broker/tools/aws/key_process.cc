#include "tools/aws/key_process.h"

#include <sys/wait.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "ipc/process/forked_process.h"
#include "text/ascii.h"
#include "text/base64.h"
#include "tools/aws/run_with_keys.h"

namespace broker {
namespace {

using ipc::Fault;

std::unexpected<ipc::Error> gone() {
  return ipc::fail(Fault::kSystem, "the process that asks AWS ended without an answer",
                   "try again; if it stays so, look at the kernel's log for what ended it");
}

// A text that its field cannot carry whole is refused rather than cut.
template <class Field>
ipc::Status fill(Field& field, std::string_view text, std::string_view what) {
  if (field.assign(text)) return {};
  return ipc::fail(Fault::kRefused,
                   std::string(what) + " has a NUL byte in it, or more than " + std::to_string(Field::kCapacity) +
                       " bytes, which is more than AWS takes",
                   "shorten it");
}

// A question that is signed with the key that comes with it.
template <class Question>
ipc::Result<InSecret<Question>> signed_by(const BaseKey& key) {
  InSecret<Question> question;
  ipc::Status filled = fill(question->access_key_id, key.access_key_id, "the access key id");
  if (filled) filled = fill(question->secret_access_key, key.secret_access_key.reveal(), "the secret access key");
  if (!filled) return std::unexpected(filled.error());
  return question;
}

std::optional<Parameter> found(ipc::U64 version, const std::string& value) {
  if (version == 0) return std::nullopt;
  return Parameter{value, static_cast<std::int64_t>(version)};
}

void wait_for(pid_t child) {
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

ipc::Result<KeyProcess> KeyProcess::start(const AwsPlace& place) {
  auto forked = ipc::fork_process("the process that asks AWS",
                                  [&](ipc::UniqueFd tool) { run_in_key_process(std::move(tool), place); });
  if (!forked) return std::unexpected(forked.error());
  if (const ipc::Status opened = ipc::SecretArena::open(); !opened) {
    forked->socket.reset();
    wait_for(forked->pid);
    return std::unexpected(opened.error());
  }
  KeyProcess process(KeyChannel(std::move(forked->socket), ipc::Side::Tool, ipc::Side::KeyProcess), forked->pid);
  const auto ready = process.receive<ipc::KeysReady>();
  if (!ready) return std::unexpected(ready.error());
  process.channel_.gate().enter_serving();
  return process;
}

KeyProcess::KeyProcess(KeyChannel channel, pid_t child) : channel_(std::move(channel)), child_(child) {}

KeyProcess::KeyProcess(KeyProcess&& other) noexcept
    : channel_(std::move(other.channel_)), child_(std::exchange(other.child_, -1)) {}

KeyProcess::~KeyProcess() {
  channel_.close();
  wait_for(child_);
}

template <class Answer>
ipc::Result<InSecret<Answer>> KeyProcess::receive() {
  const ipc::Result<ipc::U16> id = channel_.receive();
  if (!id) return std::unexpected(id.error());
  if (*id == 0) return gone();
  if (*id == Answer::kId) return channel_.open<Answer>();
  if (*id != ipc::AskFailed::kId) return ipc::fail(Fault::kProtocol, "an answer to another question came");
  const auto failed = channel_.open<ipc::AskFailed>();
  if (!failed) return std::unexpected(failed.error());
  const ipc::AskFailed& message = **failed;
  return ipc::fail(message.fault, message.what.str(), message.next_step.str());
}

template <class Answer, class Question>
ipc::Result<InSecret<Answer>> KeyProcess::ask(const Question& question) {
  if (!channel_.send(question)) return gone();
  return receive<Answer>();
}

ipc::Result<Parameter> KeyProcess::parameter(std::string_view name) {
  ipc::Result<ParameterPair> pair = parameters(name, {});
  if (!pair) return std::unexpected(std::move(pair.error()));
  if (!pair->first) return std::unexpected(no_parameter(name));
  return std::move(*pair->first);
}

ipc::Result<ParameterPair> KeyProcess::parameters(std::string_view first, std::string_view second) {
  ipc::AskParameters question;
  ipc::Status filled = fill(question.first, first, "the name of the SSM parameter");
  if (filled) filled = fill(question.second, second, "the name of the signature's SSM parameter");
  if (!filled) return std::unexpected(filled.error());
  const auto answer = ask<ipc::ParametersFound>(question);
  if (!answer) return std::unexpected(answer.error());
  const ipc::ParametersFound& pair = **answer;
  return ParameterPair{found(pair.first_version, pair.first.str()), found(pair.second_version, pair.second.str())};
}

ipc::Result<std::int64_t> KeyProcess::put(std::string_view name, std::string_view value) {
  ipc::AskPut question;
  ipc::Status filled = fill(question.name, name, "the name of the SSM parameter");
  if (filled) filled = fill(question.value, value, "what the SSM parameter " + std::string(name) + " would hold");
  if (!filled) return std::unexpected(filled.error());
  const auto answer = ask<ipc::ParameterPut>(question);
  if (!answer) return std::unexpected(answer.error());
  return static_cast<std::int64_t>((*answer)->version);
}

ipc::Result<KmsPublicKey> KeyProcess::kms_public_key(std::string_view kms_key) {
  ipc::AskKmsKey question;
  if (ipc::Status filled = fill(question.kms_key, kms_key, "the name of the KMS key"); !filled)
    return std::unexpected(filled.error());
  const auto answer = ask<ipc::KmsKeyFound>(question);
  if (!answer) return std::unexpected(answer.error());
  ipc::Result<std::string> der = from_base64((*answer)->key.str());
  if (!der) return std::unexpected(der.error());
  return KmsPublicKey{std::move(*der), (*answer)->kms_key.str()};
}

ipc::Result<KmsSignature> KeyProcess::kms_sign(std::string_view kms_key, std::string_view message) {
  ipc::AskKmsSign question;
  ipc::Status filled = fill(question.kms_key, kms_key, "the name of the KMS key");
  if (filled) filled = fill(question.message, message, "what is to be signed");
  if (!filled) return std::unexpected(filled.error());
  const auto answer = ask<ipc::KmsSigned>(question);
  if (!answer) return std::unexpected(answer.error());
  ipc::Result<std::string> signature = from_base64((*answer)->signature.str());
  if (!signature) return std::unexpected(std::move(signature.error()));
  return KmsSignature{std::move(*signature), (*answer)->kms_key.str()};
}

ipc::Result<std::string> KeyProcess::arn(const BaseKey& key) {
  const auto question = signed_by<ipc::AskIdentity>(key);
  if (!question) return std::unexpected(question.error());
  const auto answer = ask<ipc::IdentityFound>(**question);
  if (!answer) return std::unexpected(answer.error());
  return (*answer)->arn.str();
}

ipc::Result<CreatedKey> KeyProcess::create_access_key(const BaseKey& key) {
  const auto question = signed_by<ipc::AskCreateKey>(key);
  if (!question) return std::unexpected(question.error());
  const auto answer = ask<ipc::KeyCreated>(**question);
  if (!answer) return std::unexpected(answer.error());
  return CreatedKey{(*answer)->access_key_id.str(), ipc::SecretBuffer::copy_of((*answer)->secret_access_key.reveal())};
}

ipc::Result<std::vector<std::string>> KeyProcess::access_keys(const BaseKey& key) {
  const auto question = signed_by<ipc::AskKeys>(key);
  if (!question) return std::unexpected(question.error());
  const auto answer = ask<ipc::KeysFound>(**question);
  if (!answer) return std::unexpected(answer.error());
  std::vector<std::string> ids;
  for (const std::string_view id : split_words((*answer)->access_key_ids.str(), ' ')) ids.emplace_back(id);
  return ids;
}

ipc::Status KeyProcess::delete_access_key(const BaseKey& key, std::string_view access_key_id) {
  const auto question = signed_by<ipc::AskDeleteKey>(key);
  if (!question) return std::unexpected(question.error());
  if (ipc::Status filled = fill((*question)->deleted, access_key_id, "the access key id"); !filled) return filled;
  const auto answer = ask<ipc::AskDone>(**question);
  if (!answer) return std::unexpected(answer.error());
  return {};
}

}  // namespace broker
