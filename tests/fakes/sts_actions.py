"""STS: GetCallerIdentity, AssumeRole, GetSessionToken, with the rules that a client can run into.

Runs with the world's lock held. Parameters are the form fields as sent.
"""
import json
import re
import time

from wire import Refusal, sts_answer

NAME = re.compile(r"[A-Za-z0-9_+=,.@-]*")            # RoleSessionName, SourceIdentity
EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]*")
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")
POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+")
CHAINED_MAX = 3600


def _constraint(value, name, text):
    return Refusal("Invalid", f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
                              f"Member must {text}")


def _checked(params, name, pattern, low, high, required=False):
    value = params.get(name)
    member = name[0].lower() + name[1:]
    if value is None:
        if required:
            raise _constraint("null", member, "not be null")
        return None
    if len(value) < low:
        raise _constraint(value, member, f"have length greater than or equal to {low}")
    if len(value) > high:
        raise _constraint(value, member, f"have length less than or equal to {high}")
    if not pattern.fullmatch(value):
        raise _constraint(value, member, f"satisfy regular expression pattern: {pattern.pattern}")
    return value


def _duration(params, default, high):
    text = params.get("DurationSeconds")
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refusal("MalformedInput", f"'{text}' is not a valid value for 'DurationSeconds'.")
    if int(text) < 900:
        raise _constraint(text, "durationSeconds", "have value greater than or equal to 900")
    if int(text) > high:
        raise _constraint(text, "durationSeconds", f"have value less than or equal to {high}")
    return int(text)


def _listed(params, prefix):
    """The values of `prefix.member.1`, `.2`, ... up to the first gap."""
    values = []
    while f"{prefix}.member.{len(values) + 1}" in params:
        values.append(params[f"{prefix}.member.{len(values) + 1}"])
    return values


def _tags(params, key):
    tags, number = {}, 1
    while f"Tags.member.{number}.Key" in params:
        name = params[f"Tags.member.{number}.Key"]
        value = params.get(f"Tags.member.{number}.Value", "")
        if not 1 <= len(name) <= 128 or len(value) > 256 or name.lower().startswith("aws:"):
            raise _constraint(name, f"tags.{number}.member.key", "be a valid tag")
        if name.lower() in (known.lower() for known in tags):
            raise Refusal("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case "
                                                   "insensitive.")
        tags[name] = value
        number += 1
    if len(tags) > 50:
        raise _constraint(len(tags), "tags", "have length less than or equal to 50")
    for name in tags:
        if name in key.transitive_tags:
            raise Refusal("InvalidParameterValue", f"One of the specified transitive tag keys can't be set because it "
                                                   f"conflicts with a transitive tag key from the calling session: "
                                                   f"{name}")
    return tags


def _session_policy(params):
    """Checks Policy and PolicyArns; the share of the packed size that they take, in percent (AWS's own is a guess)."""
    policy, arns = params.get("Policy"), _listed(_renamed_arns(params), "PolicyArns")
    if policy is not None:
        if not 1 <= len(policy) <= 2048:
            raise _constraint("...", "policy", "have length less than or equal to 2048")
        try:
            parsed = json.loads(policy)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict) or "Statement" not in parsed:
            raise Refusal("MalformedPolicyDocument", "Syntax errors in policy.")
    if len(arns) > 10:
        raise _constraint(len(arns), "policyArns", "have length less than or equal to 10")
    for arn in arns:
        if not POLICY_ARN.fullmatch(arn):
            raise Refusal("Invalid", f"ARN {arn} is not valid.")
    packed = (len(policy or "") + sum(map(len, arns))) * 100 // 2048
    if packed > 100:
        raise Refusal("PackedPolicyTooLarge", f"Packed size of session tags and policies consumes {packed}% of "
                                              f"allotted space.")
    return packed


def _renamed_arns(params):
    return {re.sub(r"^(PolicyArns\.member\.\d+)\.arn$", r"\1", name): value for name, value in params.items()}


def _denied(key, action, resource):
    return Refusal("Denied", f"User: {key.arn} is not authorized to perform: {action} on resource: {resource}")


