// Keys that the tests make themselves.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace broker::testing {

using Key = std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)>;

struct KeyPair {
  std::string secret, open;  // PEM
};

inline std::string pem_of(EVP_PKEY* key, bool secret) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(::BIO_new(::BIO_s_mem()), &::BIO_free);
  const int written = secret ? ::PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr)
                             : ::PEM_write_bio_PUBKEY(bio.get(), key);
  if (written != 1) throw std::runtime_error("OpenSSL writes no key");
  char* text = nullptr;
  const long size = ::BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

inline KeyPair make_rsa_pair(unsigned bits) {
  const Key key(::EVP_RSA_gen(bits), &::EVP_PKEY_free);
  return {pem_of(key.get(), true), pem_of(key.get(), false)};
}

inline std::string make_ec_public() {
  const Key key(::EVP_EC_gen("P-256"), &::EVP_PKEY_free);
  return pem_of(key.get(), false);
}

inline std::string sign_pkcs1(const std::string& secret, const std::string& message) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(
      ::BIO_new_mem_buf(secret.data(), static_cast<int>(secret.size())), &::BIO_free);
  const Key key(::PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &::EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free);
  std::string signature(512, '\0');
  std::size_t size = signature.size();
  if (::EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      ::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1)
    throw std::runtime_error("OpenSSL does not sign");
  signature.resize(size);
  return signature;
}

}  // namespace broker::testing
