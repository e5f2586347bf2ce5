// What the supervisor says to its two helpers and hears from them, in the order of ipc/messages.def: settings and logs
// to the broker, both locked down and seen to be so from outside, then the listener to the frontend.
//
// Without a server the broker is alone, and answers with the keys themselves.
// Runs in: supervisor (keeper; the caller's own process without a server).   Blocks: never.
// Owns: both helpers' handles and channels.
// Fails: any packet that the table forbids, a foreign build, a protection that is not in force: the start fails.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "child/aws_config.h"
#include "child/held_lines.h"
#include "child/launch.h"
#include "errands/errands.h"
#include "run/preparation.h"

namespace supervisor {

// What came of reading a channel.
enum class Heard {
  Nothing,
  AllReady,  // both helpers serve, or the answer of a run without a server is there
  Refused,   // error() says why; the helper is of no use any more
  PeerGone,
};

class Conversation {
 public:
  explicit Conversation(Preparation& preparation);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  ipc::Status start_broker();
  ipc::Status start_frontend();
  Heard hear(ipc::Side side);

  Helper& helper(ipc::Side side) { return side == ipc::Side::Broker ? broker_ : frontend_; }
  Errands& errands() { return errands_; }
  // What is said while the command has the terminal, and can wait.
  HeldLines& lines() { return lines_; }
  [[nodiscard]] const HeldLines& lines() const { return lines_; }
  [[nodiscard]] const Errands& errands() const { return errands_; }
  // Whether a human is waited for in another run, said since the last call: the start's deadline begins anew.
  bool take_renewal() { return std::exchange(renewed_, false); }
  [[nodiscard]] const ipc::Error& error() const { return error_; }
  [[nodiscard]] const std::string& region() const { return region_; }
  // The profiles of the run with what the user's command may see of each, which was checked against its table; the
  // first is the command's default. Of a run that serves there is one at least.
  [[nodiscard]] const std::vector<CommandProfile>& profiles() const { return profiles_; }
  [[nodiscard]] const ipc::Secret<64>& token() const { return token_; }
  [[nodiscard]] const ipc::Secret<64>& answer_key() const { return answer_key_; }
  void forget_token() { token_ = {}, answer_key_ = {}; }
  // The broker's witness, as the broker named it; 0 before that, and where there is none.
  [[nodiscard]] pid_t witness_pid() const { return witness_pid_; }
  // For the decision log, where there is still a broker to write it.
  void tell_tampered(std::string_view what, bool ends);
  // Of a run without a server: the one answer that it ends with.
  [[nodiscard]] bool has_answer() const { return issued_.has_value() || identity_.has_value() || page_.has_value(); }
  ipc::IssuedKeys& issued() { return *issued_; }
  [[nodiscard]] const ipc::Whoami& identity() const { return *identity_; }
  ipc::ConsolePage& page() { return *page_; }
  [[nodiscard]] const std::vector<ipc::WhoamiRole>& roles() const { return roles_; }
  // Of a run that issues: under what it began.
  [[nodiscard]] const ipc::Standing& standing() const { return standing_; }
  // That the start has taken longer than kStartDeadline, and whom we still wait for.
  [[nodiscard]] ipc::Error overdue() const;
  void frontend_ended() { frontend_locked_ = attached_ = false; }

 private:
  ipc::Status tell_broker_the_task();
  ipc::Status on_broker(ipc::Packet&);
  ipc::Status on_frontend(const ipc::Packet&);
  ipc::Status take(const ipc::BrokerLockedDown&);
  ipc::Status take(const ipc::ServedProfile&);
  ipc::Status take(ipc::CommandSetting&);
  ipc::Status take(ipc::Ready&);
  ipc::Status take(ipc::IssuedKeys&);
  ipc::Status take(ipc::Whoami&);
  ipc::Status take(ipc::ConsolePage&);
  ipc::Status take(ipc::WhoamiRole&);
  ipc::Status take(ipc::Standing&);
  ipc::Status take(const ipc::Failed&);
  ipc::Status take(const ipc::Notice&);
  ipc::Status take(const ipc::Errand&);
  ipc::Status take(const ipc::Waiting&);
  ipc::Status take(const ipc::LogFull&);
  static ipc::Status on_locked_down(const std::string& who, ipc::U64 protocol, const Helper&);
  ipc::Status send_environment_keys();
  ipc::Status send_companions(const DecisionLog& log);
  ipc::Status send_log(const DecisionLog&);
  ipc::Status connect_helpers();

  Preparation& preparation_;
  Helper broker_, frontend_;
  ipc::UniqueFd witness_status_;  // came with BrokerLockedDown
  Errands errands_;
  bool broker_locked_ = false, broker_ready_ = false, frontend_locked_ = false, attached_ = false,
       listener_told_ = false, renewed_ = false;
  std::map<std::string, DecisionLog> next_logs_;  // by label: what took the place of the one that we started with
  std::vector<CommandProfile> profiles_;
  std::size_t told_settings_ = 0;
  pid_t witness_pid_ = 0;
  std::string region_;
  ipc::Secret<64> token_, answer_key_;
  std::optional<ipc::Tampered> early_tampered_;  // the first, until the keys of the environment were sent
  std::optional<ipc::IssuedKeys> issued_;
  std::optional<ipc::Whoami> identity_;
  std::optional<ipc::ConsolePage> page_;
  std::vector<ipc::WhoamiRole> roles_;  // told before identity_
  ipc::Standing standing_;
  HeldLines lines_;
  ipc::Error error_{};
};

}  // namespace supervisor
