#include "call/http.h"

#include <curl/curl.h>
#include <event2/event.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "call/curl_loop.h"
#include "call/no_answer.h"
#include "ipc/owned.h"
#include "ipc/secret.h"
#include "text/ascii.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr long kConnectTimeoutMs = 5'000;
constexpr char kUserAgent[] = "sentinel/0.1.0";  // as in CMakeLists.txt; a test compares them

using Easy = ipc::Owned<CURL, curl_easy_cleanup>;
using HeaderList = ipc::Owned<curl_slist, curl_slist_free_all>;

// `a` is lower-case.
bool same_name(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, {}, lower); }

// Appends `Name: value`; curl needs "Name;" for an empty value, or it would remove the header.
bool add_header(HeaderList& list, const HttpHeader& header) {
  std::string line = header.name + (header.value.empty() ? ";" : ": " + header.value);
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  ipc::wipe(line.data(), line.size());
  if (!longer) return false;
  (void)list.release();
  list.reset(longer);
  return true;
}

}  // namespace

// What all exchanges share.
struct AwsHttp::Shared {
  std::string ca_pem;
  Proxy proxy;
  CurlLoop loop;  // last: goes first, while what its connections refer to is still there
};

class AwsHttp::Exchange final : public HttpExchange, private CurlTransfer {
 public:
  Exchange(Shared& shared, HttpRequest request, OnHttpAnswer done)
      : shared_(shared), request_(std::move(request)), done_(std::move(done)), easy_(curl_easy_init()) {}
  ~Exchange() override {
    if (joined_) shared_.loop.leave(easy_.get());
  }

  void start() {
    ipc::Status ready = check_request_url(request_.url, request_.direct);
    if (ready && !configure()) ready = ipc::fail(Fault::kSystem, "libcurl could not be set up for " + origin());
    if (ready) {
      joined_ = shared_.loop.join(easy_.get());
      if (!joined_) ready = ipc::fail(Fault::kSystem, "libcurl did not take the request to " + origin());
    }
    if (!ready) fail_later(std::move(ready.error()));
  }

  // The callback is the last thing: it may destroy this exchange.
  void finish(CURLcode code) override {
    shared_.loop.leave(easy_.get());
    joined_ = false;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
    const OnHttpAnswer done = std::move(done_);
    if (code == CURLE_OK) {
      done(std::move(answer_));
    } else {
      done(std::unexpected(explain(code)));
    }
  }

 private:
  [[nodiscard]] bool configure() { return easy_ && set_request() && set_trust() && set_proxy() && set_callbacks(); }

  template <class Value>
  bool set(CURLoption option, Value value) {
    return curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  }

