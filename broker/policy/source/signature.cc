#include "policy/source/signature.h"

#include <json/json.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "ipc/owned.h"
#include "services/kms.h"
#include "text/base64.h"
#include "text/hex.h"
#include "text/json_value.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr int kMinKeyBits = 2048;
constexpr int kMaxKeyBits = 8192;
constexpr char kSignAnew[] = "sign the policy anew with sentinel policy sign";
constexpr std::string_view kPolicies = "/sentinel/policies/";
constexpr std::string_view kSignatures = "/sentinel/signatures/";

// Null where all members are known.
const char* unknown_member(const Json::Value& object, std::initializer_list<std::string_view> known) {
  for (auto it = object.begin(); it != object.end(); ++it) {
    const char* end = nullptr;
    const char* const name = it.memberName(&end);
    if (std::ranges::find(known, std::string_view(name, end)) == known.end()) return name;
  }
  return nullptr;
}

// One reading of one envelope; each step answers what is wrong, or nothing.
class EnvelopeReader {
 public:
  explicit EnvelopeReader(const std::string& place) : place_(place) {}

  ipc::Result<SignatureEnvelope> read(std::string_view text) {
    if (text.empty()) return bad("is empty");
    if (text.size() > kMaxEnvelopeBytes) return bad("is longer than 16 KiB");
    const std::optional<Json::Value> root = read_object(text);
    if (!root) return bad("is not a JSON object, each of whose members is there once");
    const Json::Value* const metadata = member(*root, "metadata");
    if (!metadata || !metadata->isObject()) return bad("has no metadata");
    if (!member(*metadata, "policy_name") && !member(*metadata, "policy_version")) {
      return bad("does not bind the policy's name and version, as signatures of older tools do not");
    }
    if (const char* name = unknown_member(*root, {"signature", "metadata"})) return unknown(name);
    if (const char* name = unknown_member(
            *metadata, {"key_id", "algorithm", "signed_at", "policy_hash", "policy_name", "policy_version"}))
      return unknown(name);
    if (const ipc::Status taken = take_metadata(*metadata); !taken) return std::unexpected(taken.error());
    ipc::Result<std::string> signature = from_base64(text_of(*root, "signature"));
    if (!signature || signature->empty()) return bad("has no signature in base64");
    if (signature->size() > kMaxKeyBits / 8) return bad("has a signature that no RSA key makes");
    envelope_.signature = std::move(*signature);
    return std::move(envelope_);
  }

 private:
  [[nodiscard]] std::unexpected<ipc::Error> bad(std::string_view why) const {
    return ipc::fail(Fault::kConfig, place_ + " " + std::string(why), kSignAnew);
  }
  [[nodiscard]] std::unexpected<ipc::Error> unknown(const char* name) const {
    return bad("has a member '" + printable(name, 40) + "' that is not known");
  }

  ipc::Status take_metadata(const Json::Value& metadata) {
    for (const char* name : {"key_id", "algorithm", "signed_at", "policy_hash", "policy_name"}) {
      const Json::Value* const found = member(metadata, name);
      if (!found || !found->isString() || found->asString().empty())
        return bad("has no " + std::string(name) + " in its metadata");
    }
    envelope_.key_id = text_of(metadata, "key_id");
    envelope_.signed_at = text_of(metadata, "signed_at");
    envelope_.policy.name = text_of(metadata, "policy_name");
    envelope_.policy.hash = text_of(metadata, "policy_hash");
    if (text_of(metadata, "algorithm") != kSignatureAlgorithm) return bad("is not of the algorithm RSASSA_PSS_SHA_256");
    if (!is_sha256_hex(envelope_.policy.hash)) return bad("has a policy_hash that is not 64 lower-case hex digits");
    if (!check_signed_name(envelope_.policy.name)) return bad("has a policy_name that cannot be a name");
    const Json::Value* const version = member(metadata, "policy_version");
    const bool whole = version && version->type() != Json::realValue && version->isUInt64();
    if (!whole || version->asUInt64() < 1 || version->asUInt64() > kMaxPolicyVersion)
      return bad("has no policy_version, a whole number from 1, in its metadata");
    envelope_.policy.version = version->asUInt64();
    return {};
  }

  const std::string& place_;
  SignatureEnvelope envelope_;
};

std::string der_fingerprint(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = ::i2d_PUBKEY(key, &der);
  if (size <= 0) return {};
  std::string hash = sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  ::OPENSSL_free(der);
  return hash;
}

using Bio = ipc::Owned<BIO, ::BIO_free>;
using DigestContext = ipc::Owned<EVP_MD_CTX, ::EVP_MD_CTX_free>;

// OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

