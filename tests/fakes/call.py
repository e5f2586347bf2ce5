"""One request as read from the wire: which service, which action, with which parameters, and who may ask it.

Call is what the connection deals with; each service that is reached in a way of its own has a kind of Call. AwsCall is the
kind of those that are signed and posted to "/": STS, IAM, SSM, KMS, DynamoDB.
"""
import json
import urllib.parse

import dynamodb_actions
import iam_actions
import kms_actions
import session_policy
import sigv4_check
import ssm_actions
import sts_actions
import wire

FORM = "application/x-www-form-urlencoded"
ACTIONS = {"sts": sts_actions.ACTIONS, "iam": iam_actions.ACTIONS, "ssm": ssm_actions.ACTIONS, "kms": kms_actions.ACTIONS,
           "dynamodb": dynamodb_actions.ACTIONS}
VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam"}                                    # of the query protocol
TARGETS = {"AmazonSSM": "ssm", "TrentService": "kms", "DynamoDB_20120810": "dynamodb"}   # what X-Amz-Target begins with


class Call:
    """`malformed` is the Refusal that the service answers to a permitted request that makes no sense, or None."""
    service = ""

    def __init__(self, scheme, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.url = f"{scheme}://{headers.get('Host', '')}{path}"
        self.action, self.params, self.malformed = "", {}, None
        self.read()

    def read(self):
        """Finds action and params."""
        raise NotImplementedError

    def authorise(self, world, address, entry):
        """The key that asks, None where none is needed, or a Refusal. `entry` of the log learns what was seen on the way."""
        raise NotImplementedError

    def perform(self, world, key, note):
        raise NotImplementedError

    def refused(self, error):
        """The code for the log, and the answer."""
        return error.code_and_status(self.service)[0], wire.refusal(self.service, error)

    def run(self, world, key, note):
        """The answer. `note` learns what the log keeps of it, and may bring a lifetime (faults.py)."""
        if self.malformed:
            raise self.malformed
        return self.perform(world, key, note)

    def read_query(self, text):
        """Parameters from a query or a form; whether none is given twice."""
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        self.params = dict(pairs)
        return len(self.params) == len(pairs)

    def read_json(self, otherwise):
        """The body's object; `otherwise` is what a body that is none is refused with."""
        try:
            params = json.loads(self.body)
        except ValueError:
            params = None
        if isinstance(params, dict):
            self.params = params
        else:
            self.malformed = otherwise


def signer_of(call, world, address, entry):
    """The key that signed the call, if no session policy of its own forbids it the action."""
    key = sigv4_check.verify(world, call.service, call.method, call.url, call.headers, call.body, entry)
    # Of GetCallerIdentity AWS says that no policy can deny it.
    if key.session_policy is None or call.action == "GetCallerIdentity":
        return key
    action = f"{call.service}:{call.action}"
    if not session_policy.allows(key.session_policy, action, "*", world.now(), address,
                                 managed=bool(key.managed_policies)):
        raise wire.Refusal("Denied", f"User: {key.arn} is not authorized to perform: {action} by its session policy")
    return key


class AwsCall(Call):
    def read(self):
        target = self.headers.get("X-Amz-Target")
        if target is None:
            self._read_form()
        else:
            self._read_target(target)

    def _read_form(self):
        url = urllib.parse.urlsplit(self.path)
        form = self.method == "POST" and self.headers.get("Content-Type", "").partition(";")[0].strip() == FORM
        unique = self.read_query(self.body.decode("utf-8", "replace") if form else url.query)
        self.action = self.params.pop("Action", "")
        version = self.params.pop("Version", None)
        self.service = VERSIONS.get(version, "sts")
        if not unique:
            self.malformed = wire.Refusal("MalformedQueryString", "A parameter is given more than once.")
        elif self.action not in ACTIONS[self.service] or version not in VERSIONS or url.path != "/":
            self.malformed = wire.Refusal("UnknownAction", f"Could not find operation {self.action or '(none)'} for "
                                                           f"version {version or 'NO_VERSION_SPECIFIED'}")

    def _read_target(self, target):
        prefix, _, self.action = target.partition(".")
        self.service = TARGETS.get(prefix, "ssm")
        content_type = self.headers.get("Content-Type", "")
        if prefix not in TARGETS or self.action not in ACTIONS[self.service] or self.method != "POST" or self.path != "/":
            self.malformed = wire.Refusal("UnknownAction")
        elif content_type != wire.json_type(self.service):
            self.malformed = wire.Refusal("UnknownAction", f"not a content type of {self.service}: {content_type}")
        self.read_json(wire.Refusal("SerializationException"))

    def authorise(self, world, address, entry):
        if self.service == "sts" and self.action in sts_actions.UNSIGNED:
            return None
        key = signer_of(self, world, address, entry)
        if self.service == "iam":
            iam_actions.check_caller(world, key, entry["region"])
        return key

    def perform(self, world, key, note):
        return ACTIONS[self.service][self.action](world, key, self.params, note)
