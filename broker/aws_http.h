// Sends HTTP requests to AWS endpoints through libcurl's multi interface on the broker's event loop. Transport only: it
// neither signs nor retries, follows no redirect, and takes nothing from the environment.
//
// Runs in: broker, main thread (libcurl resolves names in a thread of its own).
// Blocks: never; load_ca() reads a file and runs before lock-down.
// Owns: connections, kept for reuse; the answer's body until the callback has it.   Units: bytes, milliseconds.
// Fails: kUnavailable for what may pass (unreachable, timed out), kConfig for certificates and URLs, kProtocol for an
// answer that is too large or no HTTP.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "sigv4.h"

struct event_base;

namespace broker {

// Bytes on the heap that are wiped when they go: for answers, which may hold keys and are too large for SecretBuffer.
class WipedBytes {
 public:
  WipedBytes() = default;
  WipedBytes(WipedBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  WipedBytes& operator=(WipedBytes&& other) noexcept;
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  ~WipedBytes();
  void append(std::string_view more);
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

struct HttpRequest {
  std::string url;  // scheme://host[:port]/path
  std::vector<HttpHeader> headers;
  std::string body;
  std::chrono::milliseconds deadline{10'000};  // for the whole exchange
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
  // POSTs. The callback comes once, later, from the event loop, and may destroy the exchange.
  virtual std::unique_ptr<HttpExchange> post(HttpRequest request, OnHttpAnswer done) = 0;
};

class AwsHttp final : public HttpTransport {
 public:
  static constexpr std::size_t kMaxAnswerBytes = 256 * 1024;
  // `ca_pem`: what load_ca() returned. libcurl must have been started (heap.h). Exchanges must go before AwsHttp.
  static ipc::Result<std::unique_ptr<AwsHttp>> open(event_base* base, std::string ca_pem);
  ~AwsHttp() override;
  std::unique_ptr<HttpExchange> post(HttpRequest request, OnHttpAnswer done) override;

 private:
  class Multi;
  explicit AwsHttp(std::unique_ptr<Multi> multi);
  std::unique_ptr<Multi> multi_;
};

// The certificate authorities as PEM: from `bundle`, or the system's when it is empty.
ipc::Result<std::string> load_ca(const std::string& bundle);

// Refuses what is not http or https, plain http to anything but this machine, and URLs with a user, query or fragment.
ipc::Status check_endpoint_url(const std::string& url);

}  // namespace broker
