// The protocol table of messages.def, as types.
//
// What it is: one struct per message, their ids, directions, phases, limits; a walk over the fields of each (used by
// the codec, the printer and the tests); and a hash of the whole table, which a helper sends when it starts, so that
// two builds never talk to each other.
// Runs in: every process.   Blocks: never.   Units: in the field names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ipc/errands.h"
#include "ipc/field_types.h"
#include "ipc/result.h"
#include "ipc/task_limits.h"

namespace ipc {

// KeyProcess: the one that asks AWS for a tool.
enum class Side : U8 { Supervisor, Broker, Frontend, Tool, KeyProcess };
enum class Phase : U8 { Starting, Serving, Any };
enum class Times : U8 { Once, Many };

enum class Transport : U8 { Tcp = 1, Unix = 2 };
constexpr Transport last_of(Transport) { return Transport::Unix; }
enum class Severity : U8 { Info = 1, Refusal = 2, Warning = 3 };
constexpr Severity last_of(Severity) { return Severity::Warning; }
enum class RunMode : U8 { Server = 1, Cli = 2, CredentialProcess = 3, Whoami = 4, Login = 5 };
constexpr RunMode last_of(RunMode) { return RunMode::Login; }
enum class LogKind : U8 { File = 1, Stream = 2, Syslog = 3 };  // Stream: terminal or pipe; Syslog: a datagram per line
constexpr LogKind last_of(LogKind) { return LogKind::Syslog; }

// Where a setting stands. CommandSetting's block is empty for Profile, the key above it for Nested, the service for
// Service.
enum class SettingPlace : U8 { Profile = 1, Nested = 2, Service = 3 };
constexpr SettingPlace last_of(SettingPlace) { return SettingPlace::Service; }

struct MessageRow {
  U16 id;
  std::string_view name;
  Side from, to;
  Phase phase;
  Times times;
  int descriptors;
  std::size_t max_bytes;  // of the payload after the two-byte id
  std::string_view why;
};

// Structs, each with its row index and id.
#define FIELD(type, member, why) type member{};
#define MESSAGE(name, id, from, to, phase, times, descriptors, why, ...) \
  struct name {                                                          \
    static constexpr U16 kId = id;                                       \
    __VA_ARGS__                                                          \
  };
#include "ipc/messages.def"
#undef MESSAGE
#undef FIELD

#define FIELD(type, member, why) +WireSize<type>::value
#define MESSAGE(name, id, from, to, phase, times, descriptors, why, ...) \
  MessageRow{id, #name, Side::from, Side::to, Phase::phase, Times::times, descriptors, std::size_t{0} __VA_ARGS__, why},
inline constexpr MessageRow kMessages[] = {
#include "ipc/messages.def"
};
#undef MESSAGE
#undef FIELD

// The field walk: visit(name, member) for each, stopping at the first false.
#define FIELD(type, member, why) &&visit(std::string_view(#member), m.member)
#define MESSAGE(name, id, from, to, phase, times, descriptors, why, ...)                \
  template <class Visit>                                                                \
  bool for_each_field([[maybe_unused]] name& m, [[maybe_unused]] Visit&& visit) {       \
    return true __VA_ARGS__;                                                            \
  }                                                                                     \
  template <class Visit>                                                                \
  bool for_each_field([[maybe_unused]] const name& m, [[maybe_unused]] Visit&& visit) { \
    return true __VA_ARGS__;                                                            \
  }
#include "ipc/messages.def"
#undef MESSAGE
#undef FIELD

constexpr bool ids_rise() {
  U16 last = 0;
  for (const MessageRow& row : kMessages) {
    if (row.id <= last) return false;
    last = row.id;
  }
  return true;
}
static_assert(ids_rise(), "ids are never reused or reordered");

// Every message and every field says what it is for.
#define FIELD(type, member, why) &&sizeof(why) > 1
#define MESSAGE(name, id, from, to, phase, times, descriptors, why, ...) \
  static_assert(sizeof(why) > 1 __VA_ARGS__, "a row of messages.def without its why: " #name);
#include "ipc/messages.def"
#undef MESSAGE
#undef FIELD

constexpr std::size_t largest_packet(bool of_a_run) {
  std::size_t largest = 0;
  for (const MessageRow& row : kMessages) {
    if (of_a_run && (row.from == Side::Tool || row.to == Side::Tool)) continue;
    largest = row.max_bytes > largest ? row.max_bytes : largest;
  }
  return sizeof(U16) + largest;
}
inline constexpr std::size_t kMaxPacketBytes = largest_packet(false);
// Between supervisor, broker and frontend. A tool and its key process send each other whole policies, and those three
// hold no room for such.
inline constexpr std::size_t kMaxRunPacketBytes = largest_packet(true);
inline constexpr int kMaxDescriptors = 1;

// Index of a message in kMessages, or -1.
constexpr int row_of(U16 id) {
  for (std::size_t i = 0; i < std::size(kMessages); ++i) {
    if (kMessages[i].id == id) return static_cast<int>(i);
  }
  return -1;
}

// What a field's type may hold, where its name does not say it.
template <class Field>
constexpr U64 limit_of() {
  if constexpr (WireEnum<Field>) return static_cast<U64>(last_of(Field{}));
  if constexpr (requires { Field::kLongest; }) {
    const bool left_out = Field{}.assign(std::chrono::seconds(0));
    return static_cast<U64>(Field::kShortest.count()) << 33 | static_cast<U64>(Field::kLongest.count()) << 1 | left_out;
  }
  return 0;
}
#define FIELD(type, member, why) limit_of<type>(),
#define MESSAGE(name, id, from, to, phase, times, descriptors, why, ...) __VA_ARGS__
inline constexpr U64 kFieldLimits[] = {
#include "ipc/messages.def"
};
#undef MESSAGE
#undef FIELD

// FNV-1a over every row as text, then over the limits: any change of a name, type, order, phase or limit changes it.
constexpr U64 hash_text(U64 hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}
constexpr U64 hash_limits(U64 hash) {
  for (const U64 limit : kFieldLimits) {
    for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ ((limit >> shift) & 0xff)) * 0x100000001b3ULL;
  }
  return hash;
}
#define FIELD(type, member, why) #type " " #member ";"
#define MESSAGE(name, id, from, to, phase, times, descriptors, why, ...) \
#name #id #from #to #phase #times #descriptors "{" __VA_ARGS__ "}"
inline constexpr U64 kRowsHash = hash_text(0xcbf29ce484222325ULL,
#include "ipc/messages.def"
);
#undef MESSAGE
#undef FIELD
inline constexpr U64 kProtocolHash = hash_limits(kRowsHash);

constexpr std::string_view transport_name(Transport t) { return t == Transport::Tcp ? "tcp" : "unix"; }

}  // namespace ipc
