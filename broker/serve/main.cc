// sentinel-broker: holds the keys and the policy, and answers verified callers. Started by sentinel, never by hand.
#include <event2/event.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string_view>

#include "call/libraries.h"
#include "caller/caller_check.h"
#include "host/device_id.h"
#include "host/kernel_keyring.h"
#include "host/name_database.h"
#include "host/root_file.h"
#include "host/sandbox.h"
#include "host/timers.h"
#include "ipc/files/kept_files.h"
#include "ipc/files/state_folder.h"
#include "ipc/process/user_namespace.h"
#include "keystore/folder.h"
#include "policy/source/file.h"
#include "policy/source/required_key.h"
#include "profile/files.h"
#include "profile/without_keys.h"
#include "serve/print_tables.h"
#include "serve/secret_budget.h"
#include "serve/service.h"
#include "sources/store.h"

namespace {

using broker::Task;
constexpr int kControlFd = 3;

std::string data_folder(const Task& task) {
  return ipc::data_folder(task.begin.home.str(), ipc::setting(task.settings, "XDG_DATA_HOME"));
}

// What Landlock leaves readable: the AWS files and certificates until they are read, then only the policy's folder.
broker::ReadableFiles readable_files(const Task& task, const broker::ProfilePaths& paths) {
  const ipc::Begin& begin = task.begin;
  broker::ReadableFiles files =
      broker::profile_and_certificates(begin.home.str(), data_folder(task), paths.config, paths.credentials,
                                       std::string(ipc::setting(task.settings, "AWS_CA_BUNDLE")));
  if (!begin.log_key.empty()) files.until_keys_are_read.push_back(begin.log_key.str());
  files.until_keys_are_read.push_back(broker::kHostPolicyKey);
  if (!begin.policy_key.empty()) files.until_keys_are_read.push_back(begin.policy_key.str());
  if (!begin.policy_file.empty() && !task.policy_text)
    files.always = broker::policy_file_folders(begin.policy_file.str());
  return files;
}

// Adopt: who started us, what to serve, and the witness, before there is any secret.
ipc::Result<broker::CallerCheck> find_callers(broker::CallerSources& sources, const broker::Clock& clock) {
  ipc::Result<ipc::Pidfd> supervisor = broker::supervisor_behind(kControlFd);
  if (!supervisor) return std::unexpected(supervisor.error());
  return broker::CallerCheck::open(std::move(*supervisor), ::getuid(), sources, clock);
}

// Before the lock-down, too: who runs us, and a process that goes on asking what the device is like.
ipc::Result<broker::HostFacts> find_host_facts(broker::CallerCheck& callers, const Task& task) {
  ipc::Result<broker::PostureReader> posture = broker::PostureReader::start();
  if (!posture) return std::unexpected(posture.error());
  if (posture->exists()) {
    if (ipc::Status known = callers.leave_out(posture->pid()); !known) return std::unexpected(known.error());
  }
  broker::HostFacts facts{std::move(*posture), broker::own_unix_groups()};
  facts.user_namespace = ipc::own_user_namespace();
  if (!task.begin.remote_url.empty()) {
    ipc::Result<std::string> device = broker::read_device_id();
    if (!device) return std::unexpected(device.error());
    facts.device_id = std::move(*device);
  }
  return facts;
}

// For what runs keep for the next ones, where this one is to. Before the lock-down, whose filter kills keyctl.
std::optional<broker::SessionStore> open_store(ipc::UniqueFd file, ipc::KeptFile kind) {
  if (!file) return std::nullopt;
  auto key = broker::login_keyring_key(ipc::kept_row(kind).keyring);
  if (!key) return std::nullopt;  // this host keeps none: each run asks for a code, or for keys, of its own
  return broker::SessionStore(std::move(file), std::move(*key));
}

ipc::Result<broker::ReadableFiles> check_readable(const Task& task) {
  const auto paths = broker::profile_paths(task.settings, task.begin.home.str());
  if (!paths) return std::unexpected(paths.error());
  broker::ReadableFiles files = readable_files(task, *paths);
  if (std::ranges::find(files.always, "/") == files.always.end()) return files;
  return ipc::fail(
      ipc::Fault::kConfig,
      "the policy file " + task.begin.policy_file.str() + " lies in /, and the broker may read its whole folder",
      "keep the policy in a folder of its own");
}

ipc::Status say_locked_down(ipc::Channel& control, const std::string& protections, broker::CallerSources& callers) {
  ipc::BrokerLockedDown locked;
  locked.protocol = ipc::kProtocolHash;
  locked.witness_pid = static_cast<ipc::U32>(callers.witness.pid());
  const bool memfd = ipc::SecretArena::protection() == ipc::SecretProtection::kMemfdSecret;
  locked.protections = ipc::Text<1024>(
      protections + (memfd ? ", secrets in memfd_secret, " : ", secrets in locked pages, ") + callers.level());
  const ipc::UniqueFd status = callers.witness.take_status();
  return control.send(locked, status.get());
}

ipc::Status load_ca_of(const broker::ResolvedProfile& profile, broker::KeysRead& read) {
  if (read.ca_pem.contains(profile.ca_bundle)) return {};
  ipc::Result<std::string> ca = broker::load_ca(profile.ca_bundle);
  if (!ca) return std::unexpected(ca.error());
  read.ca_pem.emplace(profile.ca_bundle, std::move(*ca));
  return {};
}

// What has to be read for a profile before the right to open files goes.
ipc::Result<broker::ResolvedProfile> with_its_files(ipc::Result<broker::ResolvedProfile> profile,
                                                    const std::string& data_folder, broker::KeysRead& read) {
  if (!profile) return profile;
  if (auto* const stored = std::get_if<broker::StoredKeyPlan>(&profile->base)) {
    if (ipc::Status loaded = broker::load_stored_key(*stored, data_folder); !loaded)
      return std::unexpected(loaded.error());
  }
  if (ipc::Status loaded = load_ca_of(*profile, read); !loaded) return std::unexpected(loaded.error());
  return profile;
}

ipc::Status read_profiles(const Task& task, broker::KeysRead& read) {
  const ipc::Begin& begin = task.begin;
  const std::string home = begin.home.str(), data = data_folder(task), region = begin.region.str();
  std::vector<std::string> known;
  broker::ResolveProfile resolve;
  const broker::KeystoreFolder store(data);
  const broker::ProfileOptions options{
      .environment_keys = begin.environment_keys,
      .stored = [&store](std::string_view name) { return store.has(name); },
      .stored_names = [&store] { return store.names().value_or(std::vector<std::string>()); }};
  std::optional<broker::ProfileFiles> files;
  if (begin.remote_token_file.empty()) {
    auto paths = broker::profile_paths(task.settings, home);
    if (!paths) return std::unexpected(paths.error());
    auto opened = broker::ProfileFiles::open(std::move(paths->config), std::move(paths->credentials));
    if (!opened) return std::unexpected(opened.error());
    known = files.emplace(std::move(*opened)).names();
    resolve = [&](const std::string& name) {
      return with_its_files(broker::resolve_profile(*files, name, task.settings, home, region, options), data, read);
    };
  } else {
    resolve = [&](const std::string& name) {
      return with_its_files(broker::resolve_without_keys(name, task.settings, home, region), data, read);
    };
  }
  auto chosen = broker::choose_profiles(task.wanted, known, resolve);
  if (!chosen) return std::unexpected(chosen.error());
  read.chosen = std::move(*chosen);
  return {};
}

ipc::Status read_keys(ipc::Channel& control, const Task& task, broker::KeysRead& read) {
  if (task.begin.environment_follows) {
    auto received = broker::receive_caller_keys(control);
    if (!received) return std::unexpected(received.error());
    read.caller_keys = std::move(*received);
  }
  const ipc::Begin& begin = task.begin;
  if (ipc::Status profiles = read_profiles(task, read); !profiles) return profiles;
  if (!begin.log_key.empty()) {
    auto key = broker::LogKey::read(begin.log_key.str(), broker::LogKey::Purpose::kSign, begin.log_key_id.str());
    if (!key) return std::unexpected(key.error());
    read.log_key = std::move(*key);
  }
  auto chosen = broker::choose_policy_key(broker::kHostPolicyKey, begin.policy_key.str(), begin.policy_kms_key.str());
  if (!chosen) return std::unexpected(chosen.error());
  read.policy_key = std::move(*chosen);
  return {};
}

// Lock down, and only then read the keys.
ipc::Result<broker::KeysRead> lock_down_and_read_keys(ipc::Channel& control, Task& task,
                                                      broker::CallerSources& callers) {
  if (ipc::Status opened = ipc::SecretArena::open(broker::arena_for(task.most_profiles())); !opened)
    return std::unexpected(opened.error());
  const auto files = check_readable(task);
  if (!files) return std::unexpected(files.error());
  broker::KeysRead read;
  read.may_share_mfa = static_cast<bool>(task.session_store);
  read.may_keep_keys = static_cast<bool>(task.role_keys);
  read.sessions = open_store(std::move(task.session_store), ipc::KeptFile::kSessions);
  read.openers = open_store(std::move(task.openers), ipc::KeptFile::kOpeners);
  read.role_keys = open_store(std::move(task.role_keys), ipc::KeptFile::kRoleKeys);
  const ipc::Result<std::string> protections = broker::enter_sandbox(*files);
  if (!protections) return std::unexpected(protections.error());
  if (ipc::Status said = say_locked_down(control, *protections, callers); !said) return std::unexpected(said.error());
  if (ipc::Status keys = read_keys(control, task, read); !keys) return std::unexpected(keys.error());
  if (ipc::Status closed = broker::forget_key_files(*files); !closed) return std::unexpected(closed.error());
  return read;
}

ipc::Result<broker::AuditLog> open_log(Task& task, std::optional<broker::LogKey> key, const broker::Clock& clock) {
  broker::AuditLog log(clock, std::move(key));
  for (auto& [sink, fd, lock, head] : task.sinks) {
    ipc::Status added =
        log.add_sink(std::move(fd), sink.label.str(), sink.sync, sink.kind, std::move(lock), std::move(head));
    if (!added) return std::unexpected(added.error());
  }
  return log;
}

int run_until_it_ends(event_base* base, broker::Service& service) {
  std::optional<int> status;
  service.begin([&](int ended_with) {
    status = ended_with;
    event_base_loopbreak(base);
  });
  if (!status) event_base_dispatch(base);
  return status.value_or(1);
}

int serve() {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // an extra; end of file on the control channel is the lifeline
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // under a small `ulimit -f` the log's write fails with EFBIG, and says so
  ipc::Channel control(ipc::UniqueFd(kControlFd), ipc::Side::Broker, ipc::Side::Supervisor);
  const broker::SystemClock clock;
  if (!control.only_from_maker()) return 1;  // there is no supervisor to tell
  ipc::Result<Task> task = broker::receive_task(control);
  if (!task) return 1;  // no supervisor is listening
  const auto give_up = [&control](const ipc::Error& error) {
    broker::say_failed(control, error);
    return 1;
  };
  // Every first key: a temporary one outlives the run as well, or its source gives another to whoever has read it; and
  // which a profile begins with is known only when it is read.
  if (ipc::Status apart = ipc::check_no_user_namespace(task->begin.allow_user_namespace); !apart) {
    return give_up(apart.error());
  }
  ipc::Result<std::unique_ptr<broker::CallerSources>> sources = broker::CallerSources::open();
  if (!sources) return give_up(sources.error());
  ipc::Result<broker::CallerCheck> callers = find_callers(**sources, clock);
  if (!callers) return give_up(callers.error());
  ipc::Result<broker::HostFacts> host = find_host_facts(*callers, *task);
  if (!host) return give_up(host.error());
  event_base* const base = broker::new_event_base().release();  // to the end of the process
  if (!base) return give_up(ipc::Error{ipc::Fault::kSystem, "the event loop cannot be made", "", 0});
  ipc::Result<broker::KeysRead> read = lock_down_and_read_keys(control, *task, **sources);
  if (!read) return give_up(read.error());
  ipc::Result<broker::AuditLog> audit = open_log(*task, std::move(read->log_key), clock);
  if (!audit) return give_up(audit.error());
  broker::EventTimers timers(base);
  const broker::BrokerParts parts{base, timers, clock, **sources};
  auto service = broker::Service::open(parts, std::move(control), std::move(*task), std::move(*read),
                                       std::move(*callers), *audit, std::move(*host));
  return service ? run_until_it_ends(base, **service) : 1;  // open() has said why
}

}  // namespace

int main(int argc, char** argv) {
  if (!ipc::become_unreadable()) return 1;
  if (argc == 2) return broker::print_tables(argv[1], stdout) ? 0 : 2;
  if (!broker::start_libraries()) return 1;
  return serve();
}
