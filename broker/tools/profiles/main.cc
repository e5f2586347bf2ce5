// sentinel-profiles: lists the profiles of the AWS files with their sources and roles, and says which do not resolve.
// `sentinel profiles` starts it with the options that ipc/commands/options.def gives it, in one form
// (tools/arguments.h). It reads files that hold keys, so it is protected as the broker is, before it opens one. It
// needs no network.
#include <array>
#include <cstdio>

#include "host/wiping_heap.h"
#include "ipc/secret.h"
#include "keystore/folder.h"
#include "text/plain_text.h"
#include "tools/commands.h"
#include "tools/profiles/list.h"
#include "tools/settings/settings.h"

namespace {

ipc::Result<broker::ProfileList> read_list() {
  const std::string home = broker::home_folder();
  const ipc::Settings settings = broker::settings_of_environment(home);
  const auto paths = broker::profile_paths(settings, home);
  if (!paths) return std::unexpected(paths.error());
  const auto stored = broker::KeystoreFolder(broker::stored_keys_folder(home)).names();
  if (!stored) return std::unexpected(stored.error());
  if (const ipc::Status opened = ipc::SecretArena::open(); !opened) return std::unexpected(opened.error());
  const auto protections = broker::enter_sandbox(broker::readable_files(*paths, settings, home));
  if (!protections) return std::unexpected(protections.error());
  return broker::list_profiles(*paths, settings, home, *stored);
}

}  // namespace

int broker::profiles(const ToolArguments& arguments, ToolOutput& out) {
  const auto list = read_list();
  if (!list) return broker::refused(out, list.error());
  if (arguments.flag("names")) {
    for (const broker::ListedProfile& row : list->profiles) out.line(broker::harmless(row.name));
    return broker::kToolGood;
  }
  for (const std::string& warning : list->warnings) out.warning(warning);
  if (out.json()) {
    broker::add_profiles(*list, out.answer());
  } else {
    if (list->profiles.empty()) out.note("there are no profiles: run aws configure");
    broker::print_profiles(*list, out);
  }
  for (const broker::ListedProfile& row : list->profiles) {
    if (row.error) return broker::kToolRefused;
  }
  return broker::kToolGood;
}

int main(int argc, char** argv) {
  // With a buffer of its own stdio never asks what kind of file stdout is, which the sandbox would not let it.
  static std::array<char, 64 * 1024> buffer;
  (void)std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
  return broker::run_unreadable_tool(ipc::Program::Profiles, argc, argv, broker::start_crypto,
                                     broker::run_command<ipc::Program::Profiles>);
}
