#include "supervisor_link.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "channel_numbers.h"
#include "ending.h"
#include "ipc/process/descriptors.h"

namespace frontend {
namespace {

int socket_option(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

ipc::Result<ipc::UniqueFd> adopt_control_channel() {
  if (socket_option(kControlDescriptor, SO_DOMAIN) != AF_UNIX ||
      socket_option(kControlDescriptor, SO_TYPE) != SOCK_SEQPACKET) {
    return ipc::fail(ipc::Fault::kUsage, "sentinel-frontend is started by sentinel, not by hand",
                     "run: sentinel exec --help");
  }
  ipc::UniqueFd control(kControlDescriptor);
  if (::fcntl(control.get(), F_SETFD, FD_CLOEXEC) != 0) return ipc::system_error("control channel");
  if (!ipc::close_descriptors(kControlDescriptor + 1)) return ipc::system_error("closing inherited descriptors");
  if (ipc::Status kept = keep_broker_descriptor(); !kept) return std::unexpected(kept.error());
  return control;
}

SupervisorLink::SupervisorLink(event_base* base, ipc::UniqueFd control, Server& server)
    : server_(server), channel_(std::move(control), ipc::Side::Frontend, ipc::Side::Supervisor) {
  if (!channel_.only_from_maker()) end_run(Ending::NoControl);
  readable_.reset(event_new(base, channel_.fd(), EV_READ | EV_PERSIST, on_readable, this));
  if (!readable_ || event_add(readable_.get(), nullptr) != 0) end_run(Ending::NotPrepared);
}

void SupervisorLink::report_locked_down(std::string_view protections) {
  ipc::FrontendLockedDown report;
  report.protocol = ipc::kProtocolHash;
  report.protections = ipc::Text<1024>(protections);
  if (!channel_.send(report)) end_run(Ending::SupervisorGone);
}

void SupervisorLink::on_readable(int, short, void* self) { static_cast<SupervisorLink*>(self)->receive_all(); }

void SupervisorLink::receive_all() {
  ipc::Packet packet;
  while (true) {
    const ipc::Result<ipc::Arrival> arrival = channel_.receive(packet);
    if (!arrival) end_run(channel_.stranger() ? Ending::Stranger : Ending::BadSupervisor);
    if (*arrival == ipc::Arrival::PeerGone) end_run(Ending::SupervisorGone);
    if (*arrival == ipc::Arrival::Nothing) return;
    on_packet(packet);
  }
}

// The gate has seen to it that only these two arrive, each with one descriptor.
void SupervisorLink::on_packet(ipc::Packet& packet) {
  if (packet.id == ipc::Listener::kId) return on_listener(packet);
  const auto message = ipc::open_packet<ipc::BrokerChannel>(packet);
  if (!message || message->pid == 0) end_run(Ending::BadSupervisor);
  if (packet.descriptor.get() != kBrokerDescriptor) end_run(Ending::BadSupervisor);  // the filter knows no other
  server_.attach_broker(std::move(packet.descriptor), static_cast<pid_t>(message->pid));
}

void SupervisorLink::on_listener(ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::Listener>(packet);
  if (!message || packet.descriptor.get() < kFirstClosable) end_run(Ending::BadSupervisor);  // before the broker
  HostRule rule;
  rule.transport = message->transport;
  rule.port = message->port;
  if ((rule.transport == ipc::Transport::Tcp) != (rule.port != 0)) end_run(Ending::BadSupervisor);
  if (!server_.add_listener(std::move(packet.descriptor), rule)) end_run(Ending::BadSupervisor);
}

}  // namespace frontend
