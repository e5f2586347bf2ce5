"""STS: GetCallerIdentity, AssumeRole, GetSessionToken, with the rules that a client can run into.

Runs with the world's lock held. Parameters are the form fields as sent. Without a signature: web_identity.py.
"""
import json

import sts_parameters
import web_identity
from sts_parameters import DIGITS, EXTERNAL_ID, NAME, SERIAL, checked
from wire import Refusal, credentials_of, query_answer

CHAINED_MAX = 3600
MFA_FAILED = "MultiFactorAuthentication failed, "


def _denied(key, action, resource):
    return Refusal("Denied", f"User: {key.arn} is not authorized to perform: {action} on resource: {resource}")


def get_caller_identity(world, key, params, note):
    return query_answer("sts", "GetCallerIdentity", {"Arn": key.arn, "UserId": key.user_id, "Account": key.account})


def _showed_mfa(world, key, params):
    """Whether this call brought a right one-time code. A wrong one is a refusal."""
    serial, code = checked(params, "SerialNumber", SERIAL, 9, 256), checked(params, "TokenCode", DIGITS, 6, 6)
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise Refusal("Denied", MFA_FAILED + "must provide both MFA serial number and one time pass code.")
    if key.token is not None:
        raise Refusal("Denied", MFA_FAILED + "a one time pass code cannot be used with temporary credentials.")
    device = world.mfa_devices.get(serial)
    if device is None or device.owner != key.arn:
        raise Refusal("Denied", MFA_FAILED + "unable to validate MFA code.  Please verify your MFA serial number is "
                                             "valid and associated with this user.")
    if not device.spend(code, world.now()):
        raise Refusal("Denied", MFA_FAILED + "invalid MFA one time pass code. ")
    return True


def _find_role(world, key, arn, params):
    role, mfa = world.roles.get(arn), _showed_mfa(world, key, params)
    if key.kind == "root":
        raise Refusal("Denied", "Roles may not be assumed by root accounts.")
    allowed = (role is not None and key.matches(role.get("trust", [])) and not key.matches(role.get("deny", []))
               and "sts:AssumeRole" not in key.deny_actions
               and role.get("external_id") in (None, params.get("ExternalId"))
               and (mfa or key.mfa or not role.get("mfa")))
    if not allowed:
        raise _denied(key, "sts:AssumeRole", arn)   # AWS does not say which of these it was, nor do we
    return role


def _source_identity(key, role, params):
    """The one that the session gets. A role must allow it, too, where the caller's own session brings it along."""
    wanted, allowed = checked(params, "SourceIdentity", NAME, 2, 64), role.get("source_identity", True)
    if wanted is None and key.source_identity is None:
        return None
    if allowed is not True or key.source_identity not in (None, wanted or key.source_identity):
        why = " with an explicit deny in a resource-based policy" if allowed == "denied" else ""
        raise _denied(key, "sts:SetSourceIdentity", role["arn"] + why)
    return wanted or key.source_identity


def _role_duration(key, role, params):
    if key.kind == "assumed-role" and sts_parameters.duration(params, 3600, 43200) > CHAINED_MAX:
        raise Refusal("Invalid", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
                                 "role chaining")
    return sts_parameters.role_duration(params, role)


def assume_role(world, key, params, note):
    arn, name = sts_parameters.role_and_session_name(params)
    checked(params, "ExternalId", EXTERNAL_ID, 2, 1224)
    tags, packed = sts_parameters.tags(params, key), sts_parameters.packed_policy_size(params)
    role = _find_role(world, key, arn, params)
    source_identity = _source_identity(key, role, params)
    if tags and not role.get("tags", True):
        raise _denied(key, "sts:TagSession", arn)
    seconds = note.pop("lifetime", _role_duration(key, role, params))
    session = world.role_session(role, name, seconds)
    session.source_identity = source_identity
    session.session_policy = json.loads(params["Policy"]) if "Policy" in params else None
    session.managed_policies = sts_parameters.policy_arns(params)
    transitive = sts_parameters.listed(params, "TransitiveTagKeys")
    session.transitive_tags = {**key.transitive_tags, **{k: v for k, v in tags.items() if k in transitive}}
    note.update(issued=session.id, expires=session.expires, tags=tags, transitive_tags=session.transitive_tags,
                chained=key.kind == "assumed-role", mfa=key.mfa or "TokenCode" in params)
    return query_answer("sts", "AssumeRole", {
        "SourceIdentity": source_identity,
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "Credentials": credentials_of(session),
        "PackedPolicySize": packed if packed else None})


def get_session_token(world, key, params, note):
    if key.token is not None:
        raise Refusal("Denied", "Cannot call GetSessionToken with session credentials")
    if "sts:GetSessionToken" in key.deny_actions:
        raise _denied(key, "sts:GetSessionToken", key.arn)
    root = key.kind == "root"
    seconds = sts_parameters.duration(params, 3600 if root else 43200, 3600 if root else 129600)
    mfa = _showed_mfa(world, key, params)
    seconds = note.pop("lifetime", seconds)
    session = world.issue(key.arn, key.account, key.user_id, "root" if root else "session", seconds)
    session.deny_actions, session.mfa, session.user_name = key.deny_actions, mfa, key.user_name
    note.update(issued=session.id, expires=session.expires, mfa=mfa)
    return query_answer("sts", "GetSessionToken", {"Credentials": credentials_of(session)})


ACTIONS = {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role, "GetSessionToken": get_session_token,
           "AssumeRoleWithWebIdentity": web_identity.assume_role}
UNSIGNED = {"AssumeRoleWithWebIdentity"}
