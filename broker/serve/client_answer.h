// Writes the broker's answer on the client's own connection: credentials, or a refusal, which tells the client nothing
// else but the policy's own reason, where it may hear that.
//
// Blocks: never: one send; a client that does not take the whole answer at once is cut off.   Owns: one buffer in
// wiped memory, used for every answer and wiped after each. A refusal has both spellings of its keys (Code and code,
// Message and message), since some SDKs read only the one, some only the other. Its type is application/json exactly:
// Go's SDK shows no text of another type.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "aws/credentials.h"
#include "decide/permit.h"
#include "ipc/secret.h"

namespace broker {

// What went wrong, as the client may know it: the status and one sentence. Which check refused, only the log says.
// kNotYet: as kUnavailable, and sentinel-credential-process is to ask again.
enum class RefusalForm { kForbidden, kFailed, kUnavailable, kNotYet };

enum class Sent {
  kWhole,    // the client's kernel has all of it
  kInstead,  // of credentials, kFailed was sent
  kDropped,  // the connection was shut down: the client was gone, or did not read
};

// What the client needs to know that the answer is ours (ipc/client/answer_mac.h).
struct AnswerProof {
  const ipc::SecretBuffer& key;
  std::string_view nonce;      // empty: the client does not ask for it
  std::string_view profile{};  // as the client named it; empty: it named none
};

class ClientAnswer {
 public:
  static constexpr std::size_t kMaxBodyBytes = 9'999;  // what the strictest SDK reads
  static constexpr std::size_t kMaxReason = 4'600;     // of its bytes as JSON, which stand in an answer twice

  ClientAnswer() : body_(ipc::SecretBuffer::with_capacity(kMaxBodyBytes)) {}

  // Spends the permit: each recorded decision releases credentials once. A permit already spent, and credentials that
  // do not fit or hold bytes that AWS never issues, release nothing. `local_end`: their end by this machine's clock,
  // which is what the client looks at; none: the clock is AWS's.
  Sent send_credentials(int client, RecordedPermit permit, const IssuedCredentials& keys, bool keep_alive,
                        const AnswerProof& proof, std::optional<std::chrono::sys_seconds> local_end = {});
  // How the run stands, as lines (ipc/client/run_status.h).
  Sent send_status(int client, std::string_view lines, bool keep_alive, const AnswerProof& proof);
  // `reason`: behind the form's sentence, cut where it is longer than kMaxReason; empty: nothing, as for whoever is not
  // known.
  Sent send_refusal(int client, RefusalForm refusal, bool keep_alive, std::string_view reason = {});

 private:
  [[nodiscard]] bool put_credentials(const IssuedCredentials& keys, std::chrono::sys_seconds end);
  [[nodiscard]] bool put_refusal(std::string_view code, std::string_view message);  // the latter as a JSON string
  // One that only some answers have.
  struct Header {
    std::string_view name{}, value{};
  };
  [[nodiscard]] static Header mac_header(std::string_view mac);
  [[nodiscard]] Sent send_body(int client, std::string_view status, bool keep_alive, Header header,
                               std::string_view type = "application/json");

  ipc::SecretBuffer body_;
};

}  // namespace broker
