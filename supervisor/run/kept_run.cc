#include "run/kept_run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "start/shell_line.h"
#include "terminal/question.h"
#include "terminal/say.h"

namespace supervisor {

using ipc::Side;

ipc::Status KeptRun::start() {
  if (ipc::Status s = become_subreaper(); !s) return s;
  auto descriptor = signal_descriptor();
  if (!descriptor) return std::unexpected(descriptor.error());
  signals_ = std::move(*descriptor);
  // In this order: the command is forked into the caller's session, then we leave it.
  if (ipc::Status s = job_.start(command_plan()); !s) return s;
  (void)preparation_.cgroup.take_in(job_.command().pid);
  tree_end_.use(preparation_.cgroup);
  watch_folder();
  if (has_terminal()) talk_.errands().offer_terminal([this] { return asker(); });
  if (::setsid() < 0) return ipc::system_error("setsid");
  if (ipc::Status s = talk_.start_broker(); !s) return s;
  return talk_.start_frontend();
}

// The waiting command, which alone of ours is in the caller's session.
ipc::Result<int> KeptRun::asker() const {
  if (job_.command().starter) return job_.command().starter.get();
  return ipc::fail(ipc::Fault::kUnavailable, "the terminal is the command's now");
}

CommandPlan KeptRun::command_plan() {
  CommandPlan plan;
  plan.file = preparation_.command_file;
  plan.arguments = preparation_.request.command;
  plan.caller_environment = preparation_.environment;
  plan.facts.transport = preparation_.listener.transport;
  plan.facts.port = preparation_.listener.port;
  plan.facts.socket_path = preparation_.listener.path;
  plan.facts.server = preparation_.listener.server;
  plan.facts.config_path = preparation_.folder.config_path;
  plan.facts.credentials_path = preparation_.folder.credentials_path;
  plan.signals = caller_signals_;
  plan.forget = [this] { preparation_.environment_keys.reset(); };
  return plan;
}

void KeptRun::watch_folder() {
  folder_.begin(preparation_.owned);
  if (folder_.why_by_looking().empty()) return;
  say("this host gives no more of what tells of changed files (inotify: " + folder_.why_by_looking() +
      "): this run's files are looked at once a second instead");
}

ipc::Status KeptRun::write_config() {
  talk_.errands().leave_terminal();
  talk_.errands().work();
  return write_aws_config(preparation_, talk_.profiles(), folder_);
}

ipc::Status KeptRun::release_command() {
  const ExecRequest& request = preparation_.request;
  const std::string& profile = talk_.profiles().front().name;
  if (!request.quiet && is_interactive_shell(request.command)) {
    const bool unix_socket = preparation_.listener.transport == ipc::Transport::Unix;
    say(shell_line({profile, talk_.standing().role_arn.str(), talk_.standing().rule.str(),
                    unix_socket ? "Unix socket" : "TCP on 127.0.0.1"}));
  }
  talk_.lines().begin(job_.command().pid, is_shell_for_people(request.command));
  ipc::Status released =
      release(job_.command(), {profile, talk_.region(), talk_.token().reveal(), talk_.answer_key().reveal()});
  talk_.forget_token();
  return released;
}

void KeptRun::stop_tree() {
  talk_.errands().end();
  talk_.forget_token();
  job_.command().starter.reset();  // a command that still waits ends itself
  tree_end_.leave_unnamed(job_.command().pid);
  (void)sweep_tree(false);  // a tree that is empty now is found so again
}

// Orphans become children one generation at a time, so this is repeated until there are none.
bool KeptRun::sweep_tree(bool kill) {
  tree_end_.spare({talk_.helper(Side::Broker).pid, talk_.helper(Side::Frontend).pid});
  return tree_end_.sweep(kill);
}

void KeptRun::name_what_is_left() {
  constexpr std::size_t kMostNamed = 8;
  const std::vector<pid_t> left = tree_end_.left();
  for (std::size_t i = 0; i < std::min(left.size(), kMostNamed); ++i) {
    say(process_words(left[i]) + " of the command could not be ended (another user's?); it gets no more credentials");
  }
  if (left.size() > kMostNamed) say("nor could " + std::to_string(left.size() - kMostNamed) + " more");
}

void KeptRun::close_helpers() {
  if (const std::string words = tree_end_.words(); !words.empty() && !preparation_.request.quiet) say(words);
  talk_.helper(Side::Broker).channel.close();
  talk_.helper(Side::Frontend).channel.close();
}

void KeptRun::kill_helper(Side side) {
  Helper& helper = talk_.helper(side);
  if (helper.running()) (void)helper.handle.send_signal(SIGKILL);
}

void KeptRun::finish() {
  // A witness that the command stopped sees no end of file. Its broker has ended, so it is our child now.
  for (const pid_t pid : own_children()) ::kill(pid, SIGKILL);
  preparation_.cgroup.remove();
  for (const std::string& path : preparation_.owned.remove_all())
    say("left behind, because it is not ours any more: " + path);
}

}  // namespace supervisor
