// The programs that keep keys, or what opens them, for us: secret-tool, pass, systemd-creds, tpm2-tools. Their command
// lines, and for sentinel-keys the running of them.
//
// Runs in: broker, which only names them (the supervisor runs them); sentinel-keys, which runs them.
// Blocks: run_key_program until the program has ended.   Owns: nothing.
// Secrets go through sockets alone, which no other process can open: never in an argument or in the environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "ipc/secret.h"
#include "keystore/entry.h"

namespace broker {

// What prints the entry of a key in another program's store, or the machine's key of a file: quoted as a shell would
// take it.
[[nodiscard]] std::string reading_command(const KeystoreEntry& key, std::string_view data_folder);

// The same as words, and what writes and removes an entry.
using CommandWords = std::vector<std::string>;
[[nodiscard]] CommandWords reading_words(const KeystoreEntry& key, std::string_view data_folder);
[[nodiscard]] CommandWords writing_words(const KeystoreEntry& key,
                                         std::string_view data_folder);  // the secret on its stdin
[[nodiscard]] CommandWords removing_words(const KeystoreEntry& key);     // empty: nothing is to be removed

// Refuses, with the package's name, where a program is not to be found by PATH.
[[nodiscard]] ipc::Status require_program(const KeyPlaceRow& row);

// What keeps `key`: the program of its store, or of its file's protection.
[[nodiscard]] const KeyPlaceRow& keeper_of(const KeystoreEntry& key);

// Runs a program of `keeper` with the caller's environment and stderr, `input` on its stdin; answers with its stdout.
// Fails: kRefused where it does not end well; kUnavailable where it takes longer than five minutes.
[[nodiscard]] ipc::Result<ipc::SecretBuffer> run_key_program(const KeyPlaceRow& keeper, const CommandWords& words,
                                                             std::string_view input);
// Runs one as a run does it (supervisor/errands/programs.h): in a session of its own, so without a terminal, with
// nothing on its stdin, for a minute at most. What works here works there.
[[nodiscard]] ipc::Result<ipc::SecretBuffer> run_key_program_as_a_run_does(const KeyPlaceRow& keeper,
                                                                           const CommandWords& words);

}  // namespace broker
