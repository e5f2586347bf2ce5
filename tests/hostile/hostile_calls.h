// Calls that the frontend's filter must answer with death, each made as an attacker would who wants the answer that the
// broker writes to a client (broker/caller/KERNEL.md, facts 1 and 2), or a way out.
//
// Runs in: hostile_frontend.   Blocks: never, since no call returns while the filter is on.
#pragma once

#include <string_view>

namespace hostile {

// Makes the call of that name; `client` is a client's connection. The errno it left when it returned, 0 for success,
// -1 when there is no such name.
int make_call(std::string_view name, int client);

}  // namespace hostile
