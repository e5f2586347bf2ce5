"""The account that the stand-in plays: users, keys, roles, parameters, clock. Knows nothing of HTTP.

Configuration (JSON; everything optional, see DEFAULT below for all members in use):
  account, partition ("aws"), regions: ["us-east-1", ...],
  users:      [{name, path, keys: [{id, secret}], deny: ["ssm:GetParameter", ...], mfa: [{serial, window}]}]; name "root" is
              the account's root; mfa: one-time-code devices, see mfa_device.py
  roles:      [{name, account, trust: [arn, ...], deny: [arn, ...], external_id, max_session, source_identity: bool|"denied",
                tags: bool, deny_actions: [...], mfa: bool, web: {issuer, audiences, subjects}}]
              source_identity/tags false: the trust policy lacks that permission; "denied": it forbids it; mfa: it demands MultiFactorAuthPresent;
              web: see web_identity.py
  parameters: [{name, value, type: String|SecureString, deny: [arn, ...], kms_deny: [arn, ...]}]
  kms_keys:   [{name, alias, pem, deny: [arn, ...], enabled}]   see kms_actions.py
  gateway, instance, container, sso:   {member: value} of the remote server, the instance's and the container's endpoint, and
              Identity Center: see tvm_gateway.Gateway, instance_metadata.Instance, container_endpoint.Container,
              identity_center.IdentityCenter. Their roles are roles of this world: desk-instance, desk-task, role_behind(...)
  tables:     [{name, key: "id", index_keys: [...], deny: [arn, ...]}]   of DynamoDB; index_keys: attributes that key an index
"""
import base64
import hashlib
import json
import secrets
import threading
import time

import tvm_gateway
from container_endpoint import Container
from identity_center import PERMISSION_SETS, IdentityCenter, role_behind
from instance_metadata import Instance
from mfa_device import MfaDevice
from sign_in_calls import SignInService
from web_identity import WebTokens

ACCOUNT = "111122223333"
POLICY_PARAMETER = "/sentinel/policies/default"
REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-2")

# A policy names users by the last part of their ARN.
DEFAULT_POLICY = """\
version: "1"
rules:
  - name: ledger-production
    effect: allow
    reason: marta runs the ledger
    conditions:
      profiles: [ledger-prod, ledger-chained, ledger-external, ledger-short, marta]
      users: [marta]
      mode: [server]
  - name: no-audit-from-desks
    effect: deny
    reason: audit data is read from the audit host only
    conditions:
      profiles: [ledger-audit]
"""


def key_id_of(name):
    """A key id that is always the same for a name, and stands nowhere in the tree for a secret scanner to find."""
    return "AKIA" + base64.b32encode(hashlib.sha256(b"id of " + name.encode()).digest()).decode()[:16]


def secret_of(name):
    return base64.b64encode(hashlib.sha256(b"secret of " + name.encode()).digest() * 2).decode()[:40]


def user_arn(name, account=ACCOUNT, path="/", partition="aws"):
    return f"arn:{partition}:iam::{account}:" + ("root" if name == "root" else f"user{path}{name}")


def role_arn(name, account=ACCOUNT, partition="aws"):
    return f"arn:{partition}:iam::{account}:role/{name}"


def mfa_serial(name, account=ACCOUNT, partition="aws"):
    return f"arn:{partition}:iam::{account}:mfa/{name}"


def world_of(partition, regions):
    """The configuration of the default world in another partition."""
    text = json.dumps(DEFAULT).replace("arn:aws:", f"arn:{partition}:")
    return {**json.loads(text), "partition": partition, "regions": list(regions)}


