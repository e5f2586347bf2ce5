#include "settings/apply.h"

#include <algorithm>
#include <optional>

#include "settings/exclusive.h"
#include "settings/other_profiles.h"

namespace supervisor {
namespace {

using ipc::Fault;

std::string with_dashes(std::string_view option) { return "--" + std::string(option); }

// The profile first, since it chooses the sections of the others.
std::optional<Setting> said_profile(const CommandLine& line, const SettingSources& sources) {
  const auto of_every = [](const ConfigFile& file) -> std::optional<Setting> {
    for (const SettingsSection& section : file.sections) {
      for (const Setting& setting : section.settings) {
        if (section.pattern.empty() && setting.option == "profile") return setting;
      }
    }
    return {};
  };
  const std::optional<Setting> root = of_every(sources.root), user = of_every(sources.user);
  if (root && root->is_final) return root;
  if (line.has("profile")) return {};
  for (const Setting& variable : sources.variables) {
    if (variable.option == "profile") return variable;
  }
  if (!sources.aws_profile.empty())
    return Setting{"profile", sources.aws_profile, "AWS_PROFILE", Settable::Variable, false};
  return user ? user : root;
}

class Merge {
 public:
  Merge(CommandLine line, const SettingSources& sources) : sources_(sources) { out_.line = std::move(line); }

  ipc::Result<AppliedSettings> go() {
    if (const auto profile = said_profile(out_.line, sources_)) {
      if (ipc::Status taken = profile->is_final ? take_final(*profile) : take(*profile); !taken)
        return std::unexpected(taken.error());
    }
    const std::string profile = out_.line.value("profile");
    const std::vector<Setting> root = settings_for(sources_.root, profile, out_.line);
    for (const Setting& setting : root) {
      if (!setting.is_final) continue;
      if (ipc::Status taken = take_final(setting); !taken) return std::unexpected(taken.error());
    }
    for (const std::vector<Setting>& layer :
         {sources_.variables, settings_for(sources_.user, profile, out_.line), root}) {
      for (const Setting& setting : layer) {
        if (!is_heard(setting, out_.line.scope)) continue;
        if (ipc::Status taken = take(setting); !taken) return std::unexpected(taken.error());
      }
    }
    if (ipc::Status fits = leave_aside_what_does_nothing(); !fits) return std::unexpected(fits.error());
    if (ipc::Status fits = check_other_profiles(out_.line, sources_); !fits) return std::unexpected(fits.error());
    return std::move(out_);
  }

 private:
  ipc::Result<std::string> value_of(const Setting& setting) const {
    if (!setting.value.starts_with("~/") || find_run_option(setting.option)->argument != "PATH") return setting.value;
    if (!sources_.home.empty()) return sources_.home + setting.value.substr(1);
    return ipc::fail(Fault::kConfig, setting.place + ": it is not known what ~ stands for", "set HOME");
  }

  ipc::Status put(const Setting& setting) {
    auto value = value_of(setting);
    if (!value) return std::unexpected(value.error());
    out_.line.given[setting.option] = std::move(*value);
    out_.line.places[setting.option] = setting.place + (setting.is_final ? ", final" : "");
    if (setting.is_final) finals_.push_back(setting);
    return {};
  }

  // What is given already and goes against the setting: its own option with another value, or one that shuts it out.
  [[nodiscard]] std::string against(const Setting& setting) const {
    const CommandLine& line = out_.line;
    if (const auto at = line.given.find(setting.option); at != line.given.end())
      return at->second == setting.value && !line.more.contains(setting.option) ? "" : setting.option;
    for (const auto& [name, value] : line.given) {
      const OptionRow* row = find_option(name, line.scope);
      // --no-server speaks against a remote server, too.
      const bool chosen = row && (line.asks_for(*row) || (name == "server" && !line.places.contains(name)));
      const bool no_room = shut_out(name, setting.option, line.scope) ||
                           (setting.is_final && shut_out_finally(setting.option, name)) ||
                           (find_final(name) && shut_out_finally(name, setting.option));
      if (chosen && asks(setting) && no_room) return name;
    }
    return "";
  }

  ipc::Status take_final(const Setting& setting) {
    const std::string other = against(setting);
    if (other.empty() || out_.line.places.contains(other)) return put(setting);
    return ipc::fail(Fault::kUsage,
                     with_dashes(other) + " goes against " + setting.place + ", where root says " + setting.option +
                         " = " + setting.value + ", finally",
                     "leave " + with_dashes(other) + " out");
  }

  ipc::Status take(const Setting& setting) {
    const std::string other = against(setting);
    const CommandLine& line = out_.line;
    if (const Setting* last = find_final(other)) {
      out_.warnings.push_back(setting.option + " of " + setting.place + " is left aside: " + last->place + " says " +
                              last->option + " = " + last->value + ", finally");
    }
    if (!other.empty()) {
      const auto place = line.places.find(other);
      leave(setting, (other == setting.option ? "" : with_dashes(other) + " of ") +
                         (place == line.places.end() ? "the command line" : place->second) + " comes first");
      return {};
    }
    if (line.has(setting.option)) return {};
    const bool of_a_file = setting.from != Settable::Variable;
    if (setting.option == "region" && of_a_file && !setting.is_final && !sources_.region_variable.empty()) {
      leave(setting, sources_.region_variable + " comes first");
      return {};
    }
    return put(setting);
  }

  [[nodiscard]] const Setting* find_final(std::string_view option) const {
    const auto at = std::ranges::find(finals_, option, &Setting::option);
    return at == finals_.end() ? nullptr : &*at;
  }

  void leave(const Setting& setting, std::string why) { out_.left_aside.push_back({setting, std::move(why)}); }

  // One may be needed by the next, so it is looked again until all that is left does something.
  ipc::Status leave_aside_what_does_nothing() {
    CommandLine& line = out_.line;
    for (bool changed = true; changed;) {
      changed = false;
      for (const OptionRow& row : kOptions) {
        const auto place = line.places.find(row.name);
        if (place == line.places.end() || !line.scope.has(row) || !line.asks_for(row)) continue;
        const ipc::Status fits = check_mode(line, row);
        if (fits) continue;
        // A final word of what holds anyway forbids others, and demands no mode.
        if (find_final(row.name) && line.value(row.name) != row.initial) continue;
        leave({std::string(row.name), line.value(row.name), place->second, Settable::User, false}, fits.error().what);
        line.given.erase(std::string(row.name));
        line.places.erase(place);
        changed = true;
      }
    }
    for (const Setting& setting : finals_) {
      const OptionRow* row = find_option(setting.option, line.scope);
      if (!row || !line.asks_for(*row)) continue;  // also one that was left aside
      if (ipc::Status fits = check_mode(line, *row); !fits) return std::unexpected(with_places(fits.error(), line));
    }
    return {};
  }

  const SettingSources& sources_;
  AppliedSettings out_;
  std::vector<Setting> finals_;
};

}  // namespace

ipc::Result<AppliedSettings> apply_settings(CommandLine line, const SettingSources& sources) {
  return Merge(std::move(line), sources).go();
}

}  // namespace supervisor
