// The files in which runs keep something for the next ones, as rows; see kept_files.def.
//
// Runs in: supervisor (opens them for a broker), broker (reads and writes them), sentinel-cache.   Blocks: never.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

namespace ipc {

enum class KeptFile {
#define KEPT(name, file, keyring, word, option, meaning) k##name,
#include "ipc/files/kept_files.def"
#undef KEPT
};

struct KeptRow {
  KeptFile kind;
  std::string_view file;
  const char* keyring;
  std::string_view word, option, meaning;
};

#define KEPT(name, file, keyring, word, option, meaning) \
  KeptRow{KeptFile::k##name, file, keyring, word, option, meaning},
inline constexpr KeptRow kKeptFiles[] = {
#include "ipc/files/kept_files.def"
};
#undef KEPT

constexpr const KeptRow& kept_row(KeptFile kind) { return kKeptFiles[static_cast<std::size_t>(kind)]; }

}  // namespace ipc
