#include "tools/aws/process.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "host/sandbox.h"
#include "ipc/secret.h"
#include "ipc/unique_fd.h"
#include "keys/no_errands.h"
#include "keystore/folder.h"
#include "services/sts.h"
#include "sources/open.h"
#include "sources/store.h"
#include "tools/settings/settings.h"

namespace broker {
namespace {

using ipc::Fault;
using Work = std::function<ipc::Result<std::string>(AwsSession&)>;

constexpr std::size_t kMaxAnswer = 1024 * 1024;

// ---- the keys' process

struct Unlocked {
  ResolvedProfile profile;
  std::string ca_pem;
  Proxy proxy;
};

// As the broker does it: protections first, then the keys, then nothing can be opened any more.
ipc::Result<Unlocked> lock_down_and_read_keys(const AwsPlace& place) {
  const std::string home = home_folder();
  const ipc::Settings settings = settings_of_environment(home);
  const ipc::Result<ProfilePaths> paths = profile_paths(settings, home);
  if (!paths) return std::unexpected(paths.error());
  if (const ipc::Status opened = ipc::SecretArena::open(); !opened) return std::unexpected(opened.error());
  const ReadableFiles files = readable_files(*paths, settings, home);
  const ipc::Result<std::string> protections = enter_sandbox(files);
  if (!protections) return std::unexpected(protections.error());
  ipc::Result<ResolvedProfile> profile =
      resolve_profile(place.profile, settings, home, place.region,
                      {.environment_keys = place.environment_keys,
                       .regions_alone = place.environment_keys,
                       .stored = [store = KeyStore(home)](std::string_view name) { return store.has(name); }});
  if (!profile) return std::unexpected(profile.error());
  if (auto* const stored = std::get_if<StoredKeyPlan>(&profile->base); stored && !place.brings_keys) {
    if (ipc::Status loaded = load_stored_key(*stored, home); !loaded) return std::unexpected(loaded.error());
  }
  ipc::Result<std::string> ca = load_ca(profile->ca_bundle);
  if (!ca) return std::unexpected(ca.error());
  ipc::Result<Proxy> proxy = read_proxy(settings);
  if (!proxy) return std::unexpected(proxy.error());
  if (const ipc::Status closed = forget_key_files(files); !closed) return std::unexpected(closed.error());
  return Unlocked{std::move(*profile), std::move(*ca), std::move(*proxy)};
}

struct FreeBase {
  void operator()(event_base* base) const { event_base_free(base); }
};

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? std::string_view(value) : std::string_view();
}

// They stay in the environment, too: this process is a copy of the tool, and ends with its answer.
CallerKeys keys_of_environment() {
  const auto secret = [](std::string_view value) {
    return value.empty() ? ipc::SecretBuffer() : ipc::SecretBuffer::copy_of(value);
  };
  return {{std::string(variable("AWS_ACCESS_KEY_ID")), secret(variable("AWS_SECRET_ACCESS_KEY")),
           secret(variable("AWS_SESSION_TOKEN"))},
          secret(variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"))};
}

ipc::Result<std::string> work_apart(const AwsPlace& place, const Work& work) {
  const std::unique_ptr<event_base, FreeBase> base(event_base_new());
  if (!base) return ipc::fail(Fault::kSystem, "the event loop cannot be made");
  ipc::Result<Unlocked> unlocked = lock_down_and_read_keys(place);
  if (!unlocked) return std::unexpected(unlocked.error());
  auto http = AwsHttp::open(base.get(), std::move(unlocked->ca_pem), std::move(unlocked->proxy));
  if (!http) return std::unexpected(http.error());
  EventTimers timers(base.get());
  const SystemClock clock;
  AwsContext context{**http, timers, clock};
  AwsSession session(base.get(), context, unlocked->profile);
  if (place.brings_keys) return work(session);
  NoErrands errands(timers);
  CallerKeys caller = keys_of_environment();
  const Principal anyone{};       // no policy or log knows this process by its first key (keys/same_principal.h)
  unlocked->profile.mfa.reset();  // nobody is asked for a code: the key itself signs
  auto keys = open_base_keys(unlocked->profile.base, {context, errands, unlocked->profile, anyone, caller});
  if (!keys) return std::unexpected(keys.error());
  context.keys = keys->get();
  return work(session);
}

// ---- the pipe: 'g' and the answer, or 'e', the fault, the sentence, a NUL and the next step

std::string packed(const ipc::Result<std::string>& answer) {
  std::string text(1, answer ? 'g' : 'e');
  if (answer) return text.append(*answer);
  const ipc::Error& error = answer.error();
  text += static_cast<char>('0' + static_cast<int>(error.fault));
  text.append(error.what).append(1, '\0').append(error.next_step);
  return text;
}

ipc::Result<std::string> unpacked(const std::string& text) {
  if (!text.empty() && text[0] == 'g') return text.substr(1);
  const std::size_t end = text.find('\0');
  if (text.size() < 2 || text[0] != 'e' || end == std::string::npos) {
    return ipc::fail(Fault::kSystem, "the process that asks AWS ended without an answer",
                     "try again; if it stays so, look at the kernel's log for what ended it");
  }
  return ipc::fail(static_cast<Fault>(text[1] - '0'), text.substr(2, end - 2), text.substr(end + 1));
}

[[noreturn]] void be_the_asker(int pipe, const AwsPlace& place, const Work& work) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (!ipc::become_unreadable()) ::_exit(1);
  const std::string answer = packed(work_apart(place, work));
  for (std::string_view rest = answer; !rest.empty();) {
    const ssize_t put = ::write(pipe, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) ::_exit(1);
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  ::_exit(0);  // nothing of the tool's own is flushed or freed twice
}

std::string read_answer(int pipe) {
  std::string text;
  char part[4096];
  while (text.size() <= kMaxAnswer) {
    const ssize_t got = ::read(pipe, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(part, static_cast<std::size_t>(got));
  }
  return text;
}

// ---- one call

// Starts a call and runs the loop until it has answered.
template <class Outcome, class Start>
Outcome wait_for(event_base* base, Start start) {
  std::optional<Outcome> outcome;
  const std::unique_ptr<AwsCall> call = start([&](Outcome got) {
    outcome.emplace(std::move(got));
    event_base_loopbreak(base);
  });
  while (!outcome && event_base_loop(base, EVLOOP_ONCE) == 0) {
  }
  if (outcome) return std::move(*outcome);
  return ipc::fail(Fault::kSystem, "the event loop ended before AWS answered", "try again");
}

}  // namespace

ipc::Result<Parameter> AwsSession::parameter(const std::string& name) {
  const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
  if (!ssm) return std::unexpected(ssm.error());
  return wait_for<ipc::Result<Parameter>>(
      base_, [&](auto done) { return ask_parameter(context_, *ssm, name, std::move(done)); });
}

ipc::Result<ParameterPair> AwsSession::parameters(const std::string& first, const std::string& second) {
  const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
  if (!ssm) return std::unexpected(ssm.error());
  return wait_for<ipc::Result<ParameterPair>>(
      base_, [&](auto done) { return ask_parameters(context_, *ssm, first, second, std::move(done)); });
}

ipc::Result<std::int64_t> AwsSession::put(const std::string& name, std::string_view value) {
  const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
  if (!ssm) return std::unexpected(ssm.error());
  return wait_for<ipc::Result<std::int64_t>>(
      base_, [&](auto done) { return ask_put_parameter(context_, *ssm, name, value, std::move(done)); });
}

ipc::Status AwsSession::kms_verify(std::string_view key, std::string_view message, std::string_view signature) {
  const ipc::Result<AwsEndpoint> kms = require_kms(profile_);
  if (!kms) return std::unexpected(kms.error());
  return wait_for<ipc::Status>(
      base_, [&](auto done) { return ask_kms_verify(context_, *kms, key, message, signature, std::move(done)); });
}

ipc::Result<KmsSignature> AwsSession::kms_sign(std::string_view key, std::string_view message) {
  const ipc::Result<AwsEndpoint> kms = require_kms(profile_);
  if (!kms) return std::unexpected(kms.error());
  return wait_for<ipc::Result<KmsSignature>>(
      base_, [&](auto done) { return ask_kms_sign(context_, *kms, key, message, std::move(done)); });
}

void AwsSession::use(BaseKey key) {
  own_ = std::make_unique<FixedKey>(std::move(key));
  context_.keys = own_.get();
}

ipc::Result<Principal> AwsSession::identity() {
  return wait_for<ipc::Result<Principal>>(
      base_, [&](auto done) { return ask_identity(context_, profile_.sts, std::move(done)); });
}

ipc::Result<HttpAnswer> AwsSession::send_iam(AwsRequest request) {
  const std::string action = request.action;
  return wait_for<ipc::Result<HttpAnswer>>(base_, [&](auto done) {
    return std::make_unique<AwsCall>(context_, std::move(request), read_sts_failure,
                                     [done = std::move(done), action](std::expected<HttpAnswer, AwsCallError> outcome) {
                                       if (!outcome)
                                         return done(std::unexpected(iam_error(action, std::move(outcome.error()))));
                                       done(std::move(*outcome));
                                     });
  });
}

ipc::Result<HttpAnswer> AwsSession::ask_iam(AwsRequest (*request)(const AwsEndpoint&)) {
  return send_iam(request(profile_.iam));
}

ipc::Result<CreatedKey> AwsSession::create_access_key() {
  const ipc::Result<HttpAnswer> answer = ask_iam(broker::create_access_key);
  if (!answer) return std::unexpected(answer.error());
  return read_created_key(answer->body.view());
}

ipc::Result<std::vector<std::string>> AwsSession::access_keys() {
  const ipc::Result<HttpAnswer> answer = ask_iam(list_access_keys);
  if (!answer) return std::unexpected(answer.error());
  return read_key_list(answer->body.view());
}

ipc::Status AwsSession::delete_access_key(std::string_view access_key_id) {
  const ipc::Result<HttpAnswer> answer = send_iam(broker::delete_access_key(profile_.iam, access_key_id));
  if (answer || answer.error().what.find("NoSuchEntity") != std::string::npos) return {};
  return std::unexpected(answer.error());
}

ipc::Result<std::string> work_in_this_process(const AwsPlace& place, const Work& work) {
  return work_apart(place, work);
}

ipc::Result<std::string> with_aws(const AwsPlace& place, const Work& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return ipc::system_error("a pipe cannot be made", "try again");
  ipc::UniqueFd read_end(ends[0]), write_end(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return ipc::system_error("the process that asks AWS cannot be started", "try again");
  if (child == 0) be_the_asker(write_end.get(), place, work);
  write_end = ipc::UniqueFd();
  const std::string answer = read_answer(read_end.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return unpacked(answer);
}

}  // namespace broker
