#include "broker_link.h"

#include <cerrno>

#include "ending.h"
#include "ipc/client/served_profiles.h"

namespace frontend {
namespace {

// Of the errors of sendmsg, those that pass: the queue is full (EAGAIN), this user has too many descriptors in flight
// (ETOOMANYREFS), or the kernel is short of memory.
bool passes(int error) { return error == EAGAIN || error == ETOOMANYREFS || error == ENOBUFS || error == ENOMEM; }

}  // namespace

void BrokerLink::attach(ipc::UniqueFd fd, pid_t broker) {
  channel_ = ipc::Channel(std::move(fd), ipc::Side::Frontend, ipc::Side::Broker);
  channel_.only_from(broker);
  channel_.gate().enter_serving();
  readable_.reset(event_new(base_, channel_.fd(), EV_READ | EV_PERSIST, on_readable, this));
  writable_.reset(event_new(base_, channel_.fd(), EV_WRITE, on_writable, this));
  if (!readable_ || !writable_ || event_add(readable_.get(), nullptr) != 0) end_run(Ending::KernelRefused);
}

BrokerLink::Sent BrokerLink::serve(const Connection& c, ipc::U32 number) {
  ipc::ServeClient message;  // wiped when it goes, as the packet is
  message.request = number;
  message.transport = c.rule.transport;
  message.keep_alive = c.request.keep_alive;
  message.status = c.request.route->status;
  if (!message.authorization.assign(c.request.authorization)) end_run(Ending::KernelRefused);  // was checked
  if (!message.nonce.assign(c.request.nonce)) end_run(Ending::KernelRefused);                  // likewise
  std::string profile;
  const bool named = !c.request.profile.empty();
  if (named && (!ipc::read_profile_in_path(c.request.profile, profile) || !message.profile.assign(profile)))
    end_run(Ending::KernelRefused);  // likewise
  const ipc::Status sent = channel_.send(message, c.fd.get());
  if (sent) return Sent::Yes;
  if (!passes(sent.error().sys_errno)) end_run(Ending::BrokerGone);
  // Only a full queue becomes writable later; waiting for that on the other errors would spin.
  if (sent.error().sys_errno == EAGAIN && event_add(writable_.get(), nullptr) != 0) end_run(Ending::KernelRefused);
  return Sent::Full;
}

void BrokerLink::on_writable(int, short, void* self) { static_cast<BrokerLink*>(self)->listener_.on_broker_has_room(); }

void BrokerLink::on_readable(int, short, void* self) { static_cast<BrokerLink*>(self)->receive_all(); }

void BrokerLink::receive_all() {
  ipc::Packet packet;
  while (true) {
    const ipc::Result<ipc::Arrival> arrival = channel_.receive(packet);
    if (!arrival) end_run(channel_.stranger() ? Ending::Stranger : Ending::BadBroker);
    if (*arrival == ipc::Arrival::PeerGone) end_run(Ending::BrokerGone);
    if (*arrival == ipc::Arrival::Nothing) return;
    const auto done = ipc::open_packet<ipc::Done>(packet);  // the gate admits nothing else
    if (!done) end_run(Ending::BadBroker);
    listener_.on_done(done->request, done->closed);
  }
}

}  // namespace frontend
