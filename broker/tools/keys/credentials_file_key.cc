#include "tools/keys/credentials_file_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "aws/key_syntax.h"
#include "host/own_file.h"
#include "host/wiped_bytes.h"
#include "ipc/owned.h"
#include "ipc/unique_fd.h"
#include "profile/config_file.h"
#include "text/ascii.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kTryAgain[] = "look at the file, and try again";

std::unexpected<ipc::Error> refuse(std::string what, std::string_view next_step) {
  return ipc::fail(Fault::kConfig, std::move(what), std::string(next_step));
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

ipc::Status check_unchanged(const CredentialsFileKey& key) {
  struct stat now {};
  if (::stat(key.path.c_str(), &now) != 0) return ipc::system_error("cannot look at " + key.path, kTryAgain);
  if (same_file(now, key.seen)) return {};
  return refuse(key.path + " was changed meanwhile, and the key is left in it", kTryAgain);
}

ipc::Result<WipedBytes> read_all(const CredentialsFileKey& key) {
  const ipc::UniqueFd fd(::open(key.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return ipc::system_error("cannot open " + key.path, kTryAgain);
  WipedBytes text;
  char part[4096];
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ipc::system_error("cannot read " + key.path, kTryAgain);
    if (got == 0) break;
    text.append({part, static_cast<std::size_t>(got)});
    if ((size += static_cast<std::size_t>(got)) > AwsConfigFile::kMaxBytes) break;
  }
  ipc::wipe(part, sizeof part);
  return text;
}

// The text without the key's two lines; nothing where they are not where they were.
std::optional<WipedBytes> without_key(std::string_view text, const CredentialsFileKey& key) {
  WipedBytes out;
  int line = 0, left_out = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(end);
    ++line;
    const bool id = line == key.id_line && whole.find(key.key.access_key_id) != whole.npos;
    const bool secret = line == key.secret_line && whole.find(key.key.secret_access_key.reveal()) != whole.npos;
    id || secret ? static_cast<void>(++left_out) : out.append(whole);
  }
  if (left_out != 2) return std::nullopt;
  return out;
}

ipc::Status replace(const CredentialsFileKey& key, std::string_view text) {
  std::string beside = key.path + ".XXXXXX";
  const ipc::UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return ipc::system_error("cannot make a file beside " + key.path, "look at the rights of its folder");
  ipc::Status done = write_and_sync(fd.get(), text, key.path);
  if (done && ::fchmod(fd.get(), key.seen.st_mode & 07777) != 0) done = ipc::system_error("cannot write " + key.path);
  if (done) done = check_unchanged(key);
  if (done && ::rename(beside.c_str(), key.path.c_str()) != 0) done = ipc::system_error("cannot write " + key.path);
  if (!done) {
    (void)::unlink(beside.c_str());
    return done;
  }
  const ipc::UniqueFd folder(::open(key.path.substr(0, key.path.rfind('/') + 1).c_str(), O_RDONLY | O_CLOEXEC));
  if (folder) (void)::fsync(folder.get());
  return {};
}

}  // namespace

ipc::Result<CredentialsFileKey> read_credentials_file_key(const std::string& path, std::string_view profile) {
  const ipc::Owned<char, std::free> real(::realpath(path.c_str(), nullptr));
  if (!real) return ipc::system_error("cannot find " + path, "name the file by AWS_SHARED_CREDENTIALS_FILE");
  CredentialsFileKey found;
  found.path = real.get();
  if (::stat(real.get(), &found.seen) != 0) return ipc::system_error("cannot look at " + found.path);
  const ipc::Result<AwsConfigFile> file = AwsConfigFile::open(found.path, AwsFileKind::kCredentials);
  if (!file) return std::unexpected(file.error());
  const ConfigSection* const section = file->find(SectionKind::kProfile, profile);
  const ConfigValue* const id = section ? section->find("aws_access_key_id") : nullptr;
  const ConfigValue* const secret = section ? section->find("aws_secret_access_key") : nullptr;
  if (!id || !secret || secret->secret_length == 0) {
    return refuse(found.path + " has no access key of profile '" + std::string(profile) + "'",
                  "give the key itself: sentinel keys add " + std::string(profile));
  }
  const std::string place = file->place(id->line);
  for (const std::string_view token : {"aws_session_token", "aws_security_token"}) {
    const ConfigValue* const given = section->find(token);
    if (!given || given->secret_length == 0) continue;  // an empty one is absent
    return refuse(place + ": this key has a session token and ends by itself", "only long-term keys are put away");
  }
  if (id->continued || secret->continued || !is_access_key_id(id->text)) {
    return refuse(place + ": the lines of this key are not of the usual form", "correct them first");
  }
  ipc::Result<ipc::SecretBuffer> bytes = file->secret(*secret);
  if (!bytes) return std::unexpected(bytes.error());
  if (const std::string_view fault = fault_of_key_text(bytes->reveal()); !fault.empty()) {
    return refuse(file->place(secret->line) + ": aws_secret_access_key " + std::string(fault),
                  "remove blanks, quotes and comments from the line");
  }
  found.key = BaseKey{id->text, std::move(*bytes), {}};
  found.id_line = id->line;
  found.secret_line = secret->line;
  return found;
}

ipc::Status remove_credentials_file_key(const CredentialsFileKey& key) {
  const ipc::Result<WipedBytes> text = read_all(key);
  if (!text) return std::unexpected(text.error());
  const std::optional<WipedBytes> rest = without_key(text->view(), key);
  if (!rest) return refuse(key.path + " was changed meanwhile, and the key is left in it", kTryAgain);
  return replace(key, rest->view());
}

}  // namespace broker
