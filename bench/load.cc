#include "load.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "answer.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

std::string request_text(const Plan& plan) {
  std::string text = "GET " + plan.path + " HTTP/1.1\r\nHost: " + plan.address.host +
                     "\r\nAccept: application/json\r\nUser-Agent: sentinel-bench\r\n";
  if (!plan.token.empty()) text += "Authorization: " + plan.token + "\r\n";
  if (plan.reuse == Reuse::kAskToClose) text += "Connection: close\r\n";
  if (plan.reuse == Reuse::kKeepAlive) text += "Connection: keep-alive\r\n";
  return text + "\r\n";
}

// What is shared by all clients of one run: the plan, how many fetches were begun, and the figures.
class Run {
 public:
  explicit Run(const Plan& given) : plan(given), request(request_text(given)) { outcome.fetch_ns.reserve(given.count); }

  // One more fetch, if count and time allow it.
  bool may_begin() { return begun_ < plan.count && Clock::now() < end_ && ++begun_ != 0; }
  void good(Clock::time_point start) {
    const auto ns = std::chrono::nanoseconds(Clock::now() - start).count();
    outcome.fetch_ns.push_back(static_cast<std::uint32_t>(std::min<std::int64_t>(ns, UINT32_MAX)));
  }
  void bad(std::string why) {
    if (outcome.failures++ == 0) outcome.first_failure = std::move(why);
  }
  Outcome finish() {
    outcome.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    return std::move(outcome);
  }

  const Plan& plan;
  const std::string request;
  Outcome outcome;

 private:
  const Clock::time_point start_ = Clock::now();
  const Clock::time_point end_ = start_ + plan.limit;
  std::uint64_t begun_ = 0;
};

// One client: at most one connection and one fetch at a time.
class Client {
 public:
  // Sends the request of a new fetch; false when that failed, which is already counted.
  bool begin(Run& run) {
    start_ = Clock::now();
    reader_.clear();
    if (!fd_) {
      auto fd = connect_to(run.plan.address, run.plan.patience);
      if (!fd) return give_up(run, fd.error().what);
      fd_ = std::move(*fd);
    }
    const ssize_t sent = ::send(fd_.get(), run.request.data(), run.request.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(run.request.size()) || give_up(run, ipc::system_error("send").error().what);
  }

  // Takes what has come; true when the fetch is over, well or badly, and counted.
  bool advance(Run& run, int flags) {
    const auto room = reader_.room();
    const ssize_t got = ::recv(fd_.get(), room.data(), room.size(), flags);
    if (got < 0 && (flags & MSG_DONTWAIT) != 0 && errno == EAGAIN) return false;
    if (got < 0) return !give_up(run, ipc::system_error("recv").error().what);
    if (got == 0) return !give_up(run, reader_.summary());
    const auto state = reader_.took(static_cast<std::size_t>(got));
    if (state == AnswerReader::State::kMore) return false;
    if (state == AnswerReader::State::kBad) return !give_up(run, reader_.summary());
    if (run.plan.reuse != Reuse::kKeepAlive) fd_.reset();
    run.good(start_);
    return true;
  }

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  bool give_up(Run& run, std::string why) {
    run.bad(std::move(why));
    fd_.reset();
    return false;
  }

  ipc::UniqueFd fd_;
  Clock::time_point start_;
  AnswerReader reader_;
};

void one_client(Run& run) {
  Client client;
  while (run.may_begin()) {
    if (!client.begin(run)) continue;
    while (!client.advance(run, 0)) {
    }
  }
}

// Begins the client's next fetch and watches its connection; false when the run is over for it.
bool next_fetch(Run& run, int epoll, Client& client, std::uint32_t slot) {
  while (run.may_begin()) {
    const int before = client.fd();
    if (!client.begin(run)) continue;
    if (client.fd() == before) return true;  // kept alive, and watched already
    epoll_event event{EPOLLIN, {.u32 = slot}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, client.fd(), &event) == 0) return true;
    run.bad("epoll_ctl");
    return false;
  }
  return false;
}

ipc::Status many_clients(Run& run) {
  const ipc::UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return ipc::system_error("epoll_create1");
  std::vector<Client> clients(static_cast<std::size_t>(run.plan.clients));
  std::uint32_t active = 0;
  for (std::uint32_t slot = 0; slot < clients.size(); ++slot)
    active += next_fetch(run, epoll.get(), clients[slot], slot);
  std::array<epoll_event, 64> events;
  while (active > 0) {
    const int ready =
        epoll_wait(epoll.get(), events.data(), events.size(), static_cast<int>(run.plan.patience.count()));
    if (ready < 0 && errno != EINTR) return ipc::system_error("epoll_wait");
    if (ready == 0) {
      for (std::uint32_t left = 0; left < active; ++left) run.bad("no answer in time");
      break;
    }
    for (int i = 0; i < ready; ++i) {
      const std::uint32_t slot = events[static_cast<std::size_t>(i)].data.u32;
      if (!clients[slot].advance(run, MSG_DONTWAIT)) continue;
      active -= next_fetch(run, epoll.get(), clients[slot], slot) ? 0 : 1;
    }
  }
  return {};
}

}  // namespace

ipc::Result<Outcome> run_load(const Plan& plan) {
  Run run(plan);
  if (plan.clients == 1) {
    one_client(run);
  } else if (auto done = many_clients(run); !done) {
    return std::unexpected(done.error());
  }
  return run.finish();
}

double percentile_us(Outcome& outcome, double share) {
  auto& all = outcome.fetch_ns;
  if (all.empty()) return 0;
  std::sort(all.begin(), all.end());
  return all[std::min(all.size() - 1, static_cast<std::size_t>(static_cast<double>(all.size()) * share))] / 1000.0;
}

}  // namespace bench
