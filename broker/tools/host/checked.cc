#include "tools/host/checked.h"

#include <sys/stat.h>

#include <algorithm>

#include "call/proxy.h"
#include "host/own_file.h"
#include "host/root_file.h"
#include "host_config/load.h"
#include "host_config/resolve.h"
#include "policy/source/signature.h"
#include "policy/yaml/load.h"
#include "text/plain_text.h"
#include "yaml/document.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kPutThere[] = "put the file there, or correct the path";

// The file of root alone, and, where it is not that, what anybody may have written, so that all of it is told at once.
ipc::Result<std::string> read_text(const std::string& path, Mistakes& mistakes) {
  ipc::Result<std::optional<std::string>> roots = read_root_file(path, kMaxYamlBytes);
  if (roots && *roots) return std::move(**roots);
  if (roots) return ipc::fail(Fault::kConfig, "there is no file " + path, "write it; sentinel-host(5) has an example");
  ipc::Result<std::string> any = read_whole_file(path, kMaxYamlBytes);
  if (!any) return any;
  ipc::Error error = std::move(roots.error());
  // A draft is moved to where it shall bind: a folder such as /tmp is not to be closed for its sake.
  if (path != kHostConfig) error.next_step = "sudo install -m 644 " + path + " " + kHostConfig;
  mistakes.add(std::move(error));
  return any;
}

ipc::Error at(const PlacedText& named, const ipc::Error& error, std::string_view next_step) {
  ipc::Error placed = ipc::with_next_step(error, next_step);
  placed.what = named.place + ": " + placed.what;
  return placed;
}

void check_program(const PlacedText& program, Mistakes& mistakes) {
  if (const ipc::Status roots = check_root_file(program.text); !roots) {
    return mistakes.add(at(program, roots.error(), kPutThere));
  }
  struct stat status {};
  if (::stat(program.text.c_str(), &status) == 0 && (status.st_mode & 0111) != 0) return;
  mistakes.add({Fault::kConfig, program.place + ": " + in_quotes(program.text) + " is no program",
                "run chmod +x, or name another", 0});
}

// Nothing where the file is not named, or is not root's.
std::optional<std::string> read_named(const PlacedText& named, std::size_t most, Mistakes& mistakes) {
  if (named.text.empty()) return std::nullopt;
  ipc::Result<std::optional<std::string>> text = read_root_file(named.text, most);
  if (text && *text) return std::move(**text);
  const ipc::Error error =
      text ? ipc::Error{Fault::kConfig, "there is no file " + named.text, kPutThere, 0} : std::move(text.error());
  mistakes.add(at(named, error, kPutThere));
  return std::nullopt;
}

void check_key(CheckedHost& host) {
  const PlacedText& named = host.config->policy.key_file;
  const std::optional<std::string> pem = read_named(named, kMaxKeyFileBytes, host.mistakes);
  if (!pem) return;
  const ipc::Result<PublicKey> key = PublicKey::from_pem(*pem, named.text);
  if (key) {
    host.key_fingerprint = key->fingerprint();
  } else {
    host.mistakes.add(at(named, key.error(), "name the public key that sentinel policy sign has the other half of"));
  }
}

void check_policy(CheckedHost& host) {
  const PlacedText& named = host.config->policy.file;
  std::optional<std::string> text = read_named(named, kMaxYamlBytes, host.mistakes);
  if (!text) return;
  Read<Policy> policy = read_policy(*text, named.text);
  host.policy.file = named.text;
  host.policy.text = std::move(*text);
  if (policy) {
    host.policy.policy = std::move(*policy);
  } else {
    host.policy.mistakes = std::move(policy.error());
  }
}

void check_proxy(CheckedHost& host) {
  const ipc::Result<Proxy> proxy = read_proxy(host.config->network);
  if (proxy) return;
  // The sentence begins with the variable that has the same meaning.
  const std::string& what = proxy.error().what;
  const std::string why = what.substr(std::min(what.size(), what.find(": ") + 2));
  host.mistakes.add(
      {Fault::kConfig, host.config->proxy.place + ": " + why, "write it as http://proxy.example.com:3128", 0});
}

void check_files(CheckedHost& host) {
  for (const PlacedText& program : host.config->programs) check_program(program, host.mistakes);
  check_policy(host);
  check_key(host);
  const PlacedText& bundle = host.config->ca_bundle;
  if (bundle.text.empty()) return;
  if (const ipc::Status roots = check_root_file(bundle.text); !roots) {
    host.mistakes.add(at(bundle, roots.error(), kPutThere));
  }
}

}  // namespace

ipc::Result<CheckedHost> check_host(const std::string& file) {
  CheckedHost host;
  host.file = file;
  ipc::Result<std::string> text = read_text(file, host.mistakes);
  if (!text) return std::unexpected(std::move(text.error()));
  host.text = std::move(*text);
  Read<HostConfig> config = read_host_config(host.text, file);
  if (!config) {
    host.mistakes.add(config.error());
    return host;
  }
  host.config = std::move(*config);
  Read<std::vector<ResolvedProfile>> profiles = resolve_host_profiles(*host.config);
  if (profiles) {
    host.profiles = std::move(*profiles);
  } else {
    host.mistakes.add(profiles.error());
  }
  check_proxy(host);
  check_files(host);
  return host;
}

}  // namespace broker
