"""SSM: GetParameter and PutParameter. Runs with the world's lock held. Parameters are the members of the JSON body."""
import base64
import hashlib
import re

from wire import Refusal, ssm_answer

MAX_STANDARD_VALUE = 4096  # characters, standard tier


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
    return ssm_answer({"Parameter": {
        "ARN": _arn(region, key, name), "DataType": "text", "LastModifiedDate": round(parameter["modified"], 3),
        "Name": name, "Type": parameter["type"], "Value": _value(key, parameter, params.get("WithDecryption") is True),
        "Version": parameter["version"]}})


def put_parameter(world, key, params, note):
    name, value, kind = _name(params), params.get("Value"), params.get("Type", "String")
    old = world.parameters.get(name)
    _check_allowed(key, "PutParameter", _arn(note["region"], key, name), old["deny"] if old else [])
    if old and not params.get("Overwrite"):
        raise Refusal("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the "
                                                "overwrite option in the request to true.")
    if kind not in ("String", "SecureString", "StringList") or not isinstance(value, str) or not value:
        raise Refusal("Invalid", "1 validation error detected: Type and Value must be given.")
    if len(value) > MAX_STANDARD_VALUE and params.get("Tier") != "Advanced":
        raise Refusal("Invalid", "Standard tier parameters support a maximum parameter value of 4096 characters.")
    deny = {name: old[name] for name in ("deny", "kms_deny")} if old else {}
    return ssm_answer({"Tier": "Standard", "Version": world.put_parameter(name, value, kind, **deny)})


ACTIONS = {"GetParameter": get_parameter, "PutParameter": put_parameter}
