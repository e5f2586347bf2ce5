// sentinel-frontend: reads hostile HTTP so that no process with a secret has to. Started by sentinel, never by hand.
#include <event2/event.h>
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>

#include "channel_numbers.h"
#include "ending.h"
#include "ipc/process/lockdown.h"
#include "isolation.h"
#include "sandbox.h"
#include "server.h"
#include "supervisor_link.h"

namespace {

using frontend::end_run;
using frontend::Ending;

[[noreturn]] void give_up(Ending ending, const ipc::Error& error) {
  std::fprintf(stderr, "sentinel-frontend: %s\n", error.what.c_str());
  if (!error.next_step.empty()) std::fprintf(stderr, "  %s\n", error.next_step.c_str());
  end_run(ending);
}

// Made before lock-down, so that epoll_create1 and the like need no row. Single-threaded: no locks.
event_base* new_event_base() {
  event_config* const config = event_config_new();
  if (!config) end_run(Ending::NotPrepared);
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  event_config_avoid_method(config, "poll");
  event_config_avoid_method(config, "select");
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  if (!base) end_run(Ending::NotPrepared);
  return base;
}

}  // namespace

int main(int argc, char** argv) {
  if (ipc::Status s = ipc::become_unreadable(); !s) give_up(Ending::NotLockedDown, s.error());
  if (argc == 2 && std::string_view(argv[1]) == "--print-sandbox") {
    frontend::print_sandbox(stdout);
    return 0;
  }
  if (argc != 1) give_up(Ending::Usage, {ipc::Fault::kUsage, "the only flag is --print-sandbox", "", 0});

  // Adopt.
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // an extra; end of file on the control channel is the lifeline
  ipc::Result<ipc::UniqueFd> control = frontend::adopt_control_channel();
  if (!control) give_up(Ending::NoControl, control.error());

  // Prepare.
  event_base* const base = new_event_base();
  const uid_t own_uid = ::geteuid();
  const std::uint32_t capacity = frontend::affordable_connections(frontend::kMaxConnections);
  frontend::Server server(base, {.capacity = capacity, .only_uid = own_uid});
  frontend::SupervisorLink supervisor(base, std::move(*control), server);

  // Lock down.
  const frontend::Isolation isolation = frontend::isolate();
  if (!isolation.sees_uids) server.set_only_uid(std::nullopt);
  if (ipc::Status s = frontend::settle_descriptors(); !s) give_up(Ending::NotPrepared, s.error());
  const ipc::Result<std::string> protections = frontend::enter_sandbox();
  if (!protections) give_up(Ending::NotLockedDown, protections.error());
  supervisor.report_locked_down(*protections + ", " + isolation.words);

  // Serve. Ends through end_run.
  event_base_dispatch(base);
  end_run(Ending::KernelRefused);
}
