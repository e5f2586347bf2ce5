#include "host/kernel_keyring.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "host/aead.h"
#include "host/random.h"

namespace broker {
namespace {

constexpr char kType[] = "user";
// A process that holds the keyring: all. Other processes of the user: view, read, search.
constexpr unsigned long kPermissions = 0x3f000000UL | 0x000b0000UL;

long find(const char* name) { return ::syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, kType, name, 0); }

long make(const char* name) {
  ipc::SecretBuffer fresh = ipc::SecretBuffer::with_capacity(kAeadKeyBytes);
  if (!fill_with_random({reinterpret_cast<unsigned char*>(fresh.room().data()), kAeadKeyBytes})) return -1;
  fresh.grow(kAeadKeyBytes);
  const long key = ::syscall(SYS_add_key, kType, name, fresh.reveal().data(), fresh.size(), KEY_SPEC_USER_KEYRING);
  if (key >= 0) (void)::syscall(SYS_keyctl, KEYCTL_SETPERM, key, kPermissions);
  return key;
}

}  // namespace

// Read back even where it was just made: of two runs that make it at once the later one's key counts for both.
ipc::Result<ipc::SecretBuffer> user_keyring_key(const char* name) {
  long key = find(name);
  if (key < 0 && (errno == ENOKEY || errno == EKEYEXPIRED || errno == EKEYREVOKED)) {
    if (make(name) >= 0) key = find(name);
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
