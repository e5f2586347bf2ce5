// How long does one credential fetch take, from connect to close, and how many fit in a second?
// Prints microseconds and fetches per second, as a line or with --json as an object.
#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "load.h"

namespace bench {
namespace {

constexpr int kMostClients = 256;
constexpr std::uint64_t kMostFetches = 10'000'000;
constexpr std::uint64_t kLongestMs = 600'000;
constexpr char kUsage[] =
    "bench_load [--address unix:PATH|tcp:PORT] [--token TOKEN] [--path /creds] [--clients 1] [--count 5000] [--ms "
    "10000]\n"
    "           [--close | --keep-alive] [--json]\n"
    "Without --address and --token it reads what `sentinel exec --server` gives its command: SENTINEL_UNIX_SOCKET and\n"
    "SENTINEL_AUTH_TOKEN, else AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.\n";

struct CommandLine {
  Plan plan;
  std::string address;
  bool json = false;
};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Fills address, path and token from what Sentinel put into the environment.
void use_environment(CommandLine& line) {
  if (const std::string path = from_environment("SENTINEL_UNIX_SOCKET"); !path.empty()) {
    line.address = "unix:" + path;
    line.plan.token = from_environment("SENTINEL_AUTH_TOKEN");
    return;
  }
  const std::string uri = from_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  constexpr std::string_view kBefore = "http://127.0.0.1:";
  if (!uri.starts_with(kBefore)) return;
  const std::size_t slash = uri.find('/', kBefore.size());
  line.address = "tcp:" + uri.substr(kBefore.size(), slash - kBefore.size());
  if (slash != uri.npos) line.plan.path = uri.substr(slash);
  line.plan.token = from_environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
}

std::uint64_t bounded(const char* text, std::uint64_t most) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text, &end, 10);
  if (*text != '\0' && *end == '\0' && value >= 1 && value <= most) return value;
  std::fprintf(stderr, "bench_load: %s is not a number from 1 to %llu\n", text, static_cast<unsigned long long>(most));
  std::exit(2);
}

CommandLine parse(int argc, char** argv) {
  static const option kOptions[] = {{"address", 1, nullptr, 'a'}, {"token", 1, nullptr, 't'},
                                    {"path", 1, nullptr, 'p'},    {"clients", 1, nullptr, 'c'},
                                    {"count", 1, nullptr, 'n'},   {"ms", 1, nullptr, 'm'},
                                    {"close", 0, nullptr, 'x'},   {"keep-alive", 0, nullptr, 'k'},
                                    {"json", 0, nullptr, 'j'},    {nullptr, 0, nullptr, 0}};
  CommandLine line;
  use_environment(line);
  for (int choice; (choice = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    switch (choice) {
      case 'a':
        line.address = optarg;
        line.plan.path = "/creds";
        line.plan.token.clear();
        break;
      case 't':
        line.plan.token = optarg;
        break;
      case 'p':
        line.plan.path = optarg;
        break;
      case 'c':
        line.plan.clients = static_cast<int>(bounded(optarg, kMostClients));
        break;
      case 'n':
        line.plan.count = bounded(optarg, kMostFetches);
        break;
      case 'm':
        line.plan.limit = std::chrono::milliseconds(bounded(optarg, kLongestMs));
        break;
      case 'x':
        line.plan.reuse = Reuse::kAskToClose;
        break;
      case 'k':
        line.plan.reuse = Reuse::kKeepAlive;
        break;
      case 'j':
        line.json = true;
        break;
      default:
        std::fputs(kUsage, stderr);
        std::exit(2);
    }
  }
  return line;
}

void print(const CommandLine& line, Outcome& outcome) {
  const std::size_t good = outcome.fetch_ns.size();
  const auto failures = static_cast<unsigned long long>(outcome.failures);
  const double p50 = percentile_us(outcome, 0.50), p99 = percentile_us(outcome, 0.99), most = percentile_us(outcome, 1);
  const double per_second = static_cast<double>(good) / outcome.seconds;
  if (line.json) {
    std::printf("{\"clients\": %d, \"fetches\": %zu, \"failures\": %llu, ", line.plan.clients, good, failures);
    std::printf("\"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"per_second\": %.0f}\n", p50, p99, most,
                per_second);
  } else {
    std::printf("clients %d  fetches %zu  failures %llu  ", line.plan.clients, good, failures);
    std::printf("p50 %.1f us  p99 %.1f us  max %.1f us  %.0f/s\n", p50, p99, most, per_second);
  }
}

int run(CommandLine line) {
  auto address = parse_address(line.address);
  if (!address) {
    std::fprintf(stderr, "bench_load: %s\n%s", address.error().what.c_str(), kUsage);
    return 2;
  }
  line.plan.address = *address;
  auto outcome = run_load(line.plan);
  if (!outcome) {
    std::fprintf(stderr, "bench_load: %s\n", outcome.error().what.c_str());
    return 1;
  }
  print(line, *outcome);
  if (outcome->failures == 0) return 0;
  std::fprintf(stderr, "bench_load: first failure: %s\n", outcome->first_failure.c_str());
  return 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(bench::parse(argc, argv)); }
