// Which numbers the two channels have, so that the filter can name them: sendmsg and recvmsg, which carry descriptors,
// work on these two alone, and close never frees their numbers for anything else.
//
// 0 to 2 are /dev/null, 3 leads to the supervisor, 4 will lead to the broker; from kFirstClosable on there are
// listeners and connections. What lies between stays open to the end.
//
// Runs in: frontend, before lock-down.   Blocks: never.
#pragma once

#include "ipc/result.h"

namespace frontend {

inline constexpr int kControlDescriptor = 3;  // where the supervisor leaves our end
inline constexpr int kBrokerDescriptor = 4;   // the first that arrives once we are locked down
inline constexpr int kFirstClosable = 8;

// Takes the broker's number, so that nothing of ours gets it. First thing, when 0 to 3 are all that is open.
ipc::Status keep_broker_descriptor();
// Last thing before lock-down: nothing below kFirstClosable is free but the broker's number.
ipc::Status settle_descriptors();

}  // namespace frontend
