#include "tools/audit/known_head.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "host/bounded_read.h"
#include "ipc/unique_fd.h"

namespace broker {
namespace {

// The log may be named by a link; its head lies beside the file.
std::string beside(const std::string& log) {
  char* const real = ::realpath(log.c_str(), nullptr);
  const std::string path = real ? real : log;
  ::free(real);
  return path + std::string(kHeadSuffix);
}

// Nothing, with errno, where it cannot be read; empty where it is no file.
std::optional<std::string> read_head_file(const std::string& path) {
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) return std::nullopt;
  if (!S_ISREG(st.st_mode)) return std::string();
  return read_from_start(fd.get(), 2 * kHeadSlot);
}

void judge(KnownHead& known, const std::string& text, const LogKey* key) {
  std::vector<HeadRead> heads = read_heads(text);
  if (heads.empty()) known.fault = "is no head of a decision log";
  // Of both: an older one that is good proves nothing beside a newer one that somebody changed.
  for (const HeadRead& read : heads) {
    if (key && known.fault.empty()) known.fault = signature_fault(*key, read.line);
  }
  if (known.fault.empty()) known.head = std::move(heads.front().head);
}

}  // namespace

ipc::Result<KnownHead> find_head(const ToolArguments& arguments, const std::string& last_log, const LogKey* key) {
  const std::string named(arguments.value("head"));
  KnownHead known;
  if (named.empty() && last_log == "-") {
    known.unknown = "what is read from stdin has no head beside it: name one with --head";
    return known;
  }
  known.path = named.empty() ? beside(last_log) : named;
  const auto text = read_head_file(known.path);
  if (text) {
    judge(known, *text, key);
  } else if (!named.empty()) {
    return ipc::system_error("cannot read the head " + known.path, "name the file that lies beside the log");
  } else if (errno == ENOENT) {
    known.unknown = "there is no " + known.path;
  } else {
    known.unknown = known.path + " cannot be read: " + std::strerror(errno);
  }
  return known;
}

}  // namespace broker
