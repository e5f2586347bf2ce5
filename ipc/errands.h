// The kinds of errands that the broker may ask of the supervisor, as rows; see errands.def.
//
// Runs in: broker (asks), supervisor (does them).   Blocks: never.
#pragma once

#include <iterator>
#include <string_view>

#include "ipc/field_types.h"

namespace ipc {

enum class ErrandKind : U8 {
#define ERRAND(kind, number, result, subject, why) kind = number,
#include "ipc/errands.def"
#undef ERRAND
};

enum class ErrandResult { Answer, Output, File, Done, Redirect };
// What comes of it is read from a socket.
constexpr bool comes_by_socket(ErrandResult result) {
  return result == ErrandResult::Output || result == ErrandResult::Redirect;
}

struct ErrandRow {
  ErrandKind kind;
  std::string_view name;
  ErrandResult result;
  std::string_view subject, why;
};

#define ERRAND(kind, number, result, subject, why) \
  ErrandRow{ErrandKind::kind, #kind, ErrandResult::result, subject, why},
inline constexpr ErrandRow kErrands[] = {
#include "ipc/errands.def"
};
#undef ERRAND

constexpr const ErrandRow& errand_row(ErrandKind kind) { return kErrands[static_cast<U8>(kind) - 1]; }
constexpr ErrandKind last_of(ErrandKind) { return std::end(kErrands)[-1].kind; }

constexpr bool kinds_count_from_one() {
  U8 number = 0;
  for (const ErrandRow& row : kErrands) {
    if (static_cast<U8>(row.kind) != ++number) return false;
  }
  return true;
}
static_assert(kinds_count_from_one(), "errands.def: each row's number is its place");

}  // namespace ipc
