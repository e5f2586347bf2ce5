#include "sources/process.h"

#include <utility>

#include "keys/keys_json.h"
#include "text/plain_text.h"

namespace broker {
namespace {

class ProcessFetch final : public KeyFetch {
 public:
  ProcessFetch(AwsContext& context, ErrandDoer& errands, std::string profile, ProcessPlan plan, OnKeys done)
      : KeyFetch(std::move(done)), context_(context), profile_(std::move(profile)), plan_(std::move(plan)) {
    errand_ = errands.ask(ipc::ErrandKind::RunCredentialProcess, {profile_, plan_.command, {}},
                          [this](ipc::Result<ipc::SecretBuffer> output) { on_output(std::move(output)); });
  }

 private:
  void on_output(ipc::Result<ipc::SecretBuffer> output) {
    if (!output) return fail(": ", output.error());
    if (output->empty()) return fail(" printed ", nothing());
    auto keys = read_process_keys(output->reveal(), context_.aws_now());
    if (!keys) return fail(" printed what ", keys.error());
    finish(std::move(keys));
  }

  // Of a script that goes on after `> /dev/stdout` has failed.
  static ipc::Error nothing() {
    return {ipc::Fault::kProtocol, "nothing",
            "run it by hand; if it prints its keys there, it may open /dev/stdout by name, which is a socket under "
            "sentinel: let it print to its standard output (>&1)"};
  }

  void fail(std::string_view verb, ipc::Error error) {
    error.what = plan_.place + ": credential_process of profile '" + profile_ + "': " + program_of(plan_.command) +
                 std::string(verb) + error.what;
    finish(std::unexpected(
        ipc::with_next_step(std::move(error),
                            "run it by hand and compare: one JSON object with Version 1, AccessKeyId, SecretAccessKey, "
                            "and SessionToken and Expiration where the keys are temporary")));
  }

  AwsContext& context_;
  std::string profile_;
  ProcessPlan plan_;
  std::unique_ptr<Errand> errand_;
};

}  // namespace

StartFetch process_keys(AwsContext& context, ErrandDoer& errands, std::string profile, ProcessPlan plan) {
  return [&context, &errands, profile = std::move(profile), plan = std::move(plan)](OnKeys done) {
    return std::make_unique<ProcessFetch>(context, errands, profile, plan, std::move(done));
  };
}

ipc::Result<IssuedCredentials> read_process_keys(std::string_view output, std::chrono::sys_seconds now) {
  ipc::Result<KeysJson> read = read_keys_json(output, "SessionToken");
  if (!read) return std::unexpected(std::move(read).error());
  if (!read->version_1) return ipc::fail(ipc::Fault::kProtocol, "has no Version that is 1", {});
  if (read->keys.access_key_id.empty()) return ipc::fail(ipc::Fault::kProtocol, "has no AccessKeyId", {});
  if (ipc::Status good = check_not_ended(read->keys, now); !good) return std::unexpected(std::move(good).error());
  return std::move(read->keys);
}

std::string program_of(std::string_view command) {
  constexpr std::string_view kBetween = " \t\r\n";
  const std::size_t start = command.find_first_not_of(kBetween);
  if (start == std::string_view::npos) return "(no program)";
  command.remove_prefix(start);
  const char quote = command.front();
  if (quote == '"' || quote == '\'') {
    command.remove_prefix(1);
    return printable(command.substr(0, command.find(quote)), 120);
  }
  return printable(command.substr(0, command.find_first_of(kBetween)), 120);
}

}  // namespace broker