DEFAULT = {
    "account": ACCOUNT,
    "users": [{"name": "marta", "mfa": [{"serial": mfa_serial("marta")}]}, {"name": "otto"}, {"name": "root"}],
    "roles": [
        {"name": "ledger-prod", "trust": [user_arn("marta"), user_arn("otto")], "max_session": 43200},
        {"name": "ledger-audit", "trust": [user_arn("marta")]},
        {"name": "ledger-chained", "trust": [role_arn("ledger-prod")], "max_session": 43200},
        {"name": "ledger-external", "trust": [user_arn("marta")], "external_id": "invoice-77"},
        {"name": "ledger-short", "trust": [user_arn("marta")], "max_session": 3600},
        {"name": "ledger-denied", "trust": [user_arn("marta")], "deny": [user_arn("marta")]},
        {"name": "ledger-no-source-identity", "trust": [user_arn("marta")], "source_identity": False},
        {"name": "ledger-stranger", "trust": ["arn:aws:iam::444455556666:root"]},
        {"name": "ledger-mfa", "trust": [user_arn("marta")], "mfa": True, "max_session": 43200},
        {"name": "desk-instance", "trust": []}, {"name": "desk-task", "trust": []},   # what machines have
        *({"name": role_behind(name), "trust": []} for name in PERMISSION_SETS),
        {"name": "ledger-ci", "trust": [role_arn(name) for name in ("desk-instance", "desk-task", "ledger-web", role_behind("LedgerRead"))]},
        {"name": "ledger-web", "trust": [], "web": {"subjects": ["system:serviceaccount:ledger:*"]}, "max_session": 43200},
    ],
    # Keys and indexes as broker/tracking/record.h has them.
    "tables": [{"name": name, "index_keys": ["user", "status", "profile", "server_instance_id", "device_id", "created_at"]}
               for name in ("sentinel-sessions", "other-sessions")],
    "parameters": [
        {"name": POLICY_PARAMETER, "value": DEFAULT_POLICY},
        {"name": "/sentinel/policies/secret", "value": DEFAULT_POLICY, "type": "SecureString"},
        {"name": "/sentinel/policies/denied", "value": DEFAULT_POLICY, "deny": ["*"]},
        {"name": "/sentinel/policies/locked", "value": DEFAULT_POLICY, "type": "SecureString", "kms_deny": ["*"]},
    ],
}


class Key:
    """One access key and the principal that signs with it."""

    def __init__(self, key_id, secret, arn, account, user_id, kind):
        self.id, self.secret, self.arn = key_id, secret, arn
        self.account, self.user_id, self.kind = account, user_id, kind   # kind: user, root, session, assumed-role
        self.token = None             # None: long-term
        self.expires = None           # seconds since 1970 on the stand-in's clock
        self.role_arn = None
        self.source_identity = None
        self.mfa = False              # MultiFactorAuthPresent
        self.transitive_tags = {}
        self.session_policy = None    # the parsed document of AssumeRole's Policy
        self.managed_policies = []
        self.deny_actions = []
        self.user_name = None         # the user's, or of the user whose session this is
        self.status = "Active"
        self.created = 0.0
        self.works_from = 0.0         # AWS does not know a new key everywhere at once

    def is_known(self, now):
        return self.status == "Active" and now >= self.works_from

    def matches(self, arns):
        """Is this principal named by one of `arns` (itself, its role, its account's root, or "*")?"""
        own = {"*", self.arn, f"arn:{self.arn.split(':')[1]}:iam::{self.account}:root"}
        if self.role_arn:
            own.add(self.role_arn)
        return any(arn in own for arn in arns)

    def described(self):
        return {"id": self.id, "secret": self.secret, "token": self.token, "arn": self.arn, "kind": self.kind,
                "expires": self.expires, "source_identity": self.source_identity, "mfa": self.mfa}


