"""The remote token vending machine that `--remote-server` asks: an API gateway with IAM authorisation, and the function
behind it: upstream's. What it is asked: broker/remote/server.h; what it answers: ROWS below.

The gateway refuses first and in its own words ({"message": "Forbidden"}; the log keeps why). What it lets through, the
function judges in upstream's order: who asks, how often, the profile, the device, the policy. Any row of ROWS can also be
played by a fault: fault("error", action="Vend", code="POLICY_DENY").
"""
import json
import re
import secrets
import urllib.parse

import wire
from call import Call, signer_of
from wire import Answer, Refusal

JSON = "application/json; charset=utf-8"
PROFILE = re.compile(r"[A-Za-z0-9_/:-]{1,256}")
DEVICE_ID = re.compile(r"[0-9a-f]{64}")
HOST_REGION = re.compile(r"[^.]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?(:[0-9]+)?")

# code                     status  text
ROWS = {
    "INVALID_IDENTITY": (400, "The caller's ARN names no user"),
    "MISSING_PROFILE": (400, "The query parameter profile is required"),
    "INVALID_PROFILE": (400, "The profile name has characters that are not allowed"),
    "INVALID_DURATION": (400, "The duration must be between 900 and 43200 seconds"),
    "IAM_AUTH_REQUIRED": (403, "IAM authorization is required"),
    "POLICY_DENY": (403, "Denied by policy: no rule lets you have this profile"),
    "DEVICE_VERIFICATION_FAILED": (403, "The device could not be verified"),
    "SESSION_REVOKED": (403, "The session was revoked"),
    "NOT_FOUND": (404, "Not found"),
    "METHOD_NOT_ALLOWED": (405, "Method not allowed"),
    "RATE_LIMITED": (429, "Rate limit exceeded, retry in 42s"),
    "CONFIG_ERROR": (500, "The configuration could not be loaded"),
    "POLICY_ERROR": (500, "The signature of the policy is not valid"),
    "CREDENTIAL_ERROR": (500, "The credentials could not be retrieved"),
    "MARSHAL_ERROR": (500, "The answer could not be built"),
    "INIT_ERROR": (500, "The function could not be initialised"),
    "SSM_ERROR": (500, "operation error SSM: GetParametersByPath, https response error StatusCode: 400, "
                       "AccessDeniedException"),
    "NOT_IMPLEMENTED": (501, "Profile discovery is not configured"),
}
DEFAULT = {
    "region": "eu-central-1",
    "profiles": {"ledger-prod": {"role": "ledger-prod"}, "ledger-short": {"role": "ledger-short"},
                 "ledger-audit": {"role": "ledger-audit", "deny": "audit data is read from the audit host only"}},
}


class Gateway:
    """What is configured there; control.gateway(member=value) changes it."""

    def __init__(self, region="eu-central-1", profiles=None, root="/sentinel/policies", bearer=None, devices=None,
                 max_duration=3600, cap=None, iam=True):
        self.region = region
        self.profiles = profiles or {}    # name: {role, deny: the reason of the rule that denies it}
        self.root = root                  # None: discovery is not configured
        self.bearer = bearer or {}        # token: ARN of whom it stands for
        self.devices = devices            # None: no device is looked up; else the ids that are known
        self.max_duration = max_duration  # the function's own keys are a role's, so AWS ends chains at one hour
        self.cap = cap                    # max_server_duration of the matching rule
        self.iam = iam                    # False: somebody published it without authorisation

    def change(self, **members):
        if not set(members) <= set(vars(self)):
            raise ValueError(f"no such members of the gateway: {sorted(set(members) - set(vars(self)))}")
        vars(self).update(members)


class Caller:
    def __init__(self, arn):
        self.arn = arn


