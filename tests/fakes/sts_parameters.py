"""What STS checks of a call's parameters before it looks at who asks: shapes, lengths, tags, session policies.

Parameters are the form fields as sent. Each check returns the value, or raises the refusal that AWS answers.
"""
import json
import re

from wire import Refusal

NAME = re.compile(r"[A-Za-z0-9_+=,.@-]*")            # RoleSessionName, SourceIdentity
EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]*")
SERIAL = re.compile(r"[A-Za-z0-9_+=/:,.@-]*")
DIGITS = re.compile(r"[0-9]*")
PRINTABLE = re.compile(r"[\u0020-\u007e]+")
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+")


def constraint(value, name, text):
    return Refusal("Invalid", f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
                              f"Member must {text}")


def checked(params, name, pattern, low, high, required=False):
    value = params.get(name)
    member = name[0].lower() + name[1:]
    if value is None:
        if required:
            raise constraint("null", member, "not be null")
        return None
    if len(value) < low:
        raise constraint(value, member, f"have length greater than or equal to {low}")
    if len(value) > high:
        raise constraint(value, member, f"have length less than or equal to {high}")
    if not pattern.fullmatch(value):
        raise constraint(value, member, f"satisfy regular expression pattern: {pattern.pattern}")
    return value


def role_and_session_name(params):
    arn = checked(params, "RoleArn", PRINTABLE, 20, 2048, required=True)
    name = checked(params, "RoleSessionName", NAME, 2, 64, required=True)
    if not ROLE_ARN.fullmatch(arn):
        raise Refusal("Invalid", f"{arn} is invalid")
    return arn, name


def duration(params, default, high):
    text = params.get("DurationSeconds")
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refusal("MalformedInput", f"'{text}' is not a valid value for 'DurationSeconds'.")
    if int(text) < 900:
        raise constraint(text, "durationSeconds", "have value greater than or equal to 900")
    if int(text) > high:
        raise constraint(text, "durationSeconds", f"have value less than or equal to {high}")
    return int(text)


def role_duration(params, role):
    seconds = duration(params, 3600, 43200)
    if seconds > role.get("max_session", 3600):
        raise Refusal("Invalid", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds


def listed(params, prefix):
    """The values of `prefix.member.1`, `.2`, ... up to the first gap."""
    values = []
    while f"{prefix}.member.{len(values) + 1}" in params:
        values.append(params[f"{prefix}.member.{len(values) + 1}"])
    return values


def tags(params, key):
    found, number = {}, 1
    while f"Tags.member.{number}.Key" in params:
        name = params[f"Tags.member.{number}.Key"]
        value = params.get(f"Tags.member.{number}.Value", "")
        if not 1 <= len(name) <= 128 or len(value) > 256 or name.lower().startswith("aws:"):
            raise constraint(name, f"tags.{number}.member.key", "be a valid tag")
        if name.lower() in (known.lower() for known in found):
            raise Refusal("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case "
                                                   "insensitive.")
        found[name] = value
        number += 1
    if len(found) > 50:
        raise constraint(len(found), "tags", "have length less than or equal to 50")
    for name in found:
        if name in key.transitive_tags:
            raise Refusal("InvalidParameterValue", f"One of the specified transitive tag keys can't be set because it "
                                                   f"conflicts with a transitive tag key from the calling session: "
                                                   f"{name}")
    return found


def policy_arns(params):
    renamed = {re.sub(r"^(PolicyArns\.member\.\d+)\.arn$", r"\1", name): value for name, value in params.items()}
    return listed(renamed, "PolicyArns")


def packed_policy_size(params):
    """Checks Policy and PolicyArns; the share of the packed size that they take, in percent (AWS's own is a guess)."""
    policy, arns = params.get("Policy"), policy_arns(params)
    if policy is not None:
        if not 1 <= len(policy) <= 2048:
            raise constraint("...", "policy", "have length less than or equal to 2048")
        try:
            parsed = json.loads(policy)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict) or "Statement" not in parsed:
            raise Refusal("MalformedPolicyDocument", "Syntax errors in policy.")
    if len(arns) > 10:
        raise constraint(len(arns), "policyArns", "have length less than or equal to 10")
    for arn in arns:
        if not POLICY_ARN.fullmatch(arn):
            raise Refusal("Invalid", f"ARN {arn} is not valid.")
    packed = (len(policy or "") + sum(map(len, arns))) * 100 // 2048
    if packed > 100:
        raise Refusal("PackedPolicyTooLarge", f"Packed size of session tags and policies consumes {packed}% of "
                                              f"allotted space.")
    return packed
