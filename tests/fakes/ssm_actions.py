"""SSM: GetParameter, GetParameters and PutParameter. Runs with the world's lock held. Parameters are the members of the JSON body."""
import base64
import hashlib
import re

from wire import Refusal, json_answer

MAX_STANDARD_VALUE = 4096  # characters, standard tier
MAX_ADVANCED_VALUE = 8192
MAX_NAMES = 10             # of one GetParameters


def _arn(region, key, name):
    return f"arn:aws:ssm:{region}:{key.account}:parameter{name if name.startswith('/') else '/' + name}"


def _name(params):
    name = params.get("Name")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_./:-]{1,2048}", name):
        raise Refusal("Invalid", f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
                                 f"Member must satisfy regular expression pattern")
    return name


def _check_allowed(key, action, arn, listed):
    if f"ssm:{action}" in key.deny_actions or key.matches(listed):
        raise Refusal("Denied", f"User: {key.arn} is not authorized to perform: ssm:{action} on resource: {arn} "
                                f"because no identity-based policy allows the ssm:{action} action")


def _value(key, parameter, decrypt):
    if parameter["type"] != "SecureString":
        return parameter["value"]
    if not decrypt:
        return "AQICAHh" + base64.b64encode(hashlib.sha512(parameter["value"].encode()).digest()).decode()
    if key.matches(parameter["kms_deny"]):
        raise Refusal("Denied", "The ciphertext refers to a customer master key that does not exist, does not exist in "
                                "this region, or you are not allowed to access.")
    return parameter["value"]


def get_parameter(world, key, params, note):
    name, region = _name(params), note["region"]
    parameter = world.parameters.get(name)
    # The permission is decided before the existence: who may not read learns nothing.
    _check_allowed(key, "GetParameter", _arn(region, key, name), parameter["deny"] if parameter else [])
    if parameter is None:
        raise Refusal("ParameterNotFound")
    return json_answer({"Parameter": _described(region, key, parameter, params)})


def _described(region, key, parameter, params):
    name = parameter["name"]
    return {"ARN": _arn(region, key, name), "DataType": "text", "LastModifiedDate": round(parameter["modified"], 3),
            "Name": name, "Type": parameter["type"], "Version": parameter["version"],
            "Value": _value(key, parameter, params.get("WithDecryption") is True)}


def get_parameters(world, key, params, note):
    """One answer for all names; one denied name denies the call, one that is not there is listed as invalid."""
    names, region = params.get("Names"), note["region"]
    if not isinstance(names, list) or not 1 <= len(names) <= MAX_NAMES or len(set(names)) != len(names):
        raise Refusal("Invalid", "1 validation error detected: Value at 'names' failed to satisfy constraint")
    found, invalid = [], []
    for name in map(lambda name: _name({"Name": name}), names):
        parameter = world.parameters.get(name)
        _check_allowed(key, "GetParameters", _arn(region, key, name), parameter["deny"] if parameter else [])
        if parameter is None:
            invalid.append(name)
        else:
            found.append(_described(region, key, parameter, params))
    return json_answer({"Parameters": found, "InvalidParameters": invalid})


def put_parameter(world, key, params, note):
    name, value, kind = _name(params), params.get("Value"), params.get("Type", "String")
    old = world.parameters.get(name)
    _check_allowed(key, "PutParameter", _arn(note["region"], key, name), old["deny"] if old else [])
    if old and not params.get("Overwrite"):
        raise Refusal("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the "
                                                "overwrite option in the request to true.")
    if kind not in ("String", "SecureString", "StringList") or not isinstance(value, str) or not value:
        raise Refusal("Invalid", "1 validation error detected: Type and Value must be given.")
    tier = params.get("Tier", "Standard")
    if len(value) > MAX_ADVANCED_VALUE:
        raise Refusal("Invalid", "Advanced tier parameters support a maximum parameter value of 8192 characters.")
    if len(value) > MAX_STANDARD_VALUE and tier == "Standard":
        raise Refusal("Invalid", "Standard tier parameters support a maximum parameter value of 4096 characters.")
    deny = {name: old[name] for name in ("deny", "kms_deny")} if old else {}
    return json_answer({"Tier": "Advanced" if len(value) > MAX_STANDARD_VALUE else "Standard", "Version": world.put_parameter(name, value, kind, **deny)})


ACTIONS = {"GetParameter": get_parameter, "GetParameters": get_parameters, "PutParameter": put_parameter}
