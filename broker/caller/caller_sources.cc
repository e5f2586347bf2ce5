#include "caller/caller_sources.h"

#include <sys/socket.h>

#include <utility>

#include "ipc/process/pidfd.h"

namespace broker {
namespace {

// Asked of a socketpair of our own: versions of kernels say nothing, distributions carry patches back.
ipc::Result<PeerLookup> find_lookup() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return ipc::system_error("socketpair");
  const ipc::UniqueFd one(ends[0]), other(ends[1]);
  return ipc::Pidfd::peer_of(one.get()) ? PeerLookup::kByPidfd : PeerLookup::kByNumber;
}

}  // namespace

ipc::Result<std::unique_ptr<CallerSources>> CallerSources::open() {
  ipc::Result<Witness> witness = Witness::start();
  if (!witness) return std::unexpected(witness.error());
  ipc::Result<TcpOwners> owners = TcpOwners::open();
  if (!owners) return std::unexpected(owners.error());
  const ipc::Result<PeerLookup> lookup = find_lookup();
  if (!lookup) return std::unexpected(lookup.error());
  return std::make_unique<CallerSources>(CallerSources{std::move(*witness), std::move(*owners), *lookup});
}

std::string CallerSources::level() const {
  const std::string tcp = "; TCP callers by socket and process tree";
  if (lookup == PeerLookup::kByPidfd) return "Unix callers by pidfd" + tcp;
  return "Unix callers by process number (this kernel has no SO_PEERPIDFD: a number used again could deceive)" + tcp;
}

}  // namespace broker
