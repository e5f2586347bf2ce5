// The side of Service that faces the frontend: it is attached, heard, answered, and let go.
#include <cerrno>

#include "ipc/client/answer_mac.h"
#include "ipc/client/served_profiles.h"
#include "serve/service.h"

namespace broker {

ipc::Status Service::attach(ipc::Packet& packet) {
  const auto attached = ipc::open_packet<ipc::FrontendAttached>(packet);
  if (!attached) return std::unexpected(attached.error());
  if (ipc::Status known = callers_.leave_out(static_cast<pid_t>(attached->pid)); !known) return known;
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(static_cast<pid_t>(attached->pid));
  if (!process) return std::unexpected(process.error());
  detach_frontend();
  frontend_process_ = std::move(*process);
  frontend_ = ipc::Channel(std::move(packet.descriptor), ipc::Side::Broker, ipc::Side::Frontend);
  frontend_.only_from(static_cast<pid_t>(attached->pid));
  frontend_.gate().enter_serving();
  frontend_watch_ = watch(frontend_.fd(), &Service::on_frontend);
  return {};
}

void Service::detach_frontend() {
  requests_->forget();
  detach_later_.reset();
  frontend_watch_.reset();
  frontend_.close();
  frontend_process_ = {};
}

void Service::on_frontend() {
  // A bounded batch, so that a busy frontend cannot keep AWS's answers waiting.
  for (int i = 0; i < 64; ++i) {
    ipc::Packet packet;
    const auto arrival = frontend_.receive(packet);
    if (!arrival) {
      if (frontend_.stranger()) return end_for_stranger(frontend_, arrival.error());
      return end(ipc::Error{ipc::Fault::kProtocol, "the frontend sent what it must not: " + arrival.error().what,
                            "it may have been taken over by a client; look at what the command ran", 0});
    }
    if (*arrival == ipc::Arrival::Nothing) break;
    if (*arrival == ipc::Arrival::PeerGone) return detach_frontend();  // the supervisor starts another
    // Its number is another's by now, perhaps of who sent this.
    if (frontend_has_ended()) return detach_frontend();
    if (ipc::Status taken = take_client(packet); !taken) {
      return end(ipc::Error{ipc::Fault::kProtocol, "the frontend sent what it must not: " + taken.error().what, "", 0});
    }
  }
  requests_->end_of_batch();
}

// Landlock answers EPERM for every process outside that is there.
bool Service::frontend_has_ended() const {
  const ipc::Status alive = frontend_process_.send_signal(0);
  return !alive && alive.error().sys_errno == ESRCH;
}

ipc::Status Service::take_client(ipc::Packet& packet) {
  const auto message = ipc::open_packet<ipc::ServeClient>(packet);
  if (!message) return std::unexpected(message.error());
  const std::string& nonce = message->nonce.str();
  const std::string& profile = message->profile.str();
  if (message->authorization.reveal().contains('\0') || (!nonce.empty() && !ipc::is_nonce(nonce)) ||
      (!profile.empty() && !ipc::is_profile_name(profile))) {
    return ipc::fail(ipc::Fault::kProtocol, "ServeClient is out of bounds");
  }
  requests_->serve(*message, std::move(packet.descriptor), listeners_,
                   [this](std::uint32_t request, bool closed) { answered(request, closed); });
  return {};
}

void Service::answered(std::uint32_t request, bool closed) {
  const ipc::Status sent = frontend_.send(ipc::Done{request, closed});
  // A frontend that does not read its answers is of no use. Not now: the request list may be under way.
  if (!sent && !detach_later_)
    detach_later_ = broker_.timers.after(std::chrono::milliseconds(0), [this] { detach_frontend(); });
}

}  // namespace broker
