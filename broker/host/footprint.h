// Gives back what only the start, or a conversation with AWS, needed: free heap, the stack of calls that are over, and
// pages of program files that lie untouched from then on. Some libraries are needed for one TLS handshake in a quarter
// of an hour.
//
// Blocks: never.   Owns: nothing.
// Changes nothing but the time of the next touch: a file's page comes back from the page cache when it is needed. The
// stack is wiped first: where the dynamic linker looks up a library's function for the first time it saves all
// registers there, with 64 bytes in each of whatever was copied last, which may be a key.
#pragma once

namespace broker {

void shrink_footprint();

}  // namespace broker
