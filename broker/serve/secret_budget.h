// What a broker can hold in the memory for secrets at once, from the bounds of each that holds some, and that it has
// room for all of it. So a source whose keys are as long as may be, and as many rules at work as may be, meet no end of
// the memory; where one is met all the same, that one fetch fails (SecretBuffer::if_room).
//
// Data, no behaviour.   Units: bytes.
#pragma once

#include <cstddef>

#include "aws/key_syntax.h"
#include "ipc/client/served_profiles.h"
#include "ipc/secret.h"
#include "issuing/keys_by_terms.h"
#include "keys/errands.h"
#include "keys/token_text.h"
#include "serve/client_answer.h"
#include "serve/requests.h"
#include "sources/login/dpop.h"
#include "sources/login/token.h"
#include "sources/shared_sessions.h"
#include "sources/sso/token.h"

namespace broker {

struct SecretRoomRow {
  const char* what;
  std::size_t bytes, count;
};

constexpr std::size_t whole_pieces(std::size_t bytes) {
  return (bytes + ipc::SecretArena::kPiece - 1) / ipc::SecretArena::kPiece * ipc::SecretArena::kPiece;
}
inline constexpr std::size_t kRoomOfKeys = whole_pieces(kMaxKeySecret) + whole_pieces(kMaxKeyToken);

// What comes from outside in whatever length; asked for with if_room().
inline constexpr SecretRoomRow kFromOutside[] = {
    {"issued keys that are kept", kRoomOfKeys, KeysByTerms::kMost},
    {"issued keys that come to replace them, or the keys of the link before", kRoomOfKeys, KeysByTerms::kMost},
    {"the keys of one answer while it is read, as long as may be and then as long as they are", kRoomOfKeys, 2},
    {"keys of the file or the caller's environment, its container's token", kRoomOfKeys, 2},
    {"base keys: kept, fetched anew, and two that earlier calls are still signed with", kRoomOfKeys, 4},
    {"an MFA session, likewise", kRoomOfKeys, 4},
    {"sessions that runs share: the file's text, and what is read out of it", SessionStore::kMaxBytes, 2},
    {"a token's file, and the token", whole_pieces(kMaxTokenText + 128), 2},
    {"IAM Identity Center's tokens and client: stored, renewed", whole_pieces(kMaxSsoSecret), 8},
    {"what aws login keeps, and what comes in its place",
     kRoomOfKeys + whole_pieces(kMaxLoginRefresh) + 4 * whole_pieces(DpopKey::kMaxPem), 2},
    {"programs' outputs", whole_pieces(Errands::kMaxOutput + 1), Errands::kMostRead},
    {"the answer that is being written", whole_pieces(ClientAnswer::kMaxBodyBytes), 1},
};

// What may not fail, and is small: with_capacity() and copy_of().
inline constexpr SecretRoomRow kNeverRefused[] = {
    {"what clients present", whole_pieces(Requests::kMostPresented), Requests::kMaxUnderWay},
    {"what the user typed", 1024, Errands::kMost},
    {"the key of one signature, with its prefix", whole_pieces(kMaxKeySecret + 4), 1},
    {"the instance service's token", 1024, 2},
    {"the run's token, the log's key, the stores' keys and passphrases", 256, 16},
};

template <std::size_t Rows>
constexpr std::size_t room_of(const SecretRoomRow (&rows)[Rows]) {
  std::size_t sum = 0;
  for (const SecretRoomRow& row : rows) sum += row.bytes * row.count;
  return sum;
}
// What each further profile of a run is given, by the lengths of keys that are known: AWS's tokens stay under 4096
// characters. Where a source's are longer, it may find no room, and that profile's fetch fails.
inline constexpr std::size_t kRoomOfKnownKeys = whole_pieces(kMaxKeySecret) + whole_pieces(4096);
inline constexpr SecretRoomRow kOfFurtherProfile[] = {
    {"issued keys under two rules, and what comes to replace them", kRoomOfKnownKeys, 4},
    {"the first key: read from a file, kept, fetched anew, and two that earlier calls are still signed with",
     kRoomOfKnownKeys, 5},
    {"an MFA session, likewise", kRoomOfKnownKeys, 4},
    {"IAM Identity Center's tokens and client", whole_pieces(kMaxSsoSecret), 1},
};

static_assert(room_of(kFromOutside) <= ipc::SecretArena::kBytes - ipc::SecretArena::kKeptBack);
static_assert(room_of(kNeverRefused) <= ipc::SecretArena::kKeptBack);

inline constexpr std::size_t kOfFurtherProfileBytes = 76 * 1024;
static_assert(room_of(kOfFurtherProfile) <= kOfFurtherProfileBytes);

// One profile has kBytes, as ever.
constexpr std::size_t arena_for(std::size_t profiles) {
  return ipc::SecretArena::kBytes + (profiles > 1 ? profiles - 1 : 0) * kOfFurtherProfileBytes;
}
static_assert(arena_for(ipc::kMostProfiles) <= ipc::SecretArena::kMostBytes);

}  // namespace broker
