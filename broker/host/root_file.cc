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
  const auto of_what = [&](ipc::Error error) {
    error.what.insert(0, (error.sys_errno == 0 ? "cannot use " : "cannot open ") + std::string(what) + ": ");
    return std::unexpected(ipc::with_next_step(std::move(error), next_step));
  };
  const ipc::Result<ipc::TrustedFile> file = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDONLY);
  if (!file) return of_what(file.error());
  ipc::Result<std::string> text = read_whole(*file, path, max_bytes);
  if (!text) return of_what(text.error());
  return text;
}

}  // namespace broker
