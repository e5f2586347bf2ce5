"""The part of IAM's evaluation that decides whether a session policy lets a call through: enough to see that what
Sentinel adds to it works as AWS documents it, and no more. What it does not know makes the stand-in fail loudly.

Source: docs.aws.amazon.com/IAM/latest/UserGuide (policy evaluation logic; condition operators: a negated operator holds
where the key is absent).
"""
import calendar
import fnmatch
import ipaddress
import time


def _list(value):
    return value if isinstance(value, list) else [value]


def _seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def _is_in(address, network):
    return ipaddress.ip_address(address) in ipaddress.ip_network(network)


# operator -> does it hold for this value of the key, given the listed values? `None`: the key is absent.
OPERATORS = {
    "DateGreaterThan": lambda value, listed: value is not None and any(value > _seconds(text) for text in listed),
    "NotIpAddress": lambda value, listed: value is None or not any(_is_in(value, text) for text in listed),
    "StringNotEquals": lambda value, listed: value is None or value not in listed,
    "Bool": lambda value, listed: value is not None and any(value == text.lower() for text in listed),
    "BoolIfExists": lambda value, listed: value is None or any(value == text.lower() for text in listed),
}


def _conditions_hold(conditions, facts):
    for operator, keys in conditions.items():
        for key, listed in keys.items():
            if not OPERATORS[operator](facts.get(key), _list(listed)):
                return False
    return True


def _names(statement, what, value):
    if what in statement:
        return any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for pattern in _list(statement[what]))
    return not any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for pattern in _list(statement["Not" + what]))


def allows(policy, action, resource, now, source_ip="127.0.0.1", source_vpc=None, managed=False):
    """Whether the session policies leave the call allowed: some Allow and no Deny. `managed`: there are managed ones beside
    this document, which is taken to mean that they allow."""
    facts = {"aws:CurrentTime": int(now), "aws:SourceIp": source_ip, "aws:ViaAWSService": "false"}
    if source_vpc:
        facts["aws:SourceVpc"] = source_vpc
    allowed = managed
    for statement in _list(policy["Statement"]):
        if not (_names(statement, "Action", action) and _names(statement, "Resource", resource)
                and _conditions_hold(statement.get("Condition", {}), facts)):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed
