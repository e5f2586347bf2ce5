"""One request to STS, SSM, KMS or DynamoDB as read from the wire: which service, which action, with which parameters."""
import json
import urllib.parse

import dynamodb_actions
import kms_actions
import ssm_actions
import sts_actions
import wire

STS_VERSION = "2011-06-15"
FORM = "application/x-www-form-urlencoded"
ACTIONS = {"sts": sts_actions.ACTIONS, "ssm": ssm_actions.ACTIONS, "kms": kms_actions.ACTIONS,
           "dynamodb": dynamodb_actions.ACTIONS}
TARGETS = {"AmazonSSM": "ssm", "TrentService": "kms", "DynamoDB_20120810": "dynamodb"}   # what X-Amz-Target begins with


class Call:
    """`malformed` is the Refusal that the service answers to a signed request that makes no sense, or None."""

    def __init__(self, scheme, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.url = f"{scheme}://{headers.get('Host', '')}{path}"
        target = headers.get("X-Amz-Target")
        self.service = "sts" if target is None else TARGETS.get(target.partition(".")[0], "ssm")
        self.action, self.params, self.malformed = "", {}, None
        if target is None:
            self._read_sts()
        else:
            self._read_json(target)

    def _read_sts(self):
        url = urllib.parse.urlsplit(self.path)
        form = self.method == "POST" and self.headers.get("Content-Type", "").partition(";")[0].strip() == FORM
        text = self.body.decode("utf-8", "replace") if form else url.query
        pairs = urllib.parse.parse_qsl(text, keep_blank_values=True)
        self.params = dict(pairs)
        repeated = len(self.params) != len(pairs)
        self.action = self.params.pop("Action", "")
        version = self.params.pop("Version", None)
        if repeated:
            self.malformed = wire.Refusal("MalformedQueryString", "A parameter is given more than once.")
        elif self.action not in sts_actions.ACTIONS or version != STS_VERSION or url.path != "/":
            self.malformed = wire.Refusal("UnknownAction", f"Could not find operation {self.action or '(none)'} for "
                                                           f"version {version or 'NO_VERSION_SPECIFIED'}")

    def _read_json(self, target):
        prefix, _, self.action = target.partition(".")
        content_type = self.headers.get("Content-Type", "")
        if prefix not in TARGETS or self.action not in ACTIONS[self.service] or self.method != "POST" or self.path != "/":
            self.malformed = wire.Refusal("UnknownAction")
        elif content_type != wire.json_type(self.service):
            self.malformed = wire.Refusal("UnknownAction", f"not a content type of {self.service}: {content_type}")
        try:
            params = json.loads(self.body)
        except ValueError:
            params = None
        if isinstance(params, dict):
            self.params = params
        else:
            self.malformed = wire.Refusal("SerializationException")

    def run(self, world, key, note):
        """The answer. `note` learns what the log keeps of it, and may bring a lifetime (faults.py)."""
        if self.malformed:
            raise self.malformed
        return ACTIONS[self.service][self.action](world, key, self.params, note)
