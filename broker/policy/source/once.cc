#include "policy/source/once.h"

#include <utility>

#include "host/bounded_read.h"
#include "policy/yaml/load.h"
#include "yaml/document.h"

namespace broker {

ipc::Result<std::unique_ptr<PolicyOnce>> PolicyOnce::open(int fd, const std::string& name,
                                                          const PolicyVerifier& verifier) {
  if (verifier.enforces()) {
    return ipc::fail(ipc::Fault::kRefused,
                     "the policy " + name + " comes from a pipe, and a signature is demanded here",
                     "name a file with its signature beside it in <file>.sig");
  }
  const std::optional<std::string> text = read_from_start(fd, kMaxYamlBytes + 1);
  if (!text) return ipc::system_error("cannot read the policy " + name);
  ipc::Result<Policy> policy = load_policy(*text, name);
  if (!policy) return std::unexpected(std::move(policy.error()));
  return std::unique_ptr<PolicyOnce>(new PolicyOnce(std::move(*policy)));
}

}  // namespace broker
