// Starts the libraries of a process that talks to AWS, on the heap that wipes.
//
// Blocks: on the configuration files of OpenSSL and libcurl, which lock-down makes unreadable.   Fails: kSystem.
#pragma once

#include "ipc/result.h"

namespace broker {

// OpenSSL and libcurl. Call first thing in main, as start_crypto().
ipc::Status start_libraries();

}  // namespace broker
