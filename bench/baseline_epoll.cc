// What is the floor? One process, bare epoll, that answers the same bytes over Unix and TCP and checks nothing.
#include "answer.h"
#include "bare_server.h"

namespace {

bench::Reply answer(std::string_view request) {
  if (!request.ends_with("\r\n\r\n")) return {};
  const bool keep_alive = request.find("Connection: close") == request.npos;
  return {bench::whole_answer(keep_alive), keep_alive};
}

}  // namespace

int main(int argc, char** argv) {
  bench::BareServer server(answer);
  if (!server.open(argc - 1, argv + 1)) return 1;
  server.serve();
}
