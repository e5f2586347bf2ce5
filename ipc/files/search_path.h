// Where the programs are looked for that read or write a stored key: not in a folder that others, or the command, can
// write, where they could put a program of theirs before the system's.
//
// Runs in: supervisor and sentinel-keys.   Blocks: on local folders.   Fails: never: what cannot be looked at is left
// out.
#pragma once

#include <string>
#include <string_view>

namespace ipc {

// The folders of a PATH that root alone can write, in their order; without a PATH the system's own; never empty.
std::string trusted_search_path(std::string_view path);

}  // namespace ipc
