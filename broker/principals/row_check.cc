#include "principals/row_check.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "principals/account.h"
#include "principals/user_template.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using By = PrincipalRow::By;
using ipc::Fault;

constexpr std::size_t kMostNameBytes = 256;

using Mistake = std::optional<RowMistake>;

Mistake refuse(const PrincipalRow& row, std::string what, std::string next_step) {
  return RowMistake{&row, ipc::Error{Fault::kConfig, std::move(what), std::move(next_step), 0}};
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameBytes && !text_fault(name) &&
         name.find_first_of("\r\n\t") == std::string_view::npos;
}

// A range of one uid is not: it says that more were meant.
bool holds_for_several(const PrincipalRow& row) { return row.by == By::kUids || row.by == By::kGroup; }

Mistake check_numbers(const PrincipalRow& row) {
  if (row.by == By::kUid && row.first != row.last)
    return refuse(row, words_of(row) + " is no single uid", "write one number, or a range");
  if (row.by == By::kUids && row.first > row.last)
    return refuse(row, words_of(row) + " ends before it begins", "write the smaller number first");
  if (row.by == By::kUid && (row.first == kOverflowUid || row.first == kNoUid)) {
    return refuse(row, words_of(row) + " is what the kernel shows of users who have no number here: it is nobody's",
                  "leave the row out, and give who was meant a uid of their own");
  }
  return {};
}

// What no two rows may claim, in one key.
std::string claim_of(const PrincipalRow& row) {
  switch (row.by) {
    case By::kUid:
      return "u" + std::to_string(row.first);
    case By::kName:
      return "n" + row.name;
    case By::kGroup:
      return "g" + row.name;
    case By::kUids:
      break;
  }
  return {};
}

Mistake claimed_twice(const PrincipalRow& row, const PrincipalRow& other) {
  return refuse(row, words_of(row) + " claims what the row at " + other.place + " claims, " + words_of(other),
                "leave one of the two rows out");
}

Mistake check_claims(std::span<const PrincipalRow> rows) {
  std::map<std::string, const PrincipalRow*> claims;
  std::vector<const PrincipalRow*> ranges;
  for (const PrincipalRow& row : rows) {
    if (row.by == By::kUids) {
      ranges.push_back(&row);
    } else if (const auto [at, is_new] = claims.emplace(claim_of(row), &row); !is_new) {
      return claimed_twice(row, *at->second);
    }
  }
  std::ranges::sort(ranges, {}, &PrincipalRow::first);
  const auto overlap = std::ranges::adjacent_find(
      ranges, [](const PrincipalRow* one, const PrincipalRow* next) { return next->first <= one->last; });
  return overlap == ranges.end() ? Mistake{} : claimed_twice(**std::next(overlap), **overlap);
}

// Two rows hold for two uids, or for one that came by another way: nobody can tell which is which.
Mistake check_users(std::span<const PrincipalRow> rows) {
  std::map<std::string_view, const PrincipalRow*> users;
  for (const PrincipalRow& row : rows) {
    if (is_template(row.user)) continue;
    const auto [at, is_new] = users.emplace(row.user, &row);
    if (is_new || (row.shared && at->second->shared)) continue;
    return refuse(row,
                  words_of(row) + " is the user " + in_quotes(row.user) + ", and so is " + words_of(*at->second) +
                      " at " + at->second->place,
                  "give each a user of its own, or write `shared: true` to both if they are to be one");
  }
  return {};
}

}  // namespace

std::string words_of(const PrincipalRow& row) {
  switch (row.by) {
    case By::kUid:
      return "uid " + std::to_string(row.first);
    case By::kUids:
      return "uids " + std::to_string(row.first) + " to " + std::to_string(row.last);
    case By::kName:
      return "name " + in_quotes(row.name);
    case By::kGroup:
      return "group " + in_quotes(row.name);
  }
  return {};
}

std::optional<RowMistake> mistake_of(const PrincipalRow& row) {
  const bool has_name = row.by == By::kName || row.by == By::kGroup;
  if (has_name && !is_name(row.name)) {
    return refuse(row, in_quotes(harmless(row.name)) + " cannot be the name of a login or a group",
                  "write it as `id` says it, at most 256 bytes");
  }
  if (!has_name) {
    if (Mistake found = check_numbers(row)) return found;
  }
  if (ipc::Status good = check_user_template(row.user); !good)
    return refuse(row, good.error().what, good.error().next_step);
  if (is_template(row.user)) {
    if (!row.shared) return {};
    return refuse(row, "a row is shared, and " + in_quotes(row.user) + " makes a user of each account",
                  "write the one user that they are to be, or leave shared out");
  }
  if (row.shared || !holds_for_several(row)) return {};
  return refuse(row, words_of(row) + " can hold for several uids, which all would be the user " + in_quotes(row.user),
                "write {name} or {uid} into the user, or `shared: true` if they are to be one");
}

std::optional<RowMistake> first_mistake(std::span<const PrincipalRow> rows) {
  for (const PrincipalRow& row : rows) {
    if (Mistake found = mistake_of(row)) return found;
  }
  if (Mistake found = check_claims(rows)) return found;
  return check_users(rows);
}

ipc::Status check_rows(std::span<const PrincipalRow> rows) {
  Mistake found = first_mistake(rows);
  if (!found) return {};
  found->error.what = found->row->place + ": " + found->error.what;
  return std::unexpected(std::move(found->error));
}

}  // namespace broker
