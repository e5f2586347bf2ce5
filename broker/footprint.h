// Gives back what only the start, or a conversation with AWS, needed: free heap, and pages of program files that lie
// untouched from then on. Some libraries are needed for one TLS handshake in a quarter of an hour.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: nothing.
// Changes nothing but the time of the next touch: a file's page comes back from the page cache when it is needed.
#pragma once

namespace broker {

void shrink_footprint();

}  // namespace broker
