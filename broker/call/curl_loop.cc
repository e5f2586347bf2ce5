#include "call/curl_loop.h"

#include "host/footprint.h"

namespace broker {
namespace {

constexpr long kIdleConnections = 4;  // STS and SSM, with one to spare each
constexpr timeval kRest{5, 0};        // a chain of requests never pauses that long, except to wait for AWS

}  // namespace

CurlLoop::~CurlLoop() {
  rest_.reset();
  timer_.reset();
  multi_.reset();  // calls on_socket for what is still open
}

bool CurlLoop::start() {
  timer_.reset(evtimer_new(base_, &CurlLoop::on_timeout, this));
  rest_.reset(evtimer_new(base_, &CurlLoop::on_rest, this));
  return timer_ && rest_ && open_multi();
}

bool CurlLoop::open_multi() {
  multi_.reset(curl_multi_init());
  if (!multi_) return false;
  CURLM* m = multi_.get();
  return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_SOCKETDATA, this) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_TIMERDATA, this) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, kIdleConnections) == CURLM_OK;
}

bool CurlLoop::join(CURL* easy) {
  if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) return false;
  ++under_way_;
  evtimer_del(rest_.get());
  return true;
}

void CurlLoop::leave(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  if (--under_way_ == 0) evtimer_add(rest_.get(), &kRest);
}

// ---- what curl asks for --------------------------------------------------------------------------------------------

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* watch) noexcept {
  return static_cast<CurlLoop*>(self)->watch(socket, what, static_cast<Watch*>(watch));
}

int CurlLoop::watch(curl_socket_t socket, int what, Watch* old) {
  delete old;
  if (what == CURL_POLL_REMOVE) return curl_multi_assign(multi_.get(), socket, nullptr) == CURLM_OK ? 0 : -1;
  const int in = what & CURL_POLL_IN ? EV_READ : 0;
  const int out = what & CURL_POLL_OUT ? EV_WRITE : 0;
  auto fresh = std::make_unique<Watch>();
  fresh->readiness.reset(
      event_new(base_, socket, static_cast<short>(EV_PERSIST | in | out), &CurlLoop::on_ready, this));
  if (!fresh->readiness || event_add(fresh->readiness.get(), nullptr) != 0) return -1;
  return curl_multi_assign(multi_.get(), socket, fresh.release()) == CURLM_OK ? 0 : -1;
}

int CurlLoop::on_timer(CURLM*, long wait_ms, void* self) noexcept {
  auto* loop = static_cast<CurlLoop*>(self);
  if (!loop->timer_) return 0;
  const timeval wait{wait_ms / 1000, (wait_ms % 1000) * 1000};
  return wait_ms < 0 ? evtimer_del(loop->timer_.get()) : evtimer_add(loop->timer_.get(), &wait);
}

// ---- what curl is told ---------------------------------------------------------------------------------------------

void CurlLoop::on_ready(evutil_socket_t socket, short what, void* self) noexcept {
  const int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
  static_cast<CurlLoop*>(self)->advance(socket, flags);
}

void CurlLoop::on_timeout(evutil_socket_t, short, void* self) noexcept {
  static_cast<CurlLoop*>(self)->advance(CURL_SOCKET_TIMEOUT, 0);
}

void CurlLoop::advance(curl_socket_t socket, int flags) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, flags, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CurlTransfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->finish(code);  // `message` is gone after this
  }
}

// AWS ends an idle connection long before the next renewal. Until then each would hold its TLS state and a copy of
// the certificates, and keys of sessions lie in memory for nothing.
void CurlLoop::on_rest(evutil_socket_t, short, void* self) noexcept {
  auto* loop = static_cast<CurlLoop*>(self);
  if (loop->under_way_ != 0) return;
  loop->multi_.reset();
  (void)loop->open_multi();  // without one, join() fails, and the request with it
  shrink_footprint();
}

}  // namespace broker
