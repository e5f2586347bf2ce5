"""DynamoDB: PutItem, GetItem and UpdateItem with the true meaning of their conditions. Runs with the world's lock held, so
that each call is atomic. Parameters are the members of the JSON body.

A condition is parsed and judged, whatever it says, within: attribute_exists, attribute_not_exists, comparison with =
and <>, AND, OR, NOT, parentheses. An update is a SET of values. Anything else is refused as DynamoDB refuses nonsense,
and as it does, so are: a reserved word without a placeholder, a placeholder that is not defined or not used, an empty
text as a key or as the key of an index, a change of the key, and an attribute that is set twice.
Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""
import re

from wire import Refusal, dynamodb_answer

TYPES = ("S", "N")
TOKEN = re.compile(r"\s*(<>|[=(),]|[#:]?[A-Za-z_][A-Za-z0-9_]*)")
RESERVED = {"STATUS", "USER", "TTL", "COUNT", "TIMESTAMP", "REGION", "STATE"}   # of some 570, those near to our names


def invalid(why):
    return Refusal("Invalid", why)


class Expression:
    """One expression's words, its placeholders resolved; `used` learns which."""

    def __init__(self, text, params, used):
        self._names = params.get("ExpressionAttributeNames", {})
        self._values = params.get("ExpressionAttributeValues", {})
        self._used, self._words, at = used, [], 0
        while at < len(text.rstrip()):
            match = TOKEN.match(text, at)
            if not match:
                raise invalid(f"Invalid expression: Syntax error; token: \"{text[at:at + 10]}\"")
            self._words.append(match.group(1))
            at = match.end()

    def peek(self):
        return self._words[0] if self._words else ""

    def take(self, *wanted):
        word = self.peek()
        if not word or (wanted and word not in wanted):
            raise invalid(f"Invalid expression: Syntax error; token: \"{word or '<EOF>'}\"")
        return self._words.pop(0)

    def path(self):
        word = self.take()
        if word.startswith("#"):
            self._used.add(word)
            if word not in self._names:
                raise invalid(f"An expression attribute name used in the document path is not defined; attribute name: {word}")
            return self._names[word]
        if word.upper() in RESERVED:
            raise invalid(f"Invalid expression: Attribute name is a reserved keyword; reserved keyword: {word}")
        if not word[0].isalpha():
            raise invalid(f"Invalid expression: Syntax error; token: \"{word}\"")
        return word

    def value(self):
        word = self.take()
        self._used.add(word)
        if not word.startswith(":") or word not in self._values:
            raise invalid(f"An expression attribute value used in expression is not defined; attribute value: {word}")
        return checked_value(word, self._values[word])

    # ---- conditions: any := both (OR both)*, both := one (AND one)* ----

    def holds(self, item):
        outcome = self._any(item)
        if self._words:
            raise invalid(f"Invalid expression: Syntax error; token: \"{self.peek()}\"")
        return outcome

    def _any(self, item):
        outcome = self._both(item)
        while self.peek().upper() == "OR":
            self.take()
            right = self._both(item)   # parsed whether it matters or not
            outcome = outcome or right
        return outcome

    def _both(self, item):
        outcome = self._one(item)
        while self.peek().upper() == "AND":
            self.take()
            right = self._one(item)
            outcome = outcome and right
        return outcome

    def _one(self, item):
        word = self.peek()
        if word.upper() == "NOT":
            self.take()
            return not self._one(item)
        if word == "(":
            self.take()
            outcome = self._any(item)
            self.take(")")
            return outcome
        if word in ("attribute_exists", "attribute_not_exists"):
            self.take()
            self.take("(")
            there = self.path() in item
            self.take(")")
            return there == (word == "attribute_exists")
        name, operator, value = self.path(), self.take("=", "<>"), self.value()
        # A comparison with an attribute that is not there is false for =, and true for <>.
        return (item.get(name) == value) == (operator == "=")

    def assignments(self):
        """What a SET sets."""
        if self.take().upper() != "SET":
            raise invalid("Invalid UpdateExpression: only SET is known to the stand-in")
        found = {}
        while True:
            name = self.path()
            self.take("=")
            if name in found:
                raise invalid("Invalid UpdateExpression: Two document paths overlap with each other")
            found[name] = self.value()
            if not self.peek():
                return found
            self.take(",")


