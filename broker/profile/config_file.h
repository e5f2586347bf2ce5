// One AWS file (config or credentials) on disk: opened once, checked, indexed; its secrets are read from the same
// descriptor when they are wanted, straight into wiped memory.
//
// Runs in: broker, at the start.   Blocks: on one local file.   Owns: the descriptor.
// Units: at most 1 MiB. The bytes pass through one SecretBuffer, in windows, since the arena is smaller than the file.
// Fails: kConfig for what the file says or who may write it, kSystem where it cannot be read.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "ipc/secret.h"
#include "ipc/text/aws_config_parser.h"
#include "ipc/unique_fd.h"

namespace broker {

using ipc::AwsConfigParser;
using ipc::AwsFileKind;
using ipc::ConfigIndex;
using ipc::ConfigSection;
using ipc::ConfigValue;
using ipc::SectionKind;

class AwsConfigFile {
 public:
  static constexpr std::size_t kMaxBytes = 1024 * 1024;

  // A file that does not exist is an empty one, as for the AWS tools; so is /dev/null. One that others than root and
  // this process's user can write or replace is refused: they may swap the key, the role or the endpoint, or name a
  // program.
  static ipc::Result<AwsConfigFile> open(std::string path, AwsFileKind kind);
  // Of a descriptor whose writers were judged.
  static ipc::Result<AwsConfigFile> read(ipc::UniqueFd fd, std::string path, AwsFileKind kind);
  // Sections that another text gave, at `path`, whose lines they name; no secret stands in it.
  static AwsConfigFile of_sections(std::string path, ConfigIndex sections);

  [[nodiscard]] bool exists() const { return static_cast<bool>(fd_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const ConfigSection* find(SectionKind kind, std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names(SectionKind kind) const;
  [[nodiscard]] std::string place(int line) const { return path_ + ":" + std::to_string(line); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  // The bytes of a secret value of this file. Fails when the file was changed since.
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> secret(const ConfigValue& value) const;

 private:
  AwsConfigFile(ipc::UniqueFd fd, std::string path, AwsFileKind kind)
      : fd_(std::move(fd)), path_(std::move(path)), kind_(kind) {}
  ipc::Status index_lines();
  void warn_of_readers();
  [[nodiscard]] ipc::Status check_unchanged() const;

  ipc::UniqueFd fd_;
  std::string path_;
  AwsFileKind kind_;
  struct stat stat_ {};
  ConfigIndex index_;
  std::vector<std::string> warnings_;
};

}  // namespace broker
