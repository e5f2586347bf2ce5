#include "keystore/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <span>

#include "ipc/files/search_path.h"
#include "ipc/process/one_way_socket.h"
#include "keystore/folder.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::minutes kPatience{5};      // a person may have to type a PIN
constexpr std::chrono::minutes kRunsPatience{1};  // a run's own
constexpr std::size_t kMaxOutput = 4096;

// A TPM keeps an object of its own sealed: its two halves lie beside the key's file, and are worthless elsewhere.
// Transient objects are flushed, since a TPM without a resource manager has room for three.
constexpr char kTpmSeal[] =
    "umask 077; d=$(mktemp -d) || exit 1; trap 'rm -rf \"$d\"' EXIT; flush() { tpm2_flushcontext -t >/dev/null 2>&1; "
    "}; "
    "tpm2_createprimary -Q -C o -G ecc -c \"$d/p\" && { flush; "
    "tpm2_create -Q -C \"$d/p\" -i - -u \"$1\" -r \"$2\"; }; s=$?; flush; exit $s";
constexpr char kTpmUnseal[] =
    "umask 077; d=$(mktemp -d) || exit 1; trap 'rm -rf \"$d\"' EXIT; flush() { tpm2_flushcontext -t >/dev/null 2>&1; "
    "}; "
    "tpm2_createprimary -Q -C o -G ecc -c \"$d/p\" && { flush; "
    "tpm2_load -Q -C \"$d/p\" -u \"$1\" -r \"$2\" -c \"$d/k\"; } && { flush; "
    "tpm2_unseal -c \"$d/k\"; }; s=$?; flush; exit $s";

// As a shell, and Python's shlex, take one word.
std::string quoted_word(std::string_view word) {
  std::string out = "'";
  for (const char c : word) out.append(c == '\'' ? std::string("'\\''") : std::string(1, c));
  return out + "'";
}

// Below systemd 256 the machine's credentials are root's alone; systemd-creds says so itself.
CommandWords systemd_creds(std::string_view action, const KeystoreEntry& key) {
  CommandWords words{"systemd-creds", std::string(action), "--name=sentinel-" + key.profile};
  if (::geteuid() != 0) words.emplace_back("--user");
  return words;
}

CommandWords machine_words(const KeystoreEntry& key, std::string_view data_folder, bool writing) {
  const KeystoreFolder store(data_folder);
  if (key.protection == KeyProtection::kTpm2) {
    return {"sh",
            "-c",
            writing ? kTpmSeal : kTpmUnseal,
            "sentinel",
            store.path(key.profile, ".tpm-public"),
            store.path(key.profile, ".tpm-private")};
  }
  CommandWords words = systemd_creds(writing ? "encrypt" : "decrypt", key);
  const std::string file = store.path(key.profile, ".sealed-key");
  words.push_back(writing ? "-" : file);
  words.push_back(writing ? file : "-");
  return words;
}

// The key's id is a part of its name: a rotation writes the new entry beside the one that is in use.
std::string pass_entry(const KeystoreEntry& key) { return "sentinel/" + key.profile + "/" + key.access_key_id; }

CommandWords secret_tool(std::string_view action, const KeystoreEntry& key) {
  CommandWords words{"secret-tool", std::string(action)};
  if (action == "store") words.push_back("--label=AWS key of profile " + key.profile + " (sentinel)");
  words.insert(words.end(), {"application", "sentinel-keys", "profile", key.profile, "key", key.access_key_id});
  return words;
}

std::string own_search_path() {
  const char* const path = std::getenv("PATH");
  return ipc::trusted_search_path(path != nullptr ? path : "");
}

[[noreturn]] void become_program(const CommandWords& words, int input, int output, bool as_a_run_does) {
  std::signal(SIGPIPE, SIG_DFL);
  if (as_a_run_does && ::setsid() < 0) ::_exit(127);
  if (::setenv("PATH", own_search_path().c_str(), 1) != 0) ::_exit(127);
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0) ::_exit(127);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

