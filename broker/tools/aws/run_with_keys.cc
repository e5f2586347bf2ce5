#include "tools/aws/run_with_keys.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include "aws/key_syntax.h"
#include "host/sandbox.h"
#include "host/timers.h"
#include "ipc/process/lockdown.h"
#include "ipc/process/user_namespace.h"
#include "ipc/secret.h"
#include "keys/no_errands.h"
#include "keys/token_text.h"
#include "keystore/folder.h"
#include "sources/open.h"
#include "sources/store.h"
#include "tools/aws/answers.h"
#include "tools/settings/settings.h"

namespace broker {
namespace {

using ipc::Fault;
using Work = std::function<ipc::Status(event_base*, AwsContext&, const ResolvedProfile&)>;

struct Unlocked {
  ResolvedProfile profile;
  std::string ca_pem;
  Proxy proxy;
};

// As the broker does it: protections first, then the keys, then nothing can be opened any more.
ipc::Result<Unlocked> lock_down_and_read_keys(const AwsPlace& place) {
  if (ipc::Status apart = ipc::check_no_user_namespace(place.allow_user_namespace); !apart) {
    return std::unexpected(apart.error());
  }
  const std::string home = home_folder();
  const ipc::Settings settings = settings_of_environment(home);
  const ipc::Result<ProfilePaths> paths = profile_paths(settings, home);
  if (!paths) return std::unexpected(paths.error());
  if (const ipc::Status opened = ipc::SecretArena::open(); !opened) return std::unexpected(opened.error());
  const ReadableFiles files = readable_files(*paths, settings, home);
  const ipc::Result<std::string> protections = enter_sandbox(files);
  if (!protections) return std::unexpected(protections.error());
  const KeystoreFolder store(stored_keys_folder(home));
  ipc::Result<ResolvedProfile> profile =
      resolve_profile(place.profile, settings, home, place.region,
                      {.environment_keys = place.environment_keys,
                       .regions_alone = place.environment_keys,
                       .stored = [&store](std::string_view name) { return store.has(name); },
                       .stored_names = [&store] { return store.names().value_or(std::vector<std::string>()); }});
  if (!profile) return std::unexpected(profile.error());
  if (auto* const stored = std::get_if<StoredKeyPlan>(&profile->base); stored && !place.brings_keys) {
    if (ipc::Status loaded = load_stored_key(*stored, stored_keys_folder(home)); !loaded)
      return std::unexpected(loaded.error());
  }
  ipc::Result<std::string> ca = load_ca(profile->ca_bundle);
  if (!ca) return std::unexpected(ca.error());
  ipc::Result<Proxy> proxy = read_proxy(settings);
  if (!proxy) return std::unexpected(proxy.error());
  if (const ipc::Status closed = forget_key_files(files); !closed) return std::unexpected(closed.error());
  return Unlocked{std::move(*profile), std::move(*ca), std::move(*proxy)};
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? std::string_view(value) : std::string_view();
}

// They stay in the environment, too: this process is a copy of the tool, and ends with its answer.
CallerKeys keys_of_environment() {
  CallerKeys keys;
  const auto take = [&keys](const char* name, std::size_t most, ipc::SecretBuffer& to) {
    const std::string_view value = variable(name);
    if (value.size() > most) {
      (keys.too_long += ' ') += name;
    } else if (!value.empty() && to.empty()) {
      to = ipc::SecretBuffer::copy_of(value);
    }
  };
  keys.key.access_key_id = variable("AWS_ACCESS_KEY_ID").substr(0, kMaxKeySecret);
  take("AWS_SECRET_ACCESS_KEY", kMaxKeySecret, keys.key.secret_access_key);
  take("AWS_SESSION_TOKEN", kMaxKeyToken, keys.key.session_token);
  take("AWS_SECURITY_TOKEN", kMaxKeyToken, keys.key.session_token);  // its old name
  take("AWS_CONTAINER_AUTHORIZATION_TOKEN", kMaxTokenText, keys.container_token);
  return keys;
}

// Runs `work` once the keys are read.
ipc::Status run_with_keys(const AwsPlace& place, const Work& work) {
  const EventBasePtr base = new_event_base();
  if (!base) return ipc::fail(Fault::kSystem, "the event loop cannot be made");
  ipc::Result<Unlocked> unlocked = lock_down_and_read_keys(place);
  if (!unlocked) return std::unexpected(unlocked.error());
  auto http = AwsHttp::open(base.get(), std::move(unlocked->ca_pem), std::move(unlocked->proxy));
  if (!http) return std::unexpected(http.error());
  EventTimers timers(base.get());
  const SystemClock clock;
  AwsContext context{**http, timers, clock};
  if (place.brings_keys) return work(base.get(), context, unlocked->profile);
  NoErrands errands(timers);
  CallerKeys caller = keys_of_environment();
  const Principal anyone{};       // no policy or log knows this process by its first key (keys/same_principal.h)
  unlocked->profile.mfa.reset();  // the user is not asked for a code: the key itself signs
  auto keys = open_base_keys(unlocked->profile.base, {context, errands, unlocked->profile, anyone, caller});
  if (!keys) return std::unexpected(keys.error());
  context.keys = keys->get();
  return work(base.get(), context, unlocked->profile);
}

}  // namespace

void run_in_key_process(ipc::UniqueFd tool, const AwsPlace& place) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (!ipc::become_unreadable()) ::_exit(1);
  const ipc::Status served =
      run_with_keys(place, [&tool](event_base* base, AwsContext& context, const ResolvedProfile& profile) {
        answer_questions(KeyChannel(std::move(tool), ipc::Side::KeyProcess, ipc::Side::Tool), base, context, profile);
        return ipc::Status{};
      });
  // Without memory for secrets nothing can be told; then the tool has none either, and says so itself.
  if (!served && ipc::SecretArena::open()) {
    (void)KeyChannel(std::move(tool), ipc::Side::KeyProcess, ipc::Side::Tool).send(ask_failed(served.error()));
  }
  ::_exit(0);  // nothing of the tool's own is flushed or freed twice
}

}  // namespace broker
