// Sends HTTP requests to AWS endpoints through libcurl's multi interface on the broker's event loop. Transport only: it
// neither signs nor retries, follows no redirect, and takes nothing from the environment.
//
// Runs in: broker, main thread (libcurl resolves names in a thread of its own).
// Blocks: never.
// Owns: connections, kept for reuse until nothing was asked for some seconds; the answer's body until the callback has
// it.   Units: bytes, milliseconds.
// Fails: kUnavailable for what may pass (unreachable, timed out), kConfig for certificates and URLs, kProtocol for an
// answer that is too large or no HTTP.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/sigv4.h"
#include "call/proxy.h"
#include "call/trust.h"
#include "host/wiped_bytes.h"
#include "ipc/result.h"

struct event_base;

namespace broker {

struct HttpRequest {
  std::string url;  // scheme://host[:port]/path[?query]
  std::vector<HttpHeader> headers;
  std::string body;
  std::chrono::milliseconds deadline{10'000};  // for the whole exchange
  std::string method = "POST";                 // GET and PUT too; without a body none is sent
  bool direct = false;                         // never through a proxy: link-local services
};

struct HttpAnswer {
  long status = 0;
  WipedBytes body;
  std::string error_type;                           // x-amzn-errortype, as JSON services send it
  std::optional<std::chrono::seconds> retry_after;  // only the form in seconds
  std::optional<std::chrono::sys_seconds> date;     // the server's clock
};

// One request under way. Destroying it cancels: the callback is then never called.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
};

using OnHttpAnswer = std::function<void(ipc::Result<HttpAnswer>)>;

// The one thing the rest of the broker sees of libcurl; tests answer in its place.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // The callback comes once, later, from the event loop, and may destroy the exchange.
  virtual std::unique_ptr<HttpExchange> send(HttpRequest request, OnHttpAnswer done) = 0;
};

class AwsHttp final : public HttpTransport {
 public:
  static constexpr std::size_t kMaxAnswerBytes = 256 * 1024;
  // `ca_pem`: what load_ca() returned. `proxy`: what read_proxy() did. libcurl must have been started
  // (host/wiping_heap.h). Exchanges must go before AwsHttp.
  static ipc::Result<std::unique_ptr<AwsHttp>> open(event_base* base, std::string ca_pem, Proxy proxy = {});
  ~AwsHttp() override;
  std::unique_ptr<HttpExchange> send(HttpRequest request, OnHttpAnswer done) override;

 private:
  struct Shared;
  class Exchange;
  explicit AwsHttp(std::unique_ptr<Shared> shared);
  std::unique_ptr<Shared> shared_;
};

}  // namespace broker
