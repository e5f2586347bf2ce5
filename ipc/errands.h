// The kinds of errands that the broker may ask of the supervisor, as rows; see errands.def.
//
// Runs in: broker (asks), supervisor (does them, and refuses other numbers).   Blocks: never.
#pragma once

#include <string_view>

#include "ipc/field_types.h"

namespace ipc {

enum class ErrandKind : U8 {
#define ERRAND(kind, number, result, subject, why) kind = number,
#include "ipc/errands.def"
#undef ERRAND
};

enum class ErrandResult { Answer, Output, File, Done };

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

// Null for a number that is none.
constexpr const ErrandRow* errand_row(U8 wire) {
  for (const ErrandRow& row : kErrands) {
    if (static_cast<U8>(row.kind) == wire) return &row;
  }
  return nullptr;
}
constexpr const ErrandRow& errand_row(ErrandKind kind) { return *errand_row(static_cast<U8>(kind)); }

}  // namespace ipc