ipc::Status check_key(EVP_PKEY* key, const std::string& place, std::string_view kind) {
  if (!key) {
    return ipc::fail(Fault::kConfig, place + " is not a " + std::string(kind) + " key in PEM",
                     "give an RSA key, as openssl genpkey and openssl pkey -pubout write it, without a passphrase");
  }
  if (::EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
    return ipc::fail(Fault::kConfig, place + " is not an RSA key", "policies are signed with RSA keys only");
  const int bits = ::EVP_PKEY_get_bits(key);
  if (bits < kMinKeyBits || bits > kMaxKeyBits) {
    return ipc::fail(Fault::kConfig, place + " is an RSA key of " + std::to_string(bits) + " bits",
                     "use one of 2048 to 8192 bits");
  }
  return {};
}

bool use_pss(EVP_PKEY_CTX* context) {
  return ::EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         ::EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         ::EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// The public half alone is used. A signature is as long as the modulus (RFC 8017, 8.1.2): OpenSSL would take one whose
// leading zero bytes are cut off, so that one policy had two signatures.
bool key_verifies(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  if (std::cmp_not_equal(signature.size(), ::EVP_PKEY_get_size(key))) return false;
  const DigestContext context(::EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;
  if (!context || ::EVP_DigestVerifyInit(context.get(), &of_key, EVP_sha256(), nullptr, key) != 1) return false;
  if (!use_pss(of_key)) return false;
  return ::EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
}

// "arn:…:parameter/a/b:3" in three parts: what goes before the name, the name with its slash, what follows it.
struct ParameterParts {
  std::string_view before, name, selector;
};

ParameterParts parts_of(std::string_view parameter) {
  ParameterParts parts;
  if (parameter.starts_with("arn:")) {
    const std::size_t at = parameter.find(":parameter");
    if (at != std::string_view::npos) parts.before = parameter.substr(0, at + std::string_view(":parameter").size());
  }
  parameter.remove_prefix(parts.before.size());
  parts.name = parameter.substr(0, parameter.find(':'));
  parts.selector = parameter.substr(parts.name.size());
  return parts;
}

}  // namespace

std::string signed_message(const SignedPolicy& policy) {
  return "sentinel-policy-v2\n" + policy.name + "\n" + std::to_string(policy.version) + "\n" + policy.hash + "\n";
}

ipc::Status check_signed_name(std::string_view name) {
  const bool one_line = name.find_first_of("\r\n\t") == std::string_view::npos;
  if (!name.empty() && name.size() <= 2048 && one_line && !text_fault(name)) return {};
  return ipc::fail(Fault::kConfig, "a signed policy's name is one line of plain text, of at most 2048 bytes",
                   "choose another --name");
}

ipc::Result<SignatureEnvelope> parse_envelope(std::string_view text, const std::string& place) {
  return EnvelopeReader(place).read(text);
}

std::string format_envelope(const SignatureEnvelope& envelope) {
  Json::Value metadata(Json::objectValue);
  metadata["key_id"] = envelope.key_id;
  metadata["algorithm"] = std::string(kSignatureAlgorithm);
  metadata["signed_at"] = envelope.signed_at;
  metadata["policy_hash"] = envelope.policy.hash;
  metadata["policy_name"] = envelope.policy.name;
  metadata["policy_version"] = static_cast<Json::UInt64>(envelope.policy.version);
  Json::Value root(Json::objectValue);
  root["signature"] = base64(envelope.signature);
  root["metadata"] = metadata;
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  return Json::writeString(writer, root) + "\n";
}

std::string signature_parameter(std::string_view parameter) {
  const ParameterParts parts = parts_of(parameter);
  std::string_view rest = parts.name;
  if (rest.starts_with(kPolicies)) {
    rest.remove_prefix(kPolicies.size());
  } else if (rest.starts_with('/')) {
    rest.remove_prefix(1);
  }
  std::string path(parts.before);
  return ((path += kSignatures) += rest) += parts.selector;
}

std::string signed_name(std::string_view parameter) { return std::string(parts_of(parameter).name); }

void FreeKey::operator()(evp_pkey_st* key) const noexcept { ::EVP_PKEY_free(key); }

ipc::Result<PublicKey> PublicKey::from_pem(std::string_view pem, const std::string& place) {
  const Bio bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  OpensslKey key(bio ? ::PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (const ipc::Status good = check_key(key.get(), place, "public"); !good) return std::unexpected(good.error());
  return PublicKey(std::move(key));
}

ipc::Result<PublicKey> PublicKey::from_der(std::string_view der, const std::string& place) {
  const unsigned char* at = bytes(der);
  OpensslKey key(::d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (key && at != bytes(der) + der.size()) key.reset();
  if (const ipc::Status good = check_key(key.get(), place, "public"); !good) return std::unexpected(good.error());
  return PublicKey(std::move(key));
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  return key_verifies(key_.get(), message, signature);
}

bool PublicKey::operator==(const PublicKey& other) const { return ::EVP_PKEY_eq(key_.get(), other.key_.get()) == 1; }

std::string PublicKey::fingerprint() const { return der_fingerprint(key_.get()); }

ipc::Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, const std::string& place) {
  const Bio bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  OpensslKey key(bio ? ::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (const ipc::Status good = check_key(key.get(), place, "private"); !good) return std::unexpected(good.error());
  return PrivateKey(std::move(key));
}

ipc::Result<std::string> PrivateKey::sign(std::string_view message) const {
  const DigestContext context(::EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;
  std::string signature(static_cast<std::size_t>(::EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  const bool made = context && ::EVP_DigestSignInit(context.get(), &of_key, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    use_pss(of_key) &&
                    ::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                     bytes(message), message.size()) == 1;
  if (!made) return ipc::fail(Fault::kSystem, "OpenSSL could not sign with this key", "try another key");
  signature.resize(size);
  return signature;
}

bool PrivateKey::verifies(std::string_view message, std::string_view signature) const {
  return key_verifies(key_.get(), message, signature);
}

std::string PrivateKey::fingerprint() const { return der_fingerprint(key_.get()); }

}  // namespace broker
