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
#include "host/root_file.h"
#include "host/sandbox.h"
#include "host/unix_groups.h"
#include "keystore/folder.h"
#include "policy/source/file.h"
#include "policy/source/required_key.h"
#include "profile/without_keys.h"
#include "serve/print_tables.h"
#include "serve/service.h"
#include "sources/store.h"

namespace {

using broker::Terms;
constexpr int kControlFd = 3;

// What Landlock leaves readable: the AWS files and certificates until they are read, then only the policy's folder.
broker::ReadableFiles readable_files(const Terms& terms, const broker::ProfilePaths& paths) {
  broker::ReadableFiles files;
  files.until_keys_are_read = {terms.home,
                               paths.config,
                               paths.credentials,
                               "/etc/ssl",
                               "/usr/share/ca-certificates",
                               "/usr/local/share/ca-certificates",
                               std::string(ipc::setting(terms.settings, "AWS_CA_BUNDLE"))};
  if (!terms.log_key.empty()) files.until_keys_are_read.push_back(terms.log_key);
  files.until_keys_are_read.push_back(broker::kHostPolicyKey);
  if (!terms.policy_key.empty()) files.until_keys_are_read.push_back(terms.policy_key);
  if (!terms.policy_file.empty()) files.always = broker::policy_file_folders(terms.policy_file);
  return files;
}

event_base* new_event_base() {
  event_config* const config = event_config_new();
  if (!config) return nullptr;
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

// Adopt: who started us, what to serve, and the witness, before there is any secret.
ipc::Result<broker::CallerCheck> find_callers() {
  ipc::Result<ipc::Pidfd> supervisor = broker::supervisor_behind(kControlFd);
  if (!supervisor) return std::unexpected(supervisor.error());
  ipc::Result<broker::Witness> witness = broker::Witness::start();
  if (!witness) return std::unexpected(witness.error());
  return broker::CallerCheck::open(std::move(*supervisor), ::getuid(), std::move(*witness));
}

// Before the lock-down, too: who runs us, and a process that goes on asking what the device is like.
ipc::Result<broker::HostFacts> find_host_facts(broker::CallerCheck& callers, const Terms& terms) {
  ipc::Result<broker::PostureReader> posture = broker::PostureReader::start();
  if (!posture) return std::unexpected(posture.error());
  if (posture->exists()) {
    if (ipc::Status known = callers.leave_out(posture->pid()); !known) return std::unexpected(known.error());
  }
  broker::HostFacts facts{std::move(*posture), broker::own_unix_groups()};
  if (!terms.remote_url.empty()) {
    ipc::Result<std::string> device = broker::read_device_id();
    if (!device) return std::unexpected(device.error());
    facts.device_id = std::move(*device);
  }
  return facts;
}

// For the MFA sessions that runs share. Before the lock-down, whose filter kills keyctl.
std::optional<broker::SessionStore> open_session_store(Terms& terms) {
  if (!terms.session_store) return std::nullopt;
  auto key = broker::user_keyring_key("sentinel:sessions");
  if (!key) return std::nullopt;  // this host keeps none: each run asks for a code of its own
  return broker::SessionStore(std::move(terms.session_store), std::move(*key));
}

ipc::Result<broker::ReadableFiles> check_readable(const Terms& terms) {
  const auto paths = broker::profile_paths(terms.settings, terms.home);
  if (!paths) return std::unexpected(paths.error());
  broker::ReadableFiles files = readable_files(terms, *paths);
  if (std::ranges::find(files.always, "/") == files.always.end()) return files;
  return ipc::fail(ipc::Fault::kConfig,
                   "the policy file " + terms.policy_file + " lies in /, and the broker may read its whole folder",
                   "keep the policy in a folder of its own");
}

ipc::Status say_locked_down(ipc::Channel& control, const std::string& protections, const broker::CallerCheck& callers) {
  ipc::BrokerLockedDown locked;
  locked.protocol = ipc::kProtocolHash;
  locked.witness_pid = static_cast<ipc::U32>(callers.witness_pid());
  const bool memfd = ipc::SecretArena::protection() == ipc::SecretProtection::kMemfdSecret;
  locked.protections = ipc::Text<1024>(
      protections + (memfd ? ", secrets in memfd_secret, " : ", secrets in locked pages, ") + callers.level());
  return control.send(locked);
}

ipc::Status read_keys(ipc::Channel& control, const Terms& terms, broker::KeysRead& read) {
  if (terms.environment_follows) {
    auto received = broker::receive_caller_keys(control);
    if (!received) return std::unexpected(received.error());
    read.caller_keys = std::move(*received);
  }
  const broker::KeyStore store(terms.home);
  ipc::Result<broker::ResolvedProfile> profile =
      terms.remote_token_file.empty()
          ? broker::resolve_profile(terms.profile, terms.settings, terms.home, terms.region,
                                    {.environment_keys = terms.environment_keys,
                                     .stored = [&store](std::string_view name) { return store.has(name); }})
          : broker::resolve_without_keys(terms.profile, terms.settings, terms.home, terms.region);
  if (!profile) return std::unexpected(profile.error());
  read.profile = std::move(*profile);
  if (auto* const stored = std::get_if<broker::StoredKeyPlan>(&read.profile.base)) {
    if (ipc::Status loaded = broker::load_stored_key(*stored, terms.home); !loaded) return loaded;
  }
  ipc::Result<std::string> ca = broker::load_ca(read.profile.ca_bundle);
  if (!ca) return std::unexpected(ca.error());
  read.ca_pem = std::move(*ca);
  if (!terms.log_key.empty()) {
    auto key = broker::LogKey::read(terms.log_key, broker::LogKey::Purpose::kSign, terms.log_key_id);
    if (!key) return std::unexpected(key.error());
    read.log_key = std::move(*key);
  }
  auto chosen = broker::choose_policy_key(broker::kHostPolicyKey, terms.policy_key, terms.policy_kms_key);
  if (!chosen) return std::unexpected(chosen.error());
  read.policy_key = std::move(*chosen);
  return {};
}

// Lock down, and only then read the keys.
ipc::Result<broker::KeysRead> lock_down_and_read_keys(ipc::Channel& control, Terms& terms,
                                                      const broker::CallerCheck& callers) {
  if (ipc::Status opened = ipc::SecretArena::open(); !opened) return std::unexpected(opened.error());
  const auto files = check_readable(terms);
  if (!files) return std::unexpected(files.error());
  broker::KeysRead read;
  read.sessions = open_session_store(terms);
  const ipc::Result<std::string> protections = broker::enter_sandbox(*files);
  if (!protections) return std::unexpected(protections.error());
  if (ipc::Status said = say_locked_down(control, *protections, callers); !said) return std::unexpected(said.error());
  if (ipc::Status keys = read_keys(control, terms, read); !keys) return std::unexpected(keys.error());
  if (ipc::Status closed = broker::forget_key_files(*files); !closed) return std::unexpected(closed.error());
  return read;
}

ipc::Result<broker::AuditLog> open_log(Terms& terms, std::optional<broker::LogKey> key) {
  broker::AuditLog log(std::move(key));
  for (broker::LogSinkTerm& sink : terms.sinks) {
    ipc::Status added = log.add_sink(std::move(sink.fd), sink.label, sink.sync, sink.kind);
    if (!added) return std::unexpected(added.error());
  }
  return log;
}

int serve() {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // an extra; end of file on the control channel is the lifeline
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // under a small `ulimit -f` the log's write fails with EFBIG, and says so
  ipc::Channel control(ipc::UniqueFd(kControlFd), ipc::Side::Broker, ipc::Side::Supervisor);
  ipc::Result<Terms> terms = broker::receive_terms(control);
  if (!terms) return 1;  // nobody we know is listening
  const auto give_up = [&control](const ipc::Error& error) {
    broker::say_failed(control, error);
    return 1;
  };
  ipc::Result<broker::CallerCheck> callers = find_callers();
  if (!callers) return give_up(callers.error());
  ipc::Result<broker::HostFacts> host = find_host_facts(*callers, *terms);
  if (!host) return give_up(host.error());
  event_base* const base = new_event_base();
  if (!base) return give_up(ipc::Error{ipc::Fault::kSystem, "the event loop cannot be made", "", 0});
  ipc::Result<broker::KeysRead> read = lock_down_and_read_keys(control, *terms, *callers);
  if (!read) return give_up(read.error());
  ipc::Result<broker::AuditLog> audit = open_log(*terms, std::move(read->log_key));
  if (!audit) return give_up(audit.error());
  auto service = broker::Service::open(base, std::move(control), std::move(*terms), std::move(*read),
                                       std::move(*callers), std::move(*audit), std::move(*host));
  return service ? (*service)->run() : 1;  // open() has said why
}

}  // namespace

int main(int argc, char** argv) {
  if (!ipc::become_unreadable()) return 1;
  if (argc == 2) return broker::print_tables(argv[1], stdout) ? 0 : 2;
  if (!broker::start_libraries()) return 1;
  return serve();
}
