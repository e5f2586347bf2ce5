#include "host/aead.h"

#include <openssl/evp.h>

#include "host/random.h"
#include "ipc/owned.h"

namespace broker {
namespace {

using ipc::Fault;

using Context = ipc::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

bool fits_int(std::size_t size) { return size <= 64 * 1024 * 1024; }

std::unexpected<ipc::Error> not_ours() {
  return ipc::fail(Fault::kConfig, "it was sealed with another key, or changed since");
}

}  // namespace

ipc::Result<std::string> seal(const ipc::SecretBuffer& key, std::string_view plain, std::string_view bound) {
  const auto failed = [] { return ipc::fail(Fault::kSystem, "OpenSSL could not seal"); };
  if (key.size() != kAeadKeyBytes || !fits_int(plain.size()) || !fits_int(bound.size())) return failed();
  std::string sealed(kAeadNonceBytes + plain.size() + kAeadTagBytes, '\0');
  if (!fill_with_random({bytes(sealed.data()), kAeadNonceBytes})) return failed();
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  char* const body = sealed.data() + kAeadNonceBytes;
  const bool good =
      context &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key.reveal()), bytes(sealed)) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, bytes(bound), static_cast<int>(bound.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), bytes(body), &length, bytes(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), bytes(body + length), &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kAeadTagBytes, body + plain.size()) == 1;
  if (!good) return failed();
  return sealed;
}

ipc::Result<ipc::SecretBuffer> unseal(const ipc::SecretBuffer& key, std::string_view sealed, std::string_view bound) {
  if (key.size() != kAeadKeyBytes || sealed.size() < kAeadOverhead || !fits_int(sealed.size())) return not_ours();
  const std::string_view body = sealed.substr(kAeadNonceBytes, sealed.size() - kAeadOverhead);
  std::string tag(sealed.substr(sealed.size() - kAeadTagBytes));
  auto room = ipc::SecretBuffer::if_room(body.size() + 1);  // never of no bytes
  if (!room) return room;
  ipc::SecretBuffer& plain = *room;
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  unsigned char* const out = bytes(plain.room().data());
  // Nothing of it is used before the tag was found right: on failure the buffer is wiped, unread.
  const bool good =
      context &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key.reveal()), bytes(sealed)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes(bound), static_cast<int>(bound.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &length, bytes(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kAeadTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out + length, &length) == 1;
  if (!good) return not_ours();
  plain.grow(body.size());
  return room;
}

}  // namespace broker
