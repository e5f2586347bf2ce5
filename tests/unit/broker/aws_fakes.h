// Stand-ins for what the AWS side of the broker is handed: clocks, timers and a network that answers when the test
// says. For decisions about time only; the wire is tested against a real server (serve/aws_standin_test.cc).
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "call/aws_call.h"
#include "call/http.h"
#include "call/signing_keys.h"
#include "fake_clock.h"
#include "host/timers.h"

namespace broker::testing {

// Timers fire when the test passes the time.
class FakeTimers final : public Timers {
 public:
  explicit FakeTimers(FakeClock& clock) : clock_(clock) {}
  std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> action) override {
    auto entry = std::make_shared<Entry>(Entry{clock_.since_boot() + delay, std::move(action)});
    entries_.push_back(entry);
    return std::make_unique<Handle>(std::move(entry));
  }
  // Lets time pass and fires, in order, what falls due in it.
  void pass(std::chrono::nanoseconds time) {
    const auto end = clock_.since_boot() + time;
    while (auto entry = next()) {
      if (entry->when > end) break;
      clock_.pass(std::max(entry->when - clock_.since_boot(), Clock::SinceBoot(0)));
      std::exchange(entry->action, nullptr)();
    }
    clock_.pass(end - clock_.since_boot());
  }
  [[nodiscard]] bool armed() { return next() != nullptr; }
  // Until the next timer.
  [[nodiscard]] Clock::SinceBoot wait() { return next()->when - clock_.since_boot(); }

 private:
  struct Entry {
    Clock::SinceBoot when;
    std::function<void()> action;  // empty: fired or cancelled
  };
  struct Handle final : Timer {
    explicit Handle(std::shared_ptr<Entry> e) : entry(std::move(e)) {}
    ~Handle() override { entry->action = nullptr; }
    std::shared_ptr<Entry> entry;
  };
  std::shared_ptr<Entry> next() {
    std::erase_if(entries_, [](const auto& e) { return !e->action; });
    const auto first = std::ranges::min_element(entries_, {}, [](const auto& e) { return e->when; });
    return first == entries_.end() ? nullptr : *first;
  }
  FakeClock& clock_;
  std::vector<std::shared_ptr<Entry>> entries_;
};

// Keeps each request until the test answers it.
class FakeHttp final : public HttpTransport {
 public:
  struct Pending {
    HttpRequest request;
    OnHttpAnswer done;
    bool cancelled = false;
  };
  std::unique_ptr<HttpExchange> send(HttpRequest request, OnHttpAnswer done) override {
    auto entry = std::make_shared<Pending>(Pending{std::move(request), std::move(done)});
    requests.push_back(entry);
    return std::make_unique<Handle>(std::move(entry));
  }
  // Requests that wait for an answer.
  [[nodiscard]] std::size_t waiting() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(requests, [](const auto& p) { return p->done && !p->cancelled; }));
  }
  void answer(HttpAnswer answer) { take()(std::move(answer)); }
  void answer(long status, std::string_view body, std::optional<std::chrono::sys_seconds> date = {}) {
    HttpAnswer reply;
    reply.status = status;
    reply.body.append(body);
    reply.date = date;
    answer(std::move(reply));
  }
  void fail(ipc::Fault fault) { take()(std::unexpected(ipc::Error{fault, "the network said no", {}})); }
  [[nodiscard]] const HttpRequest& last() const { return requests.back()->request; }

  std::deque<std::shared_ptr<Pending>> requests;

 private:
  struct Handle final : HttpExchange {
    explicit Handle(std::shared_ptr<Pending> p) : pending(std::move(p)) {}
    ~Handle() override { pending->cancelled = true; }
    std::shared_ptr<Pending> pending;
  };
  OnHttpAnswer take() {
    for (const auto& pending : requests) {
      if (pending->done && !pending->cancelled) return std::exchange(pending->done, nullptr);
    }
    throw std::logic_error("no request is waiting for an answer");
  }
};

// All of them, put together as main does.
struct FakeAws {
  FakeClock clock;
  FakeTimers timers{clock};
  FakeHttp http;
  AwsContext context{http, timers, clock, [] { return 0.5; }};
  std::unique_ptr<FixedKey> keys;
  // What calls are signed with, and chains begin with.
  void use(BaseKey key) {
    keys = std::make_unique<FixedKey>(std::move(key));
    context.keys = keys.get();
  }
};

inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// One value out of the form that was sent, as it was encoded.
inline std::string field(const HttpRequest& request, const std::string& name) {
  const std::string body = "&" + request.body + "&";
  const std::size_t start = body.find("&" + name + "=");
  if (start == std::string::npos) return "(absent)";
  const std::size_t value = start + name.size() + 2;
  return body.substr(value, body.find('&', value) - value);
}

inline BaseKey long_term_key() { return {"AKIDEXAMPLE", ipc::SecretBuffer::copy_of("base-secret-of-the-profile"), {}}; }

inline AwsEndpoint endpoint() { return {"https://sts.example.com", "sts.example.com", true, "eu-west-1"}; }

// An STS answer that issues keys ending at `expiration` (as AWS writes times).
inline std::string issued(const std::string& action, const std::string& expiration,
                          const std::string& id = "ASIAISSUED") {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials>" + "<AccessKeyId>" + id +
         "</AccessKeyId><SecretAccessKey>issued-secret</SecretAccessKey>" +
         "<SessionToken>issued-token</SessionToken><Expiration>" + expiration + "</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

inline std::string refused(const std::string& code, const std::string& message = "no") {
  return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message +
         "</Message></Error></ErrorResponse>";
}

}  // namespace broker::testing
