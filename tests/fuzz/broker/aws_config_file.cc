// Any bytes, as both AWS files: every value and secret that is found lies within the file and on one line, and reading
// a secret gives the bytes that stand there.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "file_of.h"
#include "profile/config_file.h"

namespace {

void check_value(const broker::AwsConfigFile& file, const broker::ConfigValue& value, std::string_view bytes) {
  if (value.line <= 0 || value.text.find('\n') != std::string::npos) std::abort();
  if (value.secret_length == 0) return;
  if (value.secret_offset + value.secret_length > bytes.size()) std::abort();
  const auto secret = file.secret(value);
  if (!secret || secret->reveal() != bytes.substr(value.secret_offset, value.secret_length)) std::abort();
  if (secret->reveal().find('\n') != std::string_view::npos) std::abort();
}

void try_kind(broker::AwsFileKind kind, std::string_view bytes) {
  const auto file = broker::AwsConfigFile::read(file_of(bytes), "file", kind);
  if (!file) {
    if (file.error().what.empty() || file.error().what.find('\n') != std::string::npos) std::abort();
    return;
  }
  for (const std::string& name : file->names(broker::SectionKind::kProfile)) {
    for (const auto& [key, value] : file->find(broker::SectionKind::kProfile, name)->values) {
      if (broker::is_secret_key(key) && !value.text.empty()) std::abort();
      check_value(*file, value, bytes);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!ipc::SecretArena::open()) std::abort();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try_kind(broker::AwsFileKind::kConfig, bytes);
  try_kind(broker::AwsFileKind::kCredentials, bytes);
  return 0;
}
