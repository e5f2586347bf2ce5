#include "caller_keys.h"

#include "terms.h"

namespace broker {

ipc::Result<CallerKeys> receive_caller_keys(ipc::Channel& control) {
  ipc::Packet packet;
  if (ipc::Status came = receive_within_patience(control, packet); !came) return std::unexpected(came.error());
  if (packet.id != ipc::EnvironmentKeys::kId) {
    return ipc::fail(ipc::Fault::kProtocol, "the keys of the environment were announced, and something else came");
  }
  const auto message = ipc::open_packet<ipc::EnvironmentKeys>(packet);
  // The channel has other owners before it is read again, each with what the last one's buffer held.
  ipc::wipe(const_cast<char*>(packet.payload.data()), packet.payload.size());
  if (!message) return std::unexpected(message.error());
  CallerKeys keys;
  keys.key.access_key_id = message->access_key_id.str();
  keys.key.secret_access_key = ipc::SecretBuffer::copy_of(message->secret_access_key.reveal());
  if (!message->session_token.reveal().empty())
    keys.key.session_token = ipc::SecretBuffer::copy_of(message->session_token.reveal());
  if (!message->container_token.reveal().empty())
    keys.container_token = ipc::SecretBuffer::copy_of(message->container_token.reveal());
  return keys;
}

}  // namespace broker
