// Issued keys as text for who asked for them: the JSON that AWS SDKs take from a credential_process, or lines for a
// shell.
//
// Runs in: supervisor.   Blocks: never.   Owns: nothing; the caller wipes what it was given.
// Fails: kProtocol for keys that no broker of ours sends, and where `out` is too small.
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider", version 1; the variables are those that
// `aws configure export-credentials --format env` names.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

enum class KeyFormat { Json, Env, Fish };

// The word of --format; Json where there is none.
KeyFormat key_format(std::string_view word);

inline constexpr std::size_t kMaxCredentialsText = 16 * 1024;

// Writes the keys to `out`, which has kMaxCredentialsText bytes, and says how many it took. Values for a shell stand in
// quotes that no value ends.
// Fails: kProtocol for keys that are none: AWS issues printable ASCII without quotes. `out` is wiped then.
ipc::Result<std::size_t> credentials_text(const ipc::IssuedKeys&, KeyFormat, std::span<char> out);

}  // namespace supervisor
