#include "host/kernel_keyring.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/aead.h"
#include "host/random.h"

namespace broker {
namespace {

constexpr char kType[] = "user";
constexpr unsigned long kHolder = 0x3f000000UL;  // who holds the keyring: all
constexpr unsigned long kUser = 0x000b0000UL;    // other processes of the user: view, read, search

struct Keyring {
  long id;
  unsigned long permissions;
};

// "keyring;1000;..." for one of this user's: a login that was not made by PAM has its parent's, another user's.
bool is_own(long keyring) {
  char text[256] = {};
  const long size = ::syscall(SYS_keyctl, KEYCTL_DESCRIBE, keyring, text, sizeof text - 1);
  const std::string start = "keyring;" + std::to_string(::geteuid()) + ";";
  return size > 0 && std::string_view(text).starts_with(start);
}

// The login's, which commands do not get (supervisor/child/command.cc), and which no uid alone opens; else the user's.
Keyring keyring_of_login() {
  const long login = ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  const long by_uid = ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_SESSION_KEYRING, 1);
  if (login > 0 && by_uid > 0 && login != by_uid && is_own(login)) return {login, kHolder};
  return {KEY_SPEC_USER_KEYRING, kHolder | kUser};
}

// A search goes on into the keyrings that are linked there, where any program may have put a key that it knows.
bool lies_in(long key, long keyring) {
  std::array<std::int32_t, 1024> ids{};
  const long bytes = ::syscall(SYS_keyctl, KEYCTL_READ, keyring, ids.data(), sizeof ids);
  const std::size_t count = bytes > 0 ? std::min(static_cast<std::size_t>(bytes) / sizeof(ids[0]), ids.size()) : 0;
  return std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), key) !=
         ids.begin() + static_cast<std::ptrdiff_t>(count);
}

long find(const Keyring& keyring, const char* name) {
  const long key = ::syscall(SYS_keyctl, KEYCTL_SEARCH, keyring.id, kType, name, 0);
  if (key < 0 || lies_in(key, keyring.id)) return key;
  errno = ENOKEY;
  return -1;
}

long make(const Keyring& keyring, const char* name) {
  ipc::SecretBuffer fresh = ipc::SecretBuffer::with_capacity(kAeadKeyBytes);
  if (!fill_with_random({reinterpret_cast<unsigned char*>(fresh.room().data()), kAeadKeyBytes})) return -1;
  fresh.grow(kAeadKeyBytes);
  const long key = ::syscall(SYS_add_key, kType, name, fresh.reveal().data(), fresh.size(), keyring.id);
  if (key >= 0) (void)::syscall(SYS_keyctl, KEYCTL_SETPERM, key, keyring.permissions);
  return key;
}

}  // namespace

// Read back even where it was just made: of two runs that make it at once the later one's key counts for both.
ipc::Result<ipc::SecretBuffer> login_keyring_key(const char* name) {
  const Keyring keyring = keyring_of_login();
  long key = find(keyring, name);
  if (key < 0 && (errno == ENOKEY || errno == EKEYEXPIRED || errno == EKEYREVOKED)) {
    if (make(keyring, name) >= 0) key = find(keyring, name);
  }
  if (key < 0) return ipc::system_error("this host keeps no key for this user in the kernel");
  ipc::SecretBuffer secret = ipc::SecretBuffer::with_capacity(kAeadKeyBytes + 1);
  const long size = ::syscall(SYS_keyctl, KEYCTL_READ, key, secret.room().data(), secret.room().size());
  if (size != static_cast<long>(kAeadKeyBytes)) {
    return ipc::fail(ipc::Fault::kSystem, "the kernel's keyring holds something else under our name");
  }
  secret.grow(kAeadKeyBytes);
  return secret;
}

}  // namespace broker
