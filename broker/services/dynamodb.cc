#include "services/dynamodb.h"

#include <algorithm>
#include <utility>

#include "call/json_failure.h"
#include "call/next_step.h"
#include "services/request_forms.h"
#include "text/json_value.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr JsonService kDynamoDb{"dynamodb", "DynamoDB_20120810", "1.0"};

std::string value_of(const Attribute& attribute) {
  std::string text = attribute.is_number ? R"({"N":)" : R"({"S":)";
  return (text += quoted(attribute.value)) += '}';
}

// The members of a JSON object, one after another.
class Members {
 public:
  void add(std::string_view name, const std::string& value) {
    text_ += text_.empty() ? "{" : ",";
    ((text_ += quoted(name)) += ':') += value;
  }
  [[nodiscard]] std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

// Names and values that an expression speaks of; DynamoDB refuses one that none speaks of.
class Expression {
 public:
  std::string name(const std::string& attribute) {
    std::string placeholder(1, '#');  // appended to: g++ 12 -O3 warns wrongly of "#" + attribute
    placeholder += attribute;
    if (std::ranges::find(named_, attribute) == named_.end()) {
      named_.push_back(attribute);
      names_.add(placeholder, quoted(attribute));
    }
    return placeholder;
  }
  // `mark` keeps the value that is set apart from the one that is compared with.
  std::string equals(const Attribute& attribute, std::string_view mark) {
    std::string placeholder(mark);
    placeholder += attribute.name;
    values_.add(placeholder, value_of(attribute));
    return name(attribute.name) + " = " + placeholder;
  }
  [[nodiscard]] std::string members() const {
    return R"(,"ExpressionAttributeNames":)" + names_.text() + R"(,"ExpressionAttributeValues":)" + values_.text();
  }

 private:
  std::vector<std::string> named_;
  Members names_, values_;
};

std::string joined(Expression& expression, const Item& attributes, std::string_view mark, std::string_view between) {
  std::string text;
  for (const Attribute& attribute : attributes) {
    if (!text.empty()) text += between;
    text += expression.equals(attribute, mark);
  }
  return text;
}

std::string start_of(const TableKey& key, std::string_view member) {
  std::string body = R"({"TableName":)";
  body += quoted(key.table);
  return ((body += ",\"") += member) += "\":";
}

std::string key_only(const TableKey& key) {
  Members members;
  members.add(key.name, value_of({key.name, key.value}));
  return members.text();
}

std::unexpected<ipc::Error> bad_answer(std::string_view action, std::string_view why) {
  std::string what("the answer to DynamoDB ");
  ((what += action) += ' ') += why;
  return ipc::fail(Fault::kProtocol, what, "check that the endpoint is Amazon DynamoDB");
}

bool is_table_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

}  // namespace

std::string_view text_in(const Item& item, std::string_view name) {
  for (const Attribute& attribute : item) {
    if (attribute.name == name && !attribute.is_number) return attribute.value;
  }
  return {};
}

AwsRequest put_item(const AwsEndpoint& endpoint, const TableKey& key, const Item& rest, const Item& own) {
  Members item;
  item.add(key.name, value_of({key.name, key.value}));
  for (const Attribute& attribute : rest) item.add(attribute.name, value_of(attribute));
  Expression expression;
  const std::string absent = "attribute_not_exists(" + expression.name(key.name) + ")";
  const std::string condition = absent + " OR (" + joined(expression, own, ":is_", " AND ") + ")";
  return json_request(kDynamoDb, endpoint, "PutItem",
                      start_of(key, "Item") + item.text() + R"(,"ConditionExpression":)" + quoted(condition) +
                          expression.members() + "}");
}

AwsRequest get_item(const AwsEndpoint& endpoint, const TableKey& key) {
  return json_request(kDynamoDb, endpoint, "GetItem",
                      start_of(key, "Key") + key_only(key) + R"(,"ConsistentRead":true})");
}

AwsRequest update_item(const AwsEndpoint& endpoint, const TableKey& key, const Item& set, const Item& only_if) {
  Expression expression;
  const std::string update = "SET " + joined(expression, set, ":", ", ");
  const std::string condition =
      "attribute_exists(" + expression.name(key.name) + ") AND " + joined(expression, only_if, ":is_", " AND ");
  return json_request(kDynamoDb, endpoint, "UpdateItem",
                      start_of(key, "Key") + key_only(key) + R"(,"UpdateExpression":)" + quoted(update) +
                          R"(,"ConditionExpression":)" + quoted(condition) + expression.members() + "}");
}

ipc::Status read_written(std::string_view action, std::string_view body) {
  if (!read_object(body)) return bad_answer(action, "is not JSON");
  return {};
}

ipc::Result<std::optional<Item>> read_item(std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad_answer("GetItem", "is not JSON");
  const Json::Value* const found = member(*root, "Item");
  if (!found) return std::nullopt;
  if (!found->isObject()) return bad_answer("GetItem", "has an Item that is none");
  Item item;
  for (const std::string& name : found->getMemberNames()) {
    const Json::Value& value = (*found)[name];
    if (!value.isObject() || value.size() != 1) return bad_answer("GetItem", "has an attribute without a type");
    if (const Json::Value* text = member(value, "S"); text && text->isString()) {
      item.push_back({name, text->asString()});
    } else if (const Json::Value* number = member(value, "N"); number && number->isString()) {
      item.push_back({name, number->asString(), true});
    }
  }
  return item;
}

bool condition_failed(const AwsFailure& failure) { return failure.code == "ConditionalCheckFailedException"; }

ipc::Status check_table_name(std::string_view table) {
  const bool plain = table.size() >= 3 && table.size() <= 255 && std::ranges::all_of(table, is_table_character);
  if (plain || (table.starts_with("arn:") && table.find(":table/") != std::string_view::npos)) return {};
  return ipc::fail(Fault::kConfig, "'" + printable(table) + "' is no name of a DynamoDB table",
                   "give 3 to 255 letters, digits and _.- as the session table, or a table's ARN");
}

ipc::Error table_error(std::string_view table, AwsCallError call) {
  const AwsFailure& failure = call.failure;
  ipc::Error error = std::move(call.error);
  std::string it("the session table '");
  (it += table) += '\'';
  if (failure.code.empty()) {
    error.what = it + " could not be asked: " + error.what;
    if (error.next_step.empty()) error.next_step = next_step_after(failure);
    if (error.next_step.empty()) error.next_step = "check the network and the endpoint of DynamoDB; then try again";
  } else if (failure.code == "ResourceNotFoundException") {
    error.what = it + " does not exist";
    error.next_step =
        "check --session-table, SENTINEL_SESSION_TABLE, the rule's session_table, the region and the account";
  } else if (is_denial(failure)) {
    error.what = "using " + it + " is not allowed: " + words_of(failure);
    error.next_step = way_past_denial(failure);
    if (error.next_step.empty())
      error.next_step = "allow dynamodb:PutItem, dynamodb:GetItem and dynamodb:UpdateItem on it to this identity";
  } else if (error.fault == Fault::kUnavailable) {
    error.what = it + " cannot be used now: " + failure.code;
    error.next_step = "wait and try again; the table is throttled or DynamoDB has trouble";
  } else if (failure.code == "ValidationException") {
    error.what = it + " takes no sessions: " + words_of(failure);
    error.next_step = "give a table whose only key is id, a string, and whose indexes are of strings";
  } else {
    error.what = it + " could not be used: " + words_of(failure);
    error.next_step = next_step_after(failure);
    if (error.next_step.empty())
      error.next_step = "check the key, the clock of this machine and the region; then try again";
  }
  return error;
}

}  // namespace broker
