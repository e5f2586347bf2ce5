// Where lies what stays between runs: the decision log, versions of policies, shared sessions.
//
// Runs in: supervisor, sentinel-audit.   Blocks: never.   Source: the XDG base directory specification.
#pragma once

#include <string>
#include <string_view>

namespace ipc {

// The decision log in that folder, where no option names another.
inline constexpr std::string_view kDecisionLogName = "decisions.jsonl";

// `state_home` is XDG_STATE_HOME, which counts where it is an absolute path. Empty: there is no place.
inline std::string state_folder(std::string_view home, std::string_view state_home) {
  if (state_home.starts_with('/')) return std::string(state_home) + "/sentinel";
  return home.starts_with('/') ? std::string(home) + "/.local/state/sentinel" : "";
}

}  // namespace ipc
