// Whether the rows of a map can be meant as they stand: before the first caller, so that an administrator learns of a
// mistake at the start and not a user later.
//
// Refused: a row that claims what another claims (a uid, a login, a group, a range that overlaps); a row that makes
// one user of several uids without `shared: true`, alone or together with another row; a user, or a name, that cannot
// be one; `shared` where each account gets a user of its own.
//
// Blocks: never.   Fails: kConfig; check_rows() with the place of the row.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "ipc/result.h"
#include "principals/rows.h"

namespace broker {

struct RowMistake {
  const PrincipalRow* row;  // of `rows`
  ipc::Error error;         // without its place
};
// Of the row by itself, or also of what the rows claim together; nothing where there is none.
[[nodiscard]] std::optional<RowMistake> mistake_of(const PrincipalRow& row);
[[nodiscard]] std::optional<RowMistake> first_mistake(std::span<const PrincipalRow> rows);

[[nodiscard]] ipc::Status check_rows(std::span<const PrincipalRow> rows);

// The words of a row: "uid 1000", "uids 1000 to 1999", "name \"marta\"", "group \"staff\"".
[[nodiscard]] std::string words_of(const PrincipalRow& row);

}  // namespace broker
