// Where lies what stays between runs: the decision log, versions of policies, shared sessions; and stored keys.
//
// Runs in: supervisor, broker, tools.   Blocks: never.   Source: the XDG base directory specification.
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

// `data_home` is XDG_DATA_HOME, which counts likewise.
inline std::string data_folder(std::string_view home, std::string_view data_home) {
  if (data_home.starts_with('/')) return std::string(data_home) + "/sentinel";
  return home.starts_with('/') ? std::string(home) + "/.local/share/sentinel" : "";
}

}  // namespace ipc