// A program that does not read all of its input says so by its exit status.
void give(int stream, std::string_view input) {
  while (!input.empty()) {
    const ssize_t put = ::write(stream, input.data(), input.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    input.remove_prefix(static_cast<std::size_t>(put));
  }
}

bool wait_readable(int fd, Steady::time_point end) {
  pollfd wanted{fd, POLLIN, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now());
    if (left.count() <= 0) return false;
    const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// Nothing where it took too long, or said too much.
std::optional<SecretBuffer> take_output(int stream, Steady::time_point end) {
  SecretBuffer output = SecretBuffer::with_capacity(kMaxOutput);
  while (wait_readable(stream, end)) {
    const std::span<char> room = output.room();
    if (room.empty()) return std::nullopt;
    const ssize_t got = ::read(stream, room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return output;
    output.grow(static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

// `input`: none where it runs as a run does it.
ipc::Result<SecretBuffer> run(const KeyPlaceRow& keeper, const CommandWords& words,
                              std::optional<std::string_view> input) {
  ipc::Result<ipc::OneWaySocket> in = ipc::OneWaySocket::open();
  if (!in) return std::unexpected(in.error());
  ipc::Result<ipc::OneWaySocket> out = ipc::OneWaySocket::open();
  if (!out) return std::unexpected(out.error());
  if (!input) in->reading = ipc::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const pid_t child = ::fork();
  if (child < 0)
    return ipc::system_error("cannot start " + std::string(keeper.program), "end some processes, or raise ulimit -u");
  if (child == 0) become_program(words, in->reading.get(), out->writing.get(), !input);
  in->reading.reset();
  out->writing.reset();
  give(in->writing.get(), input.value_or(""));
  in->writing.reset();
  std::optional<SecretBuffer> output =
      take_output(out->reading.get(), Steady::now() + (input ? kPatience : kRunsPatience));
  if (!output) (void)::kill(input ? child : -child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string program(keeper.program);
  if (!output) return ipc::fail(Fault::kUnavailable, program + " gave no answer that can be used", "run it by hand");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(*output);
  std::string next_step = "see above what it says, and try " + program + " by hand";
  if (std::ranges::find(words, "--user") != words.end())
    next_step +=
        "; systemd keeps credentials of ordinary users from version 256 on: before that, use --protect passphrase or "
        "tpm2";
  return ipc::fail(Fault::kRefused, program + " did not do it", std::move(next_step));
}

}  // namespace

CommandWords reading_words(const KeystoreEntry& key, std::string_view data_folder) {
  if (key.store == KeyStoreKind::kPass) return {"pass", "show", pass_entry(key)};
  if (key.store == KeyStoreKind::kSecretService) return secret_tool("lookup", key);
  return machine_words(key, data_folder, false);
}

CommandWords writing_words(const KeystoreEntry& key, std::string_view data_folder) {
  if (key.store == KeyStoreKind::kPass) return {"pass", "insert", "-m", "-f", pass_entry(key)};
  if (key.store == KeyStoreKind::kSecretService) return secret_tool("store", key);
  return machine_words(key, data_folder, true);
}

CommandWords removing_words(const KeystoreEntry& key) {
  if (key.store == KeyStoreKind::kPass) return {"pass", "rm", "-f", pass_entry(key)};
  if (key.store == KeyStoreKind::kSecretService) return secret_tool("clear", key);
  return {};
}

std::string reading_command(const KeystoreEntry& key, std::string_view data_folder) {
  std::string line;
  for (const std::string& word : reading_words(key, data_folder)) {
    if (!line.empty()) line += ' ';
    line += quoted_word(word);
  }
  return line;
}

ipc::Status require_program(const KeyPlaceRow& row) {
  if (row.program.empty()) return {};
  const std::string path = own_search_path();
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string file = std::string(rest.substr(0, colon)) + "/" + std::string(row.program);
    if (::access(file.c_str(), X_OK) == 0) return {};
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return ipc::fail(Fault::kConfig,
                   std::string(row.word) + " needs the program " + std::string(row.program) +
                       ", which is in no folder of PATH that root alone can write",
                   "install the package " + std::string(row.package) + ", or use another store or protection");
}

const KeyPlaceRow& keeper_of(const KeystoreEntry& key) {
  return key.store == KeyStoreKind::kFile ? row_of(key.protection) : row_of(key.store);
}

ipc::Result<SecretBuffer> run_key_program(const KeyPlaceRow& keeper, const CommandWords& words,
                                          std::string_view input) {
  return run(keeper, words, input);
}

ipc::Result<SecretBuffer> run_key_program_as_a_run_does(const KeyPlaceRow& keeper, const CommandWords& words) {
  return run(keeper, words, std::nullopt);
}

}  // namespace broker
