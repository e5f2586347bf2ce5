// The folder of `sentinel keys`: one file for each profile whose long-term key was put away. It knows names and bytes;
// what the bytes say is keystore/entry.h's.
//
// Runs in: broker, at the start, to read; sentinel-keys, to change.   Blocks: on small local files.
// Owns: nothing; the folder is 0700, each file 0600, replaced whole or not at all.
// Fails: kConfig for a name that no file of the store can have, and for a file or folder that others may have written;
// kSystem where the disk says no.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace broker {

class KeystoreFolder {
 public:
  static constexpr std::size_t kMaxFileBytes = 16 * 1024;

  // `data_folder`: ipc::data_folder() of the user whose rights this process has, so HOME and XDG_DATA_HOME may say it:
  // whose keys are read, the kernel decides. Empty: there is none.
  explicit KeystoreFolder(std::string_view data_folder);

  // Letters, digits and _.@+=,- beginning with a letter or digit, at most 128, and no "..": a name becomes a file's.
  [[nodiscard]] static ipc::Status check_name(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  // The file that says what is stored under `name`, and one beside it, such as ".sealed-key".
  [[nodiscard]] std::string path(std::string_view name, std::string_view suffix = ".json") const;

  [[nodiscard]] ipc::Result<std::string> read(std::string_view name) const;
  // Sorted. A folder that is not there is an empty one.
  [[nodiscard]] ipc::Result<std::vector<std::string>> names() const;

  // Makes the folder where it is missing.
  [[nodiscard]] ipc::Status prepare() const;
  // On disk when it returns; the old file is there until the new one is.
  [[nodiscard]] ipc::Status write(std::string_view name, std::string_view text,
                                  std::string_view suffix = ".json") const;
  // Everything that lies there under this name; the file that names the rest goes first.
  [[nodiscard]] ipc::Status remove(std::string_view name) const;

 private:
  std::string folder_;
};

}  // namespace broker
