#include "ipc/files/search_path.h"

#include "ipc/files/trusted_path.h"
#include "ipc/text/ascii.h"

namespace ipc {

std::string trusted_search_path(std::string_view path) {
  constexpr Trust kRoot{0, std::nullopt, true};
  constexpr char kSystems[] = "/usr/bin:/bin", kNone[] = "/nonexistent";  // an empty PATH would be the current folder
  if (path.empty()) return kSystems;
  std::string trusted;
  for (const std::string_view folder : split_words(path, ':')) {
    if (!open_trusted(folder, kRoot, O_PATH | O_DIRECTORY)) continue;
    trusted.append(trusted.empty() ? "" : ":").append(folder);
  }
  return trusted.empty() ? kNone : trusted;
}

}  // namespace ipc
