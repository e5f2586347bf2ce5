#include "host/root_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "host/bounded_read.h"
#include "ipc/files/trusted_path.h"

namespace broker {
namespace {

using ipc::Fault;

// No more room than the file needs: some stay in memory.
ipc::Result<std::string> read_whole(const ipc::TrustedFile& file, const std::string& path, std::size_t max_bytes) {
  const std::size_t size = std::min(static_cast<std::size_t>(file.status.st_size), max_bytes);
  std::optional<std::string> text = read_up_to(file.fd.get(), size + 1);
  if (!text) return ipc::system_error("cannot read " + path);
  if (text->size() > max_bytes) {
    return ipc::fail(Fault::kConfig, path + " is longer than " + std::to_string(max_bytes) + " bytes",
                     "is it the right file?");
  }
  if (text->size() > size) {
    return ipc::fail(Fault::kUnavailable, path + " was changed while it was read", "try again");
  }
  return std::move(*text);
}

ipc::Error of_what(ipc::Error error, std::string_view what) {
  error.what.insert(0, (error.sys_errno == 0 ? "cannot use " : "cannot open ") + std::string(what) + ": ");
  return error;
}

}  // namespace

ipc::Result<std::optional<std::string>> read_root_file(const std::string& path, std::size_t max_bytes) {
  const ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, ipc::trust_root(), O_RDONLY);
  if (!file && file.error().sys_errno == ENOENT) return std::nullopt;
  if (!file) return std::unexpected(ipc::with_next_step(file.error(), "make it readable to those whom it binds"));
  ipc::Result<std::string> text = read_whole(*file, path, max_bytes);
  if (!text) return std::unexpected(text.error());
  return std::optional<std::string>(std::move(*text));
}

ipc::Status check_root_file(const std::string& path) {
  const ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, ipc::trust_root(), O_PATH);
  if (!file) return std::unexpected(file.error());
  if (S_ISREG(file->status.st_mode)) return {};
  return ipc::fail(Fault::kConfig, path + " is not a regular file", "put a file there, or remove it");
}

ipc::Result<std::string> read_trusted_file(const std::string& path, std::size_t max_bytes, std::string_view what,
                                           std::string_view next_step) {
  const ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDONLY);
  ipc::Result<std::string> text = file ? read_whole(*file, path, max_bytes) : std::unexpected(file.error());
  if (!text) return std::unexpected(ipc::with_next_step(of_what(text.error(), what), next_step));
  return text;
}

ipc::Result<std::string> read_secret_file(const std::string& path, std::size_t max_bytes, std::string_view what) {
  const ipc::Trust trust = ipc::trust_user(::geteuid());
  const ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, trust, O_RDONLY);
  if (!file) return std::unexpected(ipc::with_next_step(of_what(file.error(), what), "name a file of yours"));
  if (ipc::bits_of_others(file->status, trust) != 0) {
    return ipc::fail(Fault::kConfig, std::string(what) + " " + path + " can be read by other users",
                     "take it for known to them and make another, or run chmod 600 " + path);
  }
  ipc::Result<std::string> text = read_whole(*file, path, max_bytes);
  if (!text) return std::unexpected(of_what(text.error(), what));
  return text;
}

}  // namespace broker
