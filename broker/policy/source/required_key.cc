#include "policy/source/required_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "host/bounded_read.h"
#include "host/root_file.h"
#include "ipc/unique_fd.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kGiveKey[] = "give the public key's file with --policy-key";

ipc::Result<std::string> read_key_file(const std::string& path) {
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return ipc::system_error("cannot open the policy key " + path, kGiveKey);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return ipc::system_error("cannot look at the policy key " + path, kGiveKey);
  if (!S_ISREG(status.st_mode)) return ipc::fail(Fault::kConfig, path + " is not a regular file", kGiveKey);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return ipc::fail(Fault::kConfig, "the policy key " + path + " can be written by others", "run chmod go-w " + path);
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return ipc::fail(Fault::kConfig, "the policy key " + path + " belongs to another user", "keep a copy of your own");
  std::optional<std::string> text = read_up_to(fd.get(), kMaxKeyFileBytes + 1);
  if (!text) return ipc::system_error("cannot read the policy key " + path, kGiveKey);
  if (text->size() > kMaxKeyFileBytes)
    return ipc::fail(Fault::kConfig, path + " is longer than 16 KiB, and no key", kGiveKey);
  return std::move(*text);
}

ipc::Result<PublicKey> option_key(const std::string& path) {
  const ipc::Result<std::string> pem = read_key_file(path);
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