class TvmCall(Call):
    service = "execute-api"

    def read(self):
        url = urllib.parse.urlsplit(self.path)
        self.action = {"": "Vend", "/profiles": "ListProfiles"}.get(url.path.rstrip("/"), "NotFound")
        pairs = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
        # API Gateway joins what is given twice.
        self.params = {name: ",".join(value for other, value in pairs if other == name) for name, _ in pairs}
        # AWS decodes the query and encodes it anew before it checks the signature.
        encoded = "&".join("=".join(urllib.parse.quote(text, safe="-_.~") for text in pair) for pair in pairs)
        self.url = self.url.partition("?")[0] + ("?" + encoded if encoded else "")

    def authorise(self, world, address, entry):
        gateway, sent = world.gateway, self.headers.get("Authorization", "")
        if sent.startswith("Bearer "):
            arn = gateway.bearer.get(sent[len("Bearer "):])
            if arn is None:
                raise Refusal("Unauthorized", "no such bearer token", 401)
            entry["principal"] = arn
            return Caller(arn)
        if not gateway.iam:
            return None
        key = signer_of(self, world, address, entry)
        host = HOST_REGION.fullmatch(self.headers.get("Host", ""))
        region = host[1] if host else gateway.region
        if entry["region"] != region:
            raise Refusal("BadSignature", f"Credential should be scoped to a valid region, not '{entry['region']}'.")
        return key

    def refused(self, error):
        if error.name in wire.REFUSALS or error.name == "Unauthorized":
            code, status = error.code_and_status("sts")   # of the log; the gateway tells its client less
            status = 429 if error.name == "Throttled" else status
            text = {401: "Unauthorized", 429: "Too Many Requests"}.get(status, "Forbidden")
            return code, Answer(status, "application/json", json.dumps({"message": text}))
        status, text = ROWS.get(error.name, (500, "Internal error"))
        body = {"Message": text if error.message is None else error.message, "Code": error.name}
        return error.name, Answer(error.status or status, JSON, json.dumps(body) + "\n")

    def perform(self, world, key, note):
        if self.action == "NotFound":
            raise Refusal("NOT_FOUND", f"Not found: {urllib.parse.urlsplit(self.path).path}")
        if self.action == "ListProfiles":
            return _list_profiles(world.gateway, self.method)
        return _vend(world, key, self.params, note)


def _answer(body):
    return Answer(200, JSON, json.dumps(body) + "\n")


def _list_profiles(gateway, method):
    if method != "GET":
        raise Refusal("METHOD_NOT_ALLOWED", None)
    if gateway.root is None:
        raise Refusal("NOT_IMPLEMENTED", None)
    return _answer({"profiles": [{"name": name, "policy_path": f"{gateway.root}/{name}"}
                                 for name in sorted(gateway.profiles)], "root": gateway.root})


def _user(caller):
    """As upstream cleans a name: the last part of the ARN, its letters and digits, 20 of them at most."""
    if caller is None:
        raise Refusal("IAM_AUTH_REQUIRED", None)
    user = re.sub(r"[^A-Za-z0-9]", "", caller.arn.rpartition("/" if "/" in caller.arn else ":")[2])[:20]
    if not user:
        raise Refusal("INVALID_IDENTITY", None)
    return user


def _profile(params):
    name = params.get("profile", "")
    if not name:
        raise Refusal("MISSING_PROFILE", None)
    if not PROFILE.fullmatch(name) or any(part in name for part in ("..", "//", "./", "/.", "\\")):
        raise Refusal("INVALID_PROFILE", None)
    return name


def _duration(gateway, params):
    text = params.get("duration", "900")
    if not re.fullmatch("[0-9]{1,9}", text) or not 900 <= int(text) <= 43200:
        raise Refusal("INVALID_DURATION", None)
    return min(int(text), gateway.cap or int(text))


def _vend(world, caller, params, note):
    gateway, user, name = world.gateway, _user(caller), _profile(params)
    device = params.get("device_id", "")
    if gateway.devices is not None and DEVICE_ID.fullmatch(device) and device not in gateway.devices:
        raise Refusal("DEVICE_VERIFICATION_FAILED", None)
    seconds, found = _duration(gateway, params), gateway.profiles.get(name)
    if found is None:
        raise Refusal("POLICY_DENY", None)
    if found.get("deny"):
        raise Refusal("POLICY_DENY", f"Denied by policy: {found['deny']}")
    role = world.role_named(found["role"])
    if role is None or seconds > gateway.max_duration:
        raise Refusal("CREDENTIAL_ERROR", None)
    number = secrets.token_hex(4)
    session = world.role_session(role, f"tvm-{user}-{number}", note.pop("lifetime", seconds))
    session.source_identity = f"sentinel.{user}.direct.{number}"
    note.update(issued=session.id, expires=session.expires)
    return _answer({"AccessKeyId": session.id, "SecretAccessKey": session.secret, "Token": session.token,
                    "Expiration": wire.utc(session.expires)})
