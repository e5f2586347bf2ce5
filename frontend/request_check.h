// The strict look at a complete request head: what may pass to the broker, and which refusal the rest gets.
//
// A pure function of the raw bytes, line by line: the first fault decides the answer.
// Runs in: frontend.   Blocks: never.   Owns: nothing; the result points into the bytes.
// Not here: the token, the caller, the policy. The broker judges those and believes nothing that is decided here.
// Source: RFC 9112. What AWS SDKs send passes, with the port in Host or without it: request_check_test.cc has each
// form.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "head_parser.h"
#include "ipc/messages.h"
#include "refusals.h"
#include "routes.h"

namespace frontend {

inline constexpr std::size_t kMaxHeadBytes = 8 * 1024;
inline constexpr std::size_t kMaxAuthorizationBytes = 256;  // as ServeClient's field

// Which Host is ours. TCP: 127.0.0.1 and localhost, with the port or without (aws-c-auth leaves it out). Unix:
// localhost, as curl and our own credential_process helper send it.
struct HostRule {
  ipc::Transport transport = ipc::Transport::Unix;
  ipc::U16 port = 0;
};

struct Request {
  const Route* route = nullptr;
  std::string_view authorization;  // empty where there is none: the broker refuses and logs it
  std::string_view nonce;          // empty where there is none: the answer is then not signed
  std::string_view profile;        // as ipc/client/served_profiles.h writes it; empty where the path names none
  // Only for clients that say so, though HTTP/1.1 would allow it to all: an SDK asks once in the life of a set of
  // credentials, and a connection kept for no further request takes a slot, and two more looks at it.
  bool keep_alive = false;
};

// `received`: every byte so far, with a head at its start that HeadParser calls complete.
std::expected<Request, Refusal> check_request(std::string_view received, HostRule rule);

}  // namespace frontend