class World:
    """Thread-safe through `lock`, which every request holds while it is decided (never while it waits)."""

    def __init__(self, config=None):
        config = DEFAULT if config is None else config
        self.lock = threading.RLock()
        self.clock_offset = 0.0
        self.account = config.get("account", ACCOUNT)
        self.partition = config.get("partition", "aws")
        self.hosts, self.proxy_password = {}, None   # of forward_proxy.py
        self.regions = set(config.get("regions", REGIONS))
        self.keys, self.roles, self.parameters, self.kms_keys = {}, {}, {}, {}
        self.users, self.new_key_delay = {}, 0.0
        self.mfa_devices, self.web_tokens = {}, WebTokens()
        for user in config.get("users", []):
            self.add_user(user)
        for role in config.get("roles", []):
            self.add_role(role)
        for parameter in config.get("parameters", []):
            self.put_parameter(**parameter)
        for kms_key in config.get("kms_keys", []):
            self.put_kms_key(kms_key)
        self.gateway = tvm_gateway.Gateway(**config.get("gateway", tvm_gateway.DEFAULT))
        self.instance = Instance(**config.get("instance", {}))
        self.container = Container(**config.get("container", {}))
        self.sso = IdentityCenter(**config.get("sso", {}))
        self.sign_in = SignInService()
        self.tables = {}
        for table in config.get("tables", []):
            self.put_table(**table)

    def now(self):
        return time.time() + self.clock_offset

    def add_user(self, user):
        name, account = user["name"], user.get("account", self.account)
        arn = user_arn(name, account, user.get("path", "/"), self.partition)
        user_id = account if name == "root" else unique_id("AIDA", arn)
        for pair in user.get("keys") or [{"id": key_id_of(name), "secret": secret_of(name)}]:
            key = Key(pair["id"], pair["secret"], arn, account, user_id, "root" if name == "root" else "user")
            key.deny_actions, key.user_name = user.get("deny", []), None if name == "root" else name
            key.created = self.now()
            self.keys[key.id] = key
        if name != "root":
            self.users[name] = {"name": name, "path": user.get("path", "/"), "arn": arn, "id": user_id, "account": account,
                                "deny": user.get("deny", []), "created": self.now()}
        for device in user.get("mfa", []):
            self.mfa_devices[device["serial"]] = MfaDevice(owner=arn, **device)

    def new_user_key(self, user):
        """Another long-term key of a user."""
        key = Key("AKIA" + base64.b32encode(secrets.token_bytes(10)).decode(),
                  base64.b64encode(secrets.token_bytes(30)).decode(), user["arn"], user["account"], user["id"], "user")
        key.deny_actions, key.user_name, key.created = user["deny"], user["name"], self.now()
        key.works_from = self.now() + self.new_key_delay
        self.keys[key.id] = key
        return key

    def add_role(self, role):
        role = dict(role)
        role["account"] = role.get("account", self.account)
        role["arn"] = role_arn(role["name"], role["account"], self.partition)
        role["id"] = unique_id("AROA", role["arn"])
        self.roles[role["arn"]] = role

    def put_kms_key(self, kms_key):
        self.kms_keys[kms_key["name"]] = kms_key

    def put_table(self, name, key="id", index_keys=(), deny=()):
        self.tables[name] = {"key": key, "index_keys": list(index_keys), "deny": list(deny), "items": {}}

    def put_parameter(self, name, value, type="String", deny=(), kms_deny=()):
        old = self.parameters.get(name)
        self.parameters[name] = {"name": name, "value": value, "type": type, "deny": list(deny),
                                 "kms_deny": list(kms_deny), "modified": self.now(),
                                 "version": old["version"] + 1 if old else 1}
        return self.parameters[name]["version"]

    def issue(self, arn, account, user_id, kind, seconds):
        """A new temporary key. The caller fills in what is special to it."""
        key = Key("ASIA" + base64.b32encode(secrets.token_bytes(10)).decode(),
                  base64.b64encode(secrets.token_bytes(30)).decode(), arn, account, user_id, kind)
        key.token = "IQoJb3JpZ2luX2VjE" + base64.b64encode(secrets.token_bytes(510)).decode()
        key.expires = int(self.now()) + seconds
        self.keys[key.id] = key
        return key

    def role_named(self, name):
        return self.roles.get(role_arn(name, self.account, self.partition))

    def role_session(self, role, name, seconds):
        """A new session of a role. What the call that made it adds, the caller fills in."""
        arn = f"arn:{self.partition}:sts::{role['account']}:assumed-role/{role['name'].split('/')[-1]}/{name}"
        session = self.issue(arn, role["account"], f"{role['id']}:{name}", "assumed-role", seconds)
        session.role_arn, session.deny_actions = role["arn"], role.get("deny_actions", [])
        return session

    def user_session(self, name, seconds):
        """A session of a user's own, as GetSessionToken and a sign-in give one."""
        own = next(key for key in self.keys.values() if key.kind == "user" and key.user_name == name)
        session = self.issue(own.arn, own.account, own.user_id, "session", seconds)
        session.deny_actions, session.user_name = own.deny_actions, own.user_name
        return session

    def secrets(self):
        """Everything that nobody but its owner may see, beside the keys."""
        return [*self.web_tokens.all(), *self.gateway.bearer, *self.instance.tokens(), *self.container.tokens(), *self.sso.secrets(),
                *self.sign_in.secrets()]


def unique_id(prefix, arn):
    return prefix + base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]
