// How long does it take to write and to read a packet between our processes? Nanoseconds per message.
#include "ipc/codec.h"

#include <benchmark/benchmark.h>

#include <array>

namespace {

ipc::ServeClient request() {
  ipc::ServeClient message;
  message.request = 7;
  message.transport = 1;
  message.keep_alive = 1;
  message.authorization = ipc::Text<256>(std::string(43, 't'));  // as long as our bearer token
  return message;
}

void encode_request(benchmark::State& state) {
  const ipc::ServeClient message = request();
  std::array<char, ipc::kMaxPacketBytes> packet;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ipc::encode(message, packet));
    benchmark::DoNotOptimize(packet.data());
    benchmark::ClobberMemory();  // the packet is read by someone, so it must be written
  }
}
BENCHMARK(encode_request);

void decode_request(benchmark::State& state) {
  std::array<char, ipc::kMaxPacketBytes> packet;
  const std::size_t size = ipc::encode(request(), packet);
  for (auto _ : state) {
    ipc::ServeClient message;
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(ipc::decode({packet.data() + sizeof(ipc::U16), size - sizeof(ipc::U16)}, message));
  }
}
BENCHMARK(decode_request);

}  // namespace
