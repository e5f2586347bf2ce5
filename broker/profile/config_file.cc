#include "profile/config_file.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ipc/files/trusted_path.h"

namespace broker {
namespace {

constexpr std::size_t kWindow = 64 * 1024;
static_assert(kWindow > AwsConfigParser::kMaxLine + 2, "a whole line and its end must fit the window");

ipc::Status fill(int fd, ipc::SecretBuffer& window, std::uint64_t offset, const std::string& path) {
  window.clear();
  while (!window.room().empty()) {
    const ssize_t n =
        ::pread(fd, window.room().data(), window.room().size(), static_cast<off_t>(offset + window.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ipc::system_error(path + ": cannot be read");
    if (n == 0) break;
    window.grow(static_cast<std::size_t>(n));
  }
  return {};
}

bool is_dev_null(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == ::makedev(1, 3); }

// No user but this one and root chose the way that the path goes: the walk has judged it.
bool leads_to_dev_null(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && is_dev_null(info);
}

// As the AWS tools see it: a link that leads nowhere is no file.
bool is_absent(int error) { return error == ENOENT || error == ENOTDIR || error == ENOLINK; }

}  // namespace

ipc::Result<AwsConfigFile> AwsConfigFile::open(std::string path, AwsFileKind kind) {
  ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDONLY);
  if (file) return read(std::move(file->fd), std::move(path), kind);
  ipc::Error& error = file.error();
  if (is_absent(error.sys_errno) || (error.sys_errno == ENODEV && leads_to_dev_null(path))) {
    return AwsConfigFile({}, std::move(path), kind);
  }
  const bool of_file = error.what.starts_with(path + " ");
  error.what = path + ": " + (of_file ? error.what.substr(path.size() + 1) : error.what);
  return std::unexpected(ipc::with_next_step(std::move(error), "make it readable for you, or name another file"));
}

ipc::Result<AwsConfigFile> AwsConfigFile::read(ipc::UniqueFd fd, std::string path, AwsFileKind kind) {
  AwsConfigFile file(std::move(fd), std::move(path), kind);
  if (::fstat(file.fd_.get(), &file.stat_) != 0) return ipc::system_error(file.path_ + ": cannot be examined");
  if (is_dev_null(file.stat_)) return AwsConfigFile({}, std::move(file.path_), kind);
  if (!S_ISREG(file.stat_.st_mode)) {
    return ipc::fail(ipc::Fault::kConfig, file.path_ + ": is not a regular file", "name a regular file");
  }
  if (file.stat_.st_size > static_cast<off_t>(kMaxBytes)) {
    return ipc::fail(ipc::Fault::kConfig, file.path_ + ": is larger than 1 MiB", "split it, or name another file");
  }
  ipc::Status status = file.index_lines();
  if (status) status = file.check_unchanged();
  if (!status) return std::unexpected(std::move(status).error());
  file.warn_of_readers();
  return file;
}

AwsConfigFile AwsConfigFile::of_sections(std::string path, ConfigIndex sections) {
  AwsConfigFile file({}, std::move(path), AwsFileKind::kConfig);
  file.index_ = std::move(sections);
  return file;
}

ipc::Status AwsConfigFile::index_lines() {
  AwsConfigParser parser(path_, kind_);
  ipc::SecretBuffer window = ipc::SecretBuffer::with_capacity(kWindow);
  for (std::uint64_t offset = 0; offset <= kMaxBytes;) {
    if (ipc::Status status = fill(fd_.get(), window, offset, path_); !status) return status;
    const bool is_last = window.size() < kWindow;
    std::string_view rest = window.reveal();
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos && !is_last && rest.size() < kWindow) break;  // the next window has all of it
      const std::string_view line = rest.substr(0, end);
      if (ipc::Status status = parser.take_line(line, offset); !status) return status;
      const std::size_t taken = std::min(line.size() + 1, rest.size());
      rest.remove_prefix(taken);
      offset += taken;
    }
    if (is_last) break;
  }
  index_ = parser.take_index();
  return {};
}

// Who may read a file with keys has them.
void AwsConfigFile::warn_of_readers() {
  const bool has_keys = kind_ == AwsFileKind::kCredentials || std::ranges::any_of(index_, [](const auto& section) {
                          return std::ranges::any_of(section.second.values,
                                                     [](const auto& value) { return value.second.secret_length > 0; });
                        });
  const bool others_read = (ipc::bits_of_others(stat_, ipc::trust_user(::geteuid())) & S_IROTH) != 0;
  if (has_keys && others_read) {
    warnings_.push_back(path_ + " holds keys and can be read by other users; run chmod go-rwx " + path_);
  }
}

ipc::Status AwsConfigFile::check_unchanged() const {
  struct stat now {};
  if (::fstat(fd_.get(), &now) != 0) return ipc::system_error(path_ + ": cannot be examined");
  const auto same = [](const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; };
  if (now.st_size != stat_.st_size || !same(now.st_mtim, stat_.st_mtim)) {
    return ipc::fail(ipc::Fault::kConfig, path_ + ": was changed while it was read", "start again");
  }
  return {};
}

ipc::Result<ipc::SecretBuffer> AwsConfigFile::secret(const ConfigValue& value) const {
  ipc::SecretBuffer buffer = ipc::SecretBuffer::with_capacity(value.secret_length);
  ipc::Status status = fill(fd_.get(), buffer, value.secret_offset, path_);
  if (status) status = check_unchanged();
  if (!status) return std::unexpected(std::move(status).error());
  if (buffer.size() != value.secret_length) {
    return ipc::fail(ipc::Fault::kConfig, place(value.line) + ": was changed while it was read", "start again");
  }
  return buffer;
}

const ConfigSection* AwsConfigFile::find(SectionKind kind, std::string_view name) const {
  const auto found = index_.find({kind, std::string(name)});
  return found == index_.end() ? nullptr : &found->second;
}

std::vector<std::string> AwsConfigFile::names(SectionKind kind) const {
  std::vector<std::string> names;
  for (const auto& [key, section] : index_) {
    if (key.first == kind) names.push_back(key.second);
  }
  return names;
}

}  // namespace broker
