"""IAM: what rotating a user's long-term key takes: GetUser, ListAccessKeys, CreateAccessKey, UpdateAccessKey, DeleteAccessKey.

Runs with the world's lock held. A user manages its own keys, the root those of all. control.new_keys_work_after(seconds) makes
a new key unknown everywhere for a while, as AWS's is at first; what Inactive is, is unknown, too.
Signed for one region (REGIONS): IAM is one service for a whole partition.
"""
import re

from wire import Refusal, query_answer, utc

REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-iso": "us-iso-east-1",
           "aws-iso-b": "us-isob-east-1"}
MAX_KEYS = 2
USER_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
KEY_ID = re.compile(r"[A-Za-z0-9_]{16,128}")


def check_caller(world, key, region):
    """What AWS refuses before it looks at the action."""
    if region != REGIONS[world.partition]:
        raise Refusal("BadSignature", f"Credential should be scoped to a valid region, not '{region}'.")
    if key.kind == "session" and not key.mfa:   # GetSessionToken's keys reach IAM only with MFA
        raise Refusal("UnknownKey", "The security token included in the request is invalid")


def _user(world, key, action, params):
    """The user that the call is about, which the caller must be allowed to change."""
    name = params.get("UserName")
    if name is None and key.user_name is None:
        raise Refusal("Invalid", "Must specify userName when calling with non-User credentials")
    if name is not None and not USER_NAME.fullmatch(name):
        raise Refusal("Invalid", "The specified value for userName is invalid. It must contain only alphanumeric "
                                 "characters and/or the following: +=,.@_-")
    user = world.users.get(name or key.user_name)
    may = f"iam:{action}" not in key.deny_actions and (key.kind == "root" or name in (None, key.user_name))
    if not may:
        resource = user["arn"] if user else f"user {name}"
        raise Refusal("Denied", f"User: {key.arn} is not authorized to perform: iam:{action} on resource: {resource} "
                                f"because no identity-based policy allows the iam:{action} action")
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


def _keys(world, user):
    return sorted((key for key in world.keys.values() if key.token is None and key.user_name == user["name"]),
                  key=lambda key: (key.created, key.id))


def _own_key(world, user, params):
    key_id = params.get("AccessKeyId", "")
    if not KEY_ID.fullmatch(key_id):
        raise Refusal("Invalid", f"1 validation error detected: Value '{key_id}' at 'accessKeyId' failed to satisfy "
                                 f"constraint: Member must satisfy regular expression pattern: [\\w]+")
    found = next((key for key in _keys(world, user) if key.id == key_id), None)
    if found is None:
        raise Refusal("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", 404)
    return found


def _described(user, key):
    return {"UserName": user["name"], "AccessKeyId": key.id, "Status": key.status, "CreateDate": utc(key.created)}


def get_user(world, key, params, note):
    user = _user(world, key, "GetUser", params)
    return query_answer("iam", "GetUser", {"User": {
        "Path": user["path"], "UserName": user["name"], "UserId": user["id"], "Arn": user["arn"],
        "CreateDate": utc(user["created"])}})


def list_access_keys(world, key, params, note):
    user = _user(world, key, "ListAccessKeys", params)
    return query_answer("iam", "ListAccessKeys", {
        "AccessKeyMetadata": [_described(user, one) for one in _keys(world, user)], "IsTruncated": "false"})


def create_access_key(world, key, params, note):
    user = _user(world, key, "CreateAccessKey", params)
    if len(_keys(world, user)) >= MAX_KEYS:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MAX_KEYS}", 409)
    new = world.new_user_key(user)
    note["issued"] = new.id
    return query_answer("iam", "CreateAccessKey", {"AccessKey": {**_described(user, new), "SecretAccessKey": new.secret}})


def update_access_key(world, key, params, note):
    user = _user(world, key, "UpdateAccessKey", params)
    status = params.get("Status", "")
    if status not in ("Active", "Inactive"):
        raise Refusal("Invalid", f"1 validation error detected: Value '{status}' at 'status' failed to satisfy constraint: "
                                 f"Member must satisfy enum value set: [Active, Inactive]")
    _own_key(world, user, params).status = status
    return query_answer("iam", "UpdateAccessKey")


def delete_access_key(world, key, params, note):
    user = _user(world, key, "DeleteAccessKey", params)
    del world.keys[_own_key(world, user, params).id]
    return query_answer("iam", "DeleteAccessKey")


ACTIONS = {"GetUser": get_user, "ListAccessKeys": list_access_keys, "CreateAccessKey": create_access_key,
           "UpdateAccessKey": update_access_key, "DeleteAccessKey": delete_access_key}
