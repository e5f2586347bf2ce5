"""The instance metadata service of EC2, version 2: a token by PUT, then the role's name, then its keys.

Without a token it answers 401, as an instance does where version 1 is off; control.instance(v1=True) turns it on. What goes
wrong at one step only is a fault for that step's action: Token, RoleName, RoleCredentials (a token that a hop limit
swallows is fault("hang", action="Token")). control.instance(code="AssumeRoleUnauthorizedAccess") makes the third step answer 200
with that Code in the place of keys, as it does where EC2 may not assume the role.
"""
import json
import re
import secrets
import urllib.parse

import wire
from call import Call
from served_role import ServedRole, members_of
from wire import Answer, Refusal

ROLES = "/latest/meta-data/iam/security-credentials"
PLACEMENT = {"/latest/meta-data/placement/region": "", "/latest/meta-data/placement/availability-zone": "a"}
MAX_TTL = 21600   # seconds
PAGE = '<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n'
TITLES = {400: "400 - Bad Request", 401: "401 - Unauthorized", 403: "403 - Forbidden", 404: "404 - Not Found",
          405: "405 - Method Not Allowed"}


class Instance(ServedRole):
    def __init__(self, role="desk-instance", region="eu-central-1", session_name="i-0f1e2d3c4b5a69788"):
        super().__init__(role, session_name)
        self.region = region
        self.v1 = False                                      # answers without a token, too
        self.code, self.message = "Success", "EC2 cannot assume the role"
        self._tokens = {}                                    # token: when it ends

    def new_token(self, now, seconds):
        token = secrets.token_urlsafe(42)
        self._tokens[token] = now + seconds
        return token

    def knows_token(self, now, token):
        return self._tokens.get(token, 0) > now

    def forget_tokens(self):
        """As after a reboot."""
        self._tokens.clear()

    def tokens(self):
        return list(self._tokens)


class InstanceCall(Call):
    service = "imds"

    def read(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/latest/api/token":
            self.action = "Token"
        elif path.rstrip("/") == ROLES:
            self.action = "RoleName"
        elif path.startswith(ROLES + "/"):
            self.action, self.params = "RoleCredentials", {"role": path[len(ROLES) + 1:]}
        else:
            self.action, self.params = "Placement" if path in PLACEMENT else "NotFound", {"path": path}

    def authorise(self, world, address, entry):
        if self.action == "Token":
            if "X-Forwarded-For" in self.headers:
                raise Refusal("Forbidden", "a token is not given to a proxy", 403)
            return None
        token = self.headers.get("X-aws-ec2-metadata-token")
        entry["version"] = 1 if token is None else 2
        if not (token is None and world.instance.v1) and not world.instance.knows_token(world.now(), token):
            raise Refusal("Unauthorized", "no token" if token is None else "not a token of this instance", 401)
        return None

    def refused(self, error):
        status = error.status or 400
        return error.name, Answer(status, "text/html", PAGE.format(TITLES.get(status, str(status))))

    def perform(self, world, key, note):
        if self.action == "Token":
            return self._token(world)
        if self.method != "GET":
            raise Refusal("MethodNotAllowed", "", 405)
        instance = world.instance
        if self.action == "Placement":
            return _text(instance.region + PLACEMENT[self.params["path"]])
        if self.action == "NotFound" or not instance.exists(world):
            raise Refusal("NotFound", "", 404)
        if self.action == "RoleName":
            return _text(instance.role)
        if self.params["role"] != instance.role:
            raise Refusal("NotFound", "", 404)
        return _keys(world, instance, note)

    def _token(self, world):
        if self.method != "PUT":
            raise Refusal("MethodNotAllowed", "", 405)
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if not re.fullmatch("[0-9]{1,5}", seconds) or not 1 <= int(seconds) <= MAX_TTL:
            raise Refusal("BadRequest", f"not a lifetime: '{seconds}'", 400)
        answer = _text(world.instance.new_token(world.now(), int(seconds)))
        answer.headers.append(("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", seconds))
        return answer


def _text(text):
    return Answer(200, "text/plain", text)


def _keys(world, instance, note):
    updated = {"Code": instance.code, "LastUpdated": wire.utc(world.now())}
    if instance.code != "Success":
        return Answer(200, "text/plain", json.dumps({**updated, "Message": instance.message}))
    return Answer(200, "text/plain", json.dumps(
        {**updated, "Type": "AWS-HMAC", **members_of(instance.key(world, note))}, indent=2))
