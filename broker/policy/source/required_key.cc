#include "policy/source/required_key.h"

#include <utility>

#include "host/root_file.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kGiveKey[] = "give the public key's file with --policy-key";

ipc::Result<PublicKey> option_key(const std::string& path) {
  const ipc::Result<std::string> pem = read_trusted_file(path, kMaxKeyFileBytes, "the policy key", kGiveKey);
  if (!pem) return std::unexpected(pem.error());
  return PublicKey::from_pem(*pem, path);
}

std::unexpected<ipc::Error> weaker(const std::string& option, const std::string& host_key) {
  return ipc::fail(Fault::kConfig, option + " names another key than " + host_key + ", which binds every run here",
                   "leave the option out");
}

}  // namespace

ipc::Result<PolicyKey> choose_policy_key(const std::string& host_key, const std::string& key_file,
                                         const std::string& kms_key) {
  ipc::Result<std::optional<std::string>> host = read_root_file(host_key, kMaxKeyFileBytes);
  if (!host) return std::unexpected(std::move(host.error()));
  PolicyKey chosen;
  if (!key_file.empty()) {
    ipc::Result<PublicKey> key = option_key(key_file);
    if (!key) return std::unexpected(std::move(key.error()));
    chosen.file = std::move(*key);
    chosen.place = key_file;
  } else if (!kms_key.empty()) {
    chosen.kms = kms_key;
    chosen.place = "the KMS key";
  }
  if (!*host) return chosen;
  ipc::Result<PublicKey> key = PublicKey::from_pem(**host, host_key);
  if (!key) return std::unexpected(std::move(key.error()));
  if (!chosen.kms.empty()) return weaker("--policy-kms-key", host_key);
  if (chosen.file && !(*chosen.file == *key)) return weaker("--policy-key", host_key);
  chosen.file = std::move(*key);
  chosen.place = host_key;
  return chosen;
}

}  // namespace broker
