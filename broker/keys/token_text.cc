#include "keys/token_text.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "text/ascii.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kRoomForSpaces = 64;

std::unexpected<ipc::Error> bad_token(std::string_view why) { return ipc::fail(Fault::kConfig, std::string(why), {}); }

bool is_identity(char c) {
  return is_alphanumeric(c) || std::string_view("-._~+/=|").find(c) != std::string_view::npos;
}
bool is_header(char c) { return c >= ' ' && c <= '~'; }

}  // namespace

ipc::Result<ipc::SecretBuffer> read_token_text(std::string_view text, TokenForm form) {
  text = trimmed(text);
  if (text.empty()) return bad_token("is empty");
  if (text.size() > kMaxTokenText) return bad_token("is longer than any token that is known");
  if (text.find('\n') != std::string_view::npos) return bad_token("has more than one line");
  if (!std::ranges::all_of(text, form == TokenForm::kIdentity ? is_identity : is_header)) {
    return bad_token("has characters that no such token has");
  }
  return ipc::SecretBuffer::copy_if_room(text);
}

ipc::Result<ipc::SecretBuffer> read_token_file(int file, TokenForm form) {
  auto room = ipc::SecretBuffer::if_room(kMaxTokenText + kRoomForSpaces + 1);
  if (!room) return room;
  ipc::SecretBuffer& whole = *room;
  for (;;) {
    const ssize_t got = ::pread(file, whole.room().data(), whole.room().size(), static_cast<off_t>(whole.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bad_token(std::string("cannot be read: ") + ::strerror(errno));
    if (got == 0) break;
    whole.grow(static_cast<std::size_t>(got));
    if (whole.room().empty()) return bad_token("is longer than any token that is known");
  }
  return read_token_text(whole.reveal(), form);
}

}  // namespace broker
