// An input as a file that the product can open.
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "ipc/unique_fd.h"

inline ipc::UniqueFd file_of(std::string_view bytes) {
  ipc::UniqueFd fd(::memfd_create("aws_file", MFD_CLOEXEC));
  if (!fd || ::fchmod(fd.get(), 0600) != 0) std::abort();
  if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  return fd;
}
