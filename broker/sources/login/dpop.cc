#include "sources/login/dpop.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <utility>

#include "host/random.h"
#include "ipc/owned.h"
#include "text/base64.h"
#include "text/hex.h"
#include "text/json_line.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::string_view kBegin = "-----BEGIN EC PRIVATE KEY-----", kEnd = "-----END EC PRIVATE KEY-----";
constexpr std::size_t kCoordinate = 32;  // bytes, of P-256

using PrivateKey = ipc::Owned<EVP_PKEY, EVP_PKEY_free>;
using DigestContext = ipc::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = ipc::Owned<BIGNUM, BN_clear_free>;
using Signature = ipc::Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::unexpected<ipc::Error> no_key() {
  ERR_clear_error();
  return ipc::fail(Fault::kProtocol, "has a dpopKey that is no private key of the curve P-256");
}

std::unexpected<ipc::Error> no_proof() {
  ERR_clear_error();
  return ipc::fail(Fault::kSystem, "OpenSSL could not sign with the key of aws login");
}

// The base64 between the two lines, without its line ends.
bool take_body(std::string_view pem, ipc::SecretBuffer& body) {
  while (pem.ends_with('\n')) pem.remove_suffix(1);
  if (!pem.starts_with(kBegin) || !pem.ends_with(kEnd) || pem.size() < kBegin.size() + kEnd.size()) return false;
  pem = pem.substr(kBegin.size(), pem.size() - kBegin.size() - kEnd.size());
  for (const char c : pem) {
    if (c != '\n' && c != '\r' && !body.append({&c, 1})) return false;
  }
  return !body.empty() && body.size() % 4 == 0;
}

bool decode(const ipc::SecretBuffer& body, ipc::SecretBuffer& der) {
  const std::string_view text = body.reveal();
  auto* const out = reinterpret_cast<unsigned char*>(der.room().data());
  const int size = EVP_DecodeBlock(out, octets(text), static_cast<int>(text.size()));
  const int padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (size <= padding) return false;
  der.grow(static_cast<std::size_t>(size - padding));
  return true;
}

PrivateKey open_key(std::string_view der) {
  const unsigned char* at = octets(der);
  PrivateKey key(d2i_PrivateKey(EVP_PKEY_EC, nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != octets(der) + der.size()) return nullptr;
  std::array<char, 32> curve{};
  std::size_t length = 0;
  const bool named =
      EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size(), &length) == 1;
  return named && std::string_view(curve.data(), length) == "prime256v1" ? std::move(key) : nullptr;
}

bool put(const BIGNUM* number, std::string& out) {
  std::array<unsigned char, kCoordinate> bytes{};
  if (!number || BN_bn2binpad(number, bytes.data(), bytes.size()) != static_cast<int>(bytes.size())) return false;
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return true;
}

// Empty where there is none.
std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* read = nullptr;
  const bool there = EVP_PKEY_get_bn_param(key, name, &read) == 1;
  const Number number(read);
  std::string bytes;
  return there && put(number.get(), bytes) ? base64url(bytes) : "";
}

// As two numbers of one width, and not as OpenSSL writes them. Empty where it cannot.
std::string sign(EVP_PKEY* key, std::string_view text) {
  const DigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> der{};
  std::size_t size = der.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, octets(text), text.size()) != 1) {
    return {};
  }
  const unsigned char* at = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::string pair;
  const bool whole =
      signature && put(ECDSA_SIG_get0_r(signature.get()), pair) && put(ECDSA_SIG_get0_s(signature.get()), pair);
  return whole ? pair : "";
}

std::string header_of(const EVP_PKEY* key) {
  const std::string x = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X), y = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  if (x.empty() || y.empty()) return {};
  JsonLine jwk, header;
  jwk.text("kty", "EC").text("x", x).text("y", y).text("crv", "P-256");
  header.text("typ", "dpop+jwt").text("alg", "ES256").raw("jwk", std::move(jwk).object());
  return std::move(header).object();
}

}  // namespace

ipc::Result<DpopKey> DpopKey::read(std::string_view pem) {
  auto body = ipc::SecretBuffer::if_room(kMaxPem), der = ipc::SecretBuffer::if_room(kMaxPem);
  if (!body) return std::unexpected(body.error());
  if (!der) return std::unexpected(der.error());
  if (pem.size() > kMaxPem || !take_body(pem, *body) || !decode(*body, *der) || !open_key(der->reveal()))
    return no_key();
  DpopKey key;
  key.der_ = std::move(*der);
  return key;
}

ipc::Result<DpopKey> DpopKey::make() {
  const PrivateKey made(EVP_EC_gen("P-256"));
  auto der = ipc::SecretBuffer::if_room(kMaxPem);
  if (!der) return std::unexpected(der.error());
  const int size = made ? i2d_PrivateKey(made.get(), nullptr) : -1;
  auto* at = reinterpret_cast<unsigned char*>(der->room().data());
  if (size <= 0 || std::cmp_greater(size, der->room().size()) || i2d_PrivateKey(made.get(), &at) != size) {
    ERR_clear_error();
    return ipc::fail(Fault::kSystem, "OpenSSL could not make a key for a login", "try again");
  }
  der->grow(static_cast<std::size_t>(size));
  DpopKey key;
  key.der_ = std::move(*der);
  return key;
}

// In lines of 64, as RFC 1421 wants them.
ipc::Result<ipc::SecretBuffer> DpopKey::pem() const {
  auto text = ipc::SecretBuffer::if_room(kMaxPem);
  if (!text) return std::unexpected(text.error());
  const std::string body = base64(der_.reveal());
  bool whole = text->append(kBegin) && text->append("\n");
  for (std::size_t at = 0; at < body.size(); at += 64)
    whole = whole && text->append(std::string_view(body).substr(at, 64)) && text->append("\n");
  whole = whole && text->append(kEnd) && text->append("\n");
  if (!whole) return ipc::fail(Fault::kSystem, "the key of a login is longer than any of its curve");
  return text;
}

ipc::Result<std::string> DpopKey::proof(std::string_view url, std::chrono::sys_seconds now) const {
  std::array<unsigned char, 16> random{};
  if (!fill_with_random(random))
    return ipc::fail(Fault::kSystem, "the kernel gave no random bytes for a proof of the key of aws login");
  const PrivateKey key = open_key(der_.reveal());
  const std::string header = key ? header_of(key.get()) : "";
  if (header.empty()) return no_proof();
  JsonLine claims;
  claims.text("htm", "POST").text("htu", url).number("iat", now.time_since_epoch().count());
  claims.text("jti", hex({reinterpret_cast<const char*>(random.data()), random.size()}));
  std::string token = base64url(header) + "." + base64url(std::move(claims).object());
  const std::string signature = sign(key.get(), token);
  if (signature.empty()) return no_proof();
  return token + "." + base64url(signature);
}

}  // namespace broker