  bool set_request() {
    bool ok = true;
    for (const HttpHeader& header : request_.headers) ok = ok && add_header(list_, header);
    // curl would add these by itself, unsigned; AWS does not want the first, and answers are JSON or XML anyway.
    for (const char* unwanted : {"Expect:", "Accept:"}) {
      curl_slist* longer = curl_slist_append(list_.get(), unwanted);
      ok = ok && longer;
      if (longer) {
        (void)list_.release();
        list_.reset(longer);
      }
    }
    return ok && set(CURLOPT_URL, request_.url.c_str()) && set(CURLOPT_HTTPHEADER, list_.get()) && set_method() &&
           set(CURLOPT_USERAGENT, kUserAgent) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
           set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1}) && set(CURLOPT_FOLLOWLOCATION, 0L) &&
           set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED}) && set(CURLOPT_NOSIGNAL, 1L) &&
           set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs) &&
           set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.deadline.count()));
  }

  // libcurl's own PUT would wait for a 100, so a body always goes as a POST's under another name.
  bool set_method() {
    if (request_.method == "GET") return set(CURLOPT_HTTPGET, 1L);
    return set(CURLOPT_POST, 1L) && set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request_.body.size())) &&
           set(CURLOPT_POSTFIELDS, request_.body.c_str()) && set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }

  bool set_trust() {
    curl_blob ca{shared_.ca_pem.data(), shared_.ca_pem.size(), CURL_BLOB_NOCOPY};
    return set(CURLOPT_CAINFO_BLOB, &ca) && set(CURLOPT_CAPATH, static_cast<const char*>(nullptr)) &&
           set(CURLOPT_SSL_VERIFYPEER, 1L) && set(CURLOPT_SSL_VERIFYHOST, 2L) &&
           set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2}) && set(CURLOPT_SSL_CTX_FUNCTION, check_names);
  }

  // NO_PROXY is read by us, so that curl has nothing to decide; and what the proxy itself answers is none of AWS's.
  bool set_proxy() {
    past_proxy_ = request_.direct || goes_past(shared_.proxy, request_.url);
    if (past_proxy_) return set(CURLOPT_PROXY, "");
    curl_blob ca{shared_.ca_pem.data(), shared_.ca_pem.size(), CURL_BLOB_NOCOPY};
    return set(CURLOPT_PROXY, shared_.proxy.url.c_str()) && set(CURLOPT_NOPROXY, "") &&
           set(CURLOPT_HTTPPROXYTUNNEL, 1L) && set(CURLOPT_HEADEROPT, long{CURLHEADER_SEPARATE}) &&
           set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) && set(CURLOPT_PROXY_CAINFO_BLOB, &ca) &&
           set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr)) && set(CURLOPT_PROXY_SSL_VERIFYPEER, 1L) &&
           set(CURLOPT_PROXY_SSL_VERIFYHOST, 2L) && set(CURLOPT_PROXY_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  }

  bool set_callbacks() {
    return set(CURLOPT_PRIVATE, static_cast<CurlTransfer*>(this)) && set(CURLOPT_ERRORBUFFER, detail_.data()) &&
           set(CURLOPT_WRITEFUNCTION, &Exchange::on_body) && set(CURLOPT_WRITEDATA, this) &&
           set(CURLOPT_HEADERFUNCTION, &Exchange::on_header) && set(CURLOPT_HEADERDATA, this);
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t bytes, void* self) noexcept {
    auto* exchange = static_cast<Exchange*>(self);
    if (exchange->answer_.body.view().size() + bytes > kMaxAnswerBytes) {
      exchange->too_large_ = true;
      return 0;
    }
    exchange->answer_.body.append({data, bytes});
    return bytes;
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t bytes, void* self) noexcept {
    static_cast<Exchange*>(self)->take_header({data, bytes});
    return bytes;
  }

  void take_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_name("date", name)) {
      const std::time_t date = curl_getdate(std::string(value).c_str(), nullptr);
      if (date > 0) answer_.date = std::chrono::sys_seconds(std::chrono::seconds(date));
    } else if (same_name("retry-after", name)) {
      long seconds = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (error == std::errc() && end == value.data() + value.size() && seconds >= 0 && seconds <= 3600) {
        answer_.retry_after = std::chrono::seconds(seconds);
      }
    } else if (same_name("x-amzn-errortype", name)) {
      answer_.error_type = value.substr(0, 128);
    }
  }

  [[nodiscard]] std::string origin() const { return origin_of(request_.url); }

  // The proxy's refusal of the tunnel; nothing where that is not what went wrong.
  std::optional<ipc::Error> explain_proxy(CURLcode code) const {
    const Proxy& proxy = shared_.proxy;
    long refusal = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &refusal);
    const std::string which = "the proxy " + proxy.shown + " (" + proxy.variable + ")";
    if (code == CURLE_COULDNT_RESOLVE_PROXY) {
      return ipc::Error{Fault::kUnavailable, which + " is not found", "check the name in " + proxy.variable};
    }
    if (refusal == 0 || (refusal >= 200 && refusal < 300)) return std::nullopt;
    const std::string what =
        which + " lets nothing through to " + origin() + ": it answered " + std::to_string(refusal);
    if (refusal == 407) {
      return ipc::Error{Fault::kConfig, what, "put the user and password that it asks for into " + proxy.variable};
    }
    return ipc::Error{refusal >= 500 ? Fault::kUnavailable : Fault::kConfig, what,
                      "allow the host at the proxy, or name it in NO_PROXY"};
  }

  ipc::Error explain(CURLcode code) const {
    // It may quote the other side's certificate, or what a proxy said.
    std::string why = printable(detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code));
    if (!past_proxy_) {
      if (auto refused = explain_proxy(code)) return std::move(*refused);
      why += ", through the proxy " + shared_.proxy.shown + " of " + shared_.proxy.variable;
    }
    if (too_large_) {
      return {Fault::kProtocol, "the answer of " + origin() + " is larger than 256 KiB", "check the endpoint URL"};
    }
    if (is_trust_problem(code))
      return {Fault::kConfig, origin() + " is not trusted: " + shown_distrust(why), after_distrust(why)};
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) {
      return {Fault::kConfig, origin() + " is no URL that can be asked: " + why, "check the endpoint URL"};
    }
    return {Fault::kUnavailable, origin() + " gave no answer: " + why, after_silence(code, past_proxy_)};
  }

  // A failure before the start still arrives from the loop, so that no caller is called back inside send().
  void fail_later(ipc::Error error) {
    early_error_ = std::move(error);
    early_.reset(evtimer_new(shared_.loop.base(), &Exchange::on_early, this));
    const timeval now{};
    if (early_) evtimer_add(early_.get(), &now);
  }
  static void on_early(evutil_socket_t, short, void* self) noexcept {
    auto* exchange = static_cast<Exchange*>(self);
    const OnHttpAnswer done = std::move(exchange->done_);
    done(std::unexpected(std::move(exchange->early_error_)));
  }

  Shared& shared_;
  HttpRequest request_;
  OnHttpAnswer done_;
  HeaderList list_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HttpAnswer answer_;
  bool too_large_ = false;
  bool past_proxy_ = true;
  bool joined_ = false;
  ipc::Error early_error_{};
  EventPtr early_;
  Easy easy_;  // last: goes first, while what it points to is still there
};

ipc::Result<std::unique_ptr<AwsHttp>> AwsHttp::open(event_base* base, std::string ca_pem, Proxy proxy) {
  std::unique_ptr<Shared> shared(new Shared{std::move(ca_pem), std::move(proxy), CurlLoop(base)});
  if (!shared->loop.start()) return ipc::fail(Fault::kSystem, "libcurl could not be attached to the event loop");
  return std::unique_ptr<AwsHttp>(new AwsHttp(std::move(shared)));
}

AwsHttp::AwsHttp(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}
AwsHttp::~AwsHttp() = default;

std::unique_ptr<HttpExchange> AwsHttp::send(HttpRequest request, OnHttpAnswer done) {
  auto exchange = std::make_unique<Exchange>(*shared_, std::move(request), std::move(done));
  exchange->start();
  return exchange;
}

}  // namespace broker