def _time(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _credentials(key):
    return {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "SessionToken": key.token,
            "Expiration": _time(key.expires)}


def get_caller_identity(world, key, params, note):
    return sts_answer("GetCallerIdentity", {"Arn": key.arn, "UserId": key.user_id, "Account": key.account})


def _find_role(world, key, arn, params):
    role = world.roles.get(arn)
    if key.kind == "root":
        raise Refusal("Denied", "Roles may not be assumed by root accounts.")
    allowed = (role is not None and key.matches(role.get("trust", [])) and not key.matches(role.get("deny", []))
               and "sts:AssumeRole" not in key.deny_actions
               and role.get("external_id") in (None, params.get("ExternalId")))
    if not allowed:
        raise _denied(key, "sts:AssumeRole", arn)   # AWS does not say which of these it was, nor do we
    return role


def _source_identity(key, role, params):
    wanted = _checked(params, "SourceIdentity", NAME, 2, 64)
    if wanted is None:
        return key.source_identity
    if not role.get("source_identity", True) or key.source_identity not in (None, wanted):
        raise _denied(key, "sts:SetSourceIdentity", role["arn"])
    return wanted


def _role_duration(key, role, params):
    chained = key.kind == "assumed-role"
    seconds = _duration(params, 3600, 43200)
    if chained and seconds > CHAINED_MAX:
        raise Refusal("Invalid", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
                                 "role chaining")
    if seconds > role.get("max_session", 3600):
        raise Refusal("Invalid", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds


def assume_role(world, key, params, note):
    arn = _checked(params, "RoleArn", re.compile(r"[\u0020-\u007e]+"), 20, 2048, required=True)
    name = _checked(params, "RoleSessionName", NAME, 2, 64, required=True)
    _checked(params, "ExternalId", EXTERNAL_ID, 2, 1224)
    if not ROLE_ARN.fullmatch(arn):
        raise Refusal("Invalid", f"{arn} is invalid")
    tags, packed = _tags(params, key), _session_policy(params)
    role = _find_role(world, key, arn, params)
    source_identity = _source_identity(key, role, params)
    if tags and not role.get("tags", True):
        raise _denied(key, "sts:TagSession", arn)
    seconds = note.pop("lifetime", _role_duration(key, role, params))
    session_arn = f"arn:aws:sts::{role['account']}:assumed-role/{role['name'].split('/')[-1]}/{name}"
    user_id = f"{role['id']}:{name}"
    session = world.issue(session_arn, role["account"], user_id, "assumed-role", seconds)
    session.role_arn, session.source_identity = arn, source_identity
    session.deny_actions = role.get("deny_actions", [])
    session.session_policy = json.loads(params["Policy"]) if "Policy" in params else None
    session.managed_policies = _listed(_renamed_arns(params), "PolicyArns")
    transitive = _listed(params, "TransitiveTagKeys")
    session.transitive_tags = {**key.transitive_tags, **{k: v for k, v in tags.items() if k in transitive}}
    note.update(issued=session.id, expires=session.expires, tags=tags, chained=key.kind == "assumed-role")
    return sts_answer("AssumeRole", {
        "SourceIdentity": source_identity,
        "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": session_arn},
        "Credentials": _credentials(session),
        "PackedPolicySize": packed if packed else None})


def get_session_token(world, key, params, note):
    if key.token is not None:
        raise Refusal("Denied", "Cannot call GetSessionToken with session credentials")
    if "sts:GetSessionToken" in key.deny_actions:
        raise _denied(key, "sts:GetSessionToken", key.arn)
    root = key.kind == "root"
    seconds = _duration(params, 3600 if root else 43200, 3600 if root else 129600)
    seconds = note.pop("lifetime", seconds)
    session = world.issue(key.arn, key.account, key.user_id, "root" if root else "session", seconds)
    session.deny_actions = key.deny_actions
    note.update(issued=session.id, expires=session.expires)
    return sts_answer("GetSessionToken", {"Credentials": _credentials(session)})


ACTIONS = {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role, "GetSessionToken": get_session_token}
