// What would an ordinary one-process server do? libevent's evhttp that answers the same body and checks nothing.
//
// bench_baseline_evhttp ADDRESS...   prints each address as it listens, then serves until it is ended.
// evhttp adds a Date header of its own; otherwise the bytes are those of baseline_epoll.
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include <cstdio>
#include <memory>

#include "address.h"
#include "answer.h"

namespace bench {
namespace {

struct BaseFree {
  void operator()(event_base* base) const { event_base_free(base); }
};
struct HttpFree {
  void operator()(evhttp* http) const { evhttp_free(http); }
};

void on_request(evhttp_request* request, void*) {
  evkeyvalq* headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", "application/json");
  evhttp_add_header(headers, "Cache-Control", "no-store");
  const std::string& body = credentials_body();
  evbuffer_add(evhttp_request_get_output_buffer(request), body.data(), body.size());
  evhttp_send_reply(request, HTTP_OK, "OK", nullptr);
}

bool listen_on_all(evhttp* http, int count, char** addresses) {
  for (int i = 0; i < count; ++i) {
    auto address = parse_address(addresses[i]);
    auto fd = address ? listen_on(*address) : std::unexpected(address.error());
    if (!fd) {
      std::fprintf(stderr, "%s\n", fd.error().what.c_str());
      return false;
    }
    if (evhttp_accept_socket(http, fd->release()) != 0) return false;
    std::puts(spell(*address).c_str());
  }
  return std::fflush(stdout) == 0 && count > 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::unique_ptr<event_base, bench::BaseFree> base(event_base_new());
  const std::unique_ptr<evhttp, bench::HttpFree> http(evhttp_new(base.get()));
  evhttp_set_gencb(http.get(), bench::on_request, nullptr);
  if (!bench::listen_on_all(http.get(), argc - 1, argv + 1)) return 1;
  event_base_dispatch(base.get());
}
