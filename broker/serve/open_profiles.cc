// The profiles of a run, put together at its start: each with its first key, and what the command is told of it.
#include <algorithm>
#include <set>

#include "ipc/command_settings.h"
#include "remote/server.h"
#include "serve/service.h"
#include "text/plain_text.h"

namespace broker {

Run Service::run_of(const ResolvedProfile& profile) const {
  Run run = facts_;
  run.profile = profile.name;
  run.source = key_source(profile);
  run.credential_source = source_row(kind_of(profile.base)).word;
  if (!task_.begin.remote_url.empty()) {
    // The server makes keys to measure, out of whatever it has.
    run.source = KeySource{.has_role = true};
    run.credential_source = kRemoteSource;
  }
  return run;
}

// What was named has to be usable; what a pattern found is left out where it is not.
ipc::Status Service::open_profiles(ChosenProfiles chosen) {
  errands_ = std::make_unique<Errands>(
      broker_.base, broker_.timers, [this](const ipc::Errand& errand) { return control_.send(errand); },
      [this](const ipc::Waiting& waiting) { return control_.send(waiting); });
  shared_.emplace(RunShared{audit_, notices_, broker_.clock, broker_.timers, flood_, static_cast<long>(callers_.uid()),
                            task_.begin.session_table.str(), role_keys_ ? &*role_keys_ : nullptr,
                            chosen.profiles.size() == 1});
  for (ChosenProfile& each : chosen.profiles) {
    const std::string name = each.resolved.name;
    const ipc::Status opened = open_profile(std::move(each.resolved), each.by_pattern);
    if (opened) continue;
    if (!each.by_pattern) return opened;
    chosen.left_out.push_back(left_out_sentence(name, opened.error()));
  }
  tell_left_out(chosen.left_out);
  if (!profiles_.all().empty()) return {};
  return ipc::fail(ipc::Fault::kConfig, "no profile that was asked for can be used", "name one with --profile");
}

ipc::Status Service::open_profile(ResolvedProfile resolved, bool by_pattern) {
  const auto profile = std::make_shared<ResolvedProfile>(std::move(resolved));
  Run run = run_of(*profile);  // before the key is taken out of the plan
  ipc::Result<FirstKey*> key = open_key(profile);
  if (!key) return std::unexpected(key.error());
  RunProfile& added = profiles_.add(std::make_unique<RunProfile>(profile, std::move(run), **key, *shared_));
  if (!by_pattern && !task_.begin.lazy) ahead_.push_back(&added);
  return {};
}

ipc::Result<FirstKey*> Service::open_key(const std::shared_ptr<ResolvedProfile>& profile) {
  if (FirstKey* const same = first_keys_.of(*profile)) {
    // Read once more for this profile, and held already.
    if (auto* const own = std::get_if<StaticKeyPlan>(&profile->base)) own->key = BaseKey();
    return same;
  }
  if (kind_of(profile->base) == SourceKind::kEnvironment && first_keys_.has_environments()) {
    return ipc::fail(ipc::Fault::kConfig,
                     "profile '" + profile->name +
                         "' begins with the environment's access key as another profile of "
                         "this run does, and with another MFA device, ca_bundle or STS endpoint",
                     "serve it in a run of its own");
  }
  FirstKey& key = first_keys_.add(AwsContext{*http_.at(profile->ca_bundle), broker_.timers, broker_.clock}, profile);
  key.aws.clock_learned = [this, &key] { say_clock(key.aws.clock_offset); };
  key.aws.slow = [this](const std::string& whom) { say_slow(whom); };
  if (!task_.begin.remote_token_file.empty()) return &key;  // nothing is signed
  auto keys = open_base_keys(profile->base, source_parts(key));
  if (!keys) {
    first_keys_.drop_last();
    return std::unexpected(keys.error());
  }
  key.keys = std::move(*keys);
  key.aws.keys = key.keys.get();
  return &key;
}

SourceParts Service::source_parts(FirstKey& key) {
  KeyEvents events;
  events.failed = [this, &key](const ipc::Error& error, std::chrono::seconds left) {
    if (left.count() == 0) return;  // the next request hears it
    const std::string& name = key.profile->base_profile;
    notices_.refusal("base-renewal " + name, "renewing the keys of profile " + name + " failed: " + error.what,
                     broker_.clock.since_boot());
  };
  SourceParts parts{key.aws, *errands_, *key.profile, key.principal, caller_keys_};
  parts.sessions = session_store_ ? &*session_store_ : nullptr;
  parts.may_share_mfa = may_share_mfa_;
  parts.openers = openers_ ? &*openers_ : nullptr;
  parts.remember = task_.remember;
  parts.events = std::move(events);
  parts.auto_login = task_.begin.auto_login;
  parts.browser_login = task_.begin.browser_login;
  parts.warn = [this](const std::string& sentence) { notices_.warning(sentence); };
  parts.inform = [this](const std::string& sentence) { notices_.info(sentence); };
  parts.took_shared_session = [&key](std::chrono::sys_seconds made) { key.shared_mfa_since = made; };
  return parts;
}

// While the terminal is still ours, what would else be asked in a window when a program needs it; then the run serves.
// Of profiles that were named: those that a pattern found may be many, and each with a device of its own.
void Service::ask_ahead() {
  while (!ahead_.empty()) {
    RunProfile& next = *ahead_.front();
    ahead_.pop_front();
    if (next.ready() || !next.may_ask_user()) continue;
    return next.prepare(StartFor::kRequests, [this, &next](const ipc::Status& prepared) {
      if (!prepared) {
        notices_.warning("profile " + printable(next.name()) + " is not ready: " + prepared.error().what +
                         "; the run begins without it, and asks again when a program needs it");
      }
      ask_ahead();
    });
  }
  serve();
}

// ---- what the command and its user are told of them ---------------------------------------------------------------

void Service::tell_left_out(const std::vector<std::string>& left_out) {
  constexpr std::size_t kMostTold = 10;
  for (std::size_t i = 0; i < std::min(kMostTold, left_out.size()); ++i) notices_.warning(left_out[i]);
  if (left_out.size() <= kMostTold) return;
  notices_.warning(std::to_string(left_out.size() - kMostTold) +
                   " more profiles are left out; sentinel profiles says what each one lacks");
}

ipc::Status Service::check_settings() {
  std::size_t all = 0;
  std::set<std::string> warnings;
  for (const auto& profile : profiles_.all()) {
    const CommandSettings& command = profile->resolved().command;
    for (const std::string& warning : command.warnings) {
      if (warnings.insert(warning).second) notices_.warning(warning);
    }
    all += command.settings.size();
    if (command.settings.size() > ipc::kMostCommandSettings) {
      return ipc::fail(ipc::Fault::kConfig,
                       "profile '" + profile->name() + "' has more settings than a command is told",
                       "keep at most " + std::to_string(ipc::kMostCommandSettings) + " of them");
    }
  }
  if (all <= ipc::kMostRunSettings) return {};
  return ipc::fail(ipc::Fault::kConfig, "the profiles of this run have more settings than a command is told",
                   "keep at most " + std::to_string(ipc::kMostRunSettings) + " of them, or name fewer profiles");
}

// Goes on where the channel took no more.
ipc::Status Service::tell_profiles() {
  for (; told_profiles_ < profiles_.all().size(); ++told_profiles_, told_settings_ = 0, told_name_ = false) {
    const ResolvedProfile& profile = profiles_.all()[told_profiles_]->resolved();
    if (!told_name_) {
      const ipc::ServedProfile served{ipc::Text<256>(profile.name), ipc::Text<64>(profile.region)};
      if (ipc::Status sent = control_.send(served); !sent) return sent;
      told_name_ = true;
    }
    for (; told_settings_ < profile.command.settings.size(); ++told_settings_) {
      if (ipc::Status sent = control_.send(profile.command.settings[told_settings_]); !sent) return sent;
    }
  }
  return {};
}

}  // namespace broker