def checked_value(name, value):
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in TYPES \
            or not isinstance(next(iter(value.values())), str):
        raise invalid(f"Supplied AttributeValue is empty or of a type that the stand-in does not know: {name}")
    if "N" in value and not re.fullmatch(r"-?[0-9]{1,38}(\.[0-9]+)?", value["N"]):
        raise invalid(f"The parameter cannot be converted to a numeric value: {value['N']}")
    return value


def _table(world, key, action, params, region):
    name = params.get("TableName")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", name):
        raise invalid(f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint")
    table = world.tables.get(name)
    if f"dynamodb:{action}" in key.deny_actions or (table and key.matches(table.get("deny", []))):
        raise Refusal("Denied", f"User: {key.arn} is not authorized to perform: dynamodb:{action} on resource: "
                                f"arn:aws:dynamodb:{region}:{key.account}:table/{name} because no identity-based policy "
                                f"allows the dynamodb:{action} action")
    if table is None:
        raise Refusal("ResourceNotFoundException", "Requested resource not found")
    return table


def _key_of(table, attributes, alone):
    value = attributes.get(table["key"]) if isinstance(attributes, dict) else None
    if value is None or "S" not in checked_value(table["key"], value) or (alone and len(attributes) != 1):
        raise invalid("The provided key element does not match the schema")
    if not value["S"]:
        raise invalid(f"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                      f"an empty string value. Key: {table['key']}")
    return value["S"]


def _check_item(table, item):
    for name, value in item.items():
        checked_value(name, value)
    for name in table["index_keys"]:
        if item.get(name) == {"S": ""} or "N" in item.get(name, {}):
            raise invalid(f"One or more parameter values are not valid. A value specified for a secondary index key is not "
                          f"supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                          f"IndexKey: {name}")


def _check_condition(params, item, used):
    text = params.get("ConditionExpression")
    if text is not None and not Expression(text, params, used).holds(item):
        raise Refusal("ConditionalCheckFailedException", "The conditional request failed")


def _check_all_used(params, used):
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        given = params.get(member)
        if given is not None and (not given or set(given) - used):
            raise invalid(f"Value provided in {member} unused in expressions: keys: {sorted(set(given) - used)}")


def put_item(world, key, params, note):
    table = _table(world, key, "PutItem", params, note["region"])
    item, used = params.get("Item"), set()
    name = _key_of(table, item, alone=False)
    _check_item(table, item)
    if params.get("ConditionExpression") is not None:
        Expression(params["ConditionExpression"], params, used).holds({})   # to see what it uses
    _check_all_used(params, used)
    _check_condition(params, table["items"].get(name, {}), used)
    table["items"][name] = dict(item)
    return dynamodb_answer({})


def get_item(world, key, params, note):
    table = _table(world, key, "GetItem", params, note["region"])
    item = table["items"].get(_key_of(table, params.get("Key"), alone=True))
    return dynamodb_answer({"Item": item} if item is not None else {})


def update_item(world, key, params, note):
    table = _table(world, key, "UpdateItem", params, note["region"])
    name, used = _key_of(table, params.get("Key"), alone=True), set()
    sets = Expression(params.get("UpdateExpression", ""), params, used).assignments()
    if params.get("ConditionExpression") is not None:
        Expression(params["ConditionExpression"], params, used).holds({})
    _check_all_used(params, used)
    if table["key"] in sets:
        raise invalid(f"One or more parameter values were invalid: Cannot update attribute {table['key']}. This attribute is "
                      f"part of the key")
    _check_item(table, sets)
    old = table["items"].get(name, {})
    _check_condition(params, old, used)
    table["items"][name] = {table["key"]: {"S": name}, **old, **sets}   # without a condition it makes what is not there
    return dynamodb_answer({})


ACTIONS = {"PutItem": put_item, "GetItem": get_item, "UpdateItem": update_item}
