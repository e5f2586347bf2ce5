// Any words as the command line: what is accepted names a profile, one policy and a command, and is within its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "exec_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> words{"exec"};
  while (!text.empty()) {  // one word per line
    const std::size_t end = text.find('\n');
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  const auto line = supervisor::parse_command_line(words);
  if (!line) return 0;
  const auto request = supervisor::exec_request(*line, {"", "/bin/sh", "/here"});
  if (!request) return 0;
  const bool sound = !request->profile.empty() && request->profile.size() <= 256 &&
                     request->policy_file.empty() != request->policy_parameter.empty() && !request->command.empty() &&
                     !request->command.front().empty() && request->duration >= std::chrono::minutes(15) &&
                     request->duration <= std::chrono::hours(12) &&
                     (request->policy_file.empty() || request->policy_file.front() == '/');
  if (!sound) std::abort();
  return 0;
}
