// DynamoDB PutItem, GetItem and UpdateItem: builds the request with its condition, reads the answer, words the
// failures. Knows items and attributes, and nothing of what they mean. No I/O of its own.
//
// Blocks: never.
// Every name goes through a placeholder: status, user and ttl are reserved words of DynamoDB's expressions.
// Fails: kProtocol for an answer that is not the action's.
// Source: docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html, API_GetItem.html,
// API_UpdateItem.html;
// .../developerguide/Expressions.OperatorsAndFunctions.html
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/endpoint.h"
#include "call/aws_call.h"
#include "ipc/result.h"

namespace broker {

// Text (S) or number (N); the other types are not ours.
struct Attribute {
  std::string name, value;
  bool is_number = false;
  bool operator==(const Attribute&) const = default;
};
using Item = std::vector<Attribute>;
// Empty where there is no such text.
std::string_view text_in(const Item& item, std::string_view name);

struct TableKey {
  std::string table;
  std::string name, value;  // of the primary key, a text
};

// Where there is no item of this key, or one that has exactly `own`: so that a call that is repeated because its answer
// was lost succeeds, and a stranger's item is never overwritten.
AwsRequest put_item(const AwsEndpoint& endpoint, const TableKey& key, const Item& rest, const Item& own);
// A consistent read: what was written before is seen.
AwsRequest get_item(const AwsEndpoint& endpoint, const TableKey& key);
// Sets `set` in an item that exists and has exactly `only_if`; changes nothing otherwise. In one step.
AwsRequest update_item(const AwsEndpoint& endpoint, const TableKey& key, const Item& set, const Item& only_if);

// The answer to a PutItem or UpdateItem says nothing, but must be DynamoDB's.
ipc::Status read_written(std::string_view action, std::string_view body);
// Nothing: there is no such item.
ipc::Result<std::optional<Item>> read_item(std::string_view body);

// The condition did not hold, so nothing was written.
[[nodiscard]] bool condition_failed(const AwsFailure& failure);

// 3 to 255 letters, digits and _.- or an ARN.
[[nodiscard]] ipc::Status check_table_name(std::string_view table);

// The sentence and the next step for a failed call on the session table.
ipc::Error table_error(std::string_view table, AwsCallError error);

}  // namespace broker
