// Answers a run without a server: for a command's environment, for an SDK that asked by credential_process, or with a
// page of the AWS console. The policy is asked in that mode, the line is written, and the keys or the page go to the
// supervisor once; then the broker ends.
//
// Of the console the policy is asked as of a command that gets keys in its environment (mode cli): nothing but the
// keys' end takes either of them back. Runs in: broker, main thread, when the start has succeeded.   Blocks: for the
// log's disk, with --log-sync. Fails: with what the policy refuses now, and where the line cannot be written: no line,
// no credentials.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "audit/log.h"
#include "call/aws_call.h"
#include "decide/run.h"
#include "ipc/messages.h"
#include "run_profiles/run_profile.h"

namespace broker {

ipc::Result<ipc::IssuedKeys> issue_once(AuditLog& audit, RunProfile& profile);

class ConsoleAnswer {
 public:
  using Done = std::function<void(ipc::Result<ipc::ConsolePage>)>;
  struct Parts {
    AuditLog& audit;
    RunProfile& profile;
    Notices& notices;
    std::string destination;  // as it was asked for
  };
  explicit ConsoleAnswer(Parts parts) : parts_(std::move(parts)) {}
  // The sign-in token is made first, of keys that the policy permits; then the policy is asked once more, and the line
  // is written before the page goes. `done` is called once.
  void begin(Done done);

 private:
  ipc::Status ask();
  void on_token(std::expected<HttpAnswer, AwsCallError> answer);
  ipc::Result<ipc::ConsolePage> page_with(std::string_view token) const;

  Parts parts_;
  Done done_;
  AwsEndpoint endpoint_;
  std::string destination_, key_id_;
  std::unique_ptr<AwsCall> call_;
};

// As rules name it.
Mode mode_of(ipc::RunMode mode);

}  // namespace broker
