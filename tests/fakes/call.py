"""One request to STS or SSM as read from the wire: which service, which action, with which parameters."""
import json
import urllib.parse

import ssm_actions
import sts_actions
import wire

STS_VERSION = "2011-06-15"
FORM = "application/x-www-form-urlencoded"


class Call:
    """`malformed` is the Refusal that the service answers to a signed request that makes no sense, or None."""

    def __init__(self, scheme, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.url = f"{scheme}://{headers.get('Host', '')}{path}"
        target = headers.get("X-Amz-Target")
        self.service = "sts" if target is None else "ssm"
        self.action, self.params, self.malformed = "", {}, None
        if target is None:
            self._read_sts()
        else:
            self._read_ssm(target)

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

    def _read_ssm(self, target):
        prefix, _, self.action = target.partition(".")
        content_type = self.headers.get("Content-Type", "")
        if prefix != "AmazonSSM" or self.action not in ssm_actions.ACTIONS or self.method != "POST" or self.path != "/":
            self.malformed = wire.Refusal("UnknownAction")
        elif content_type != "application/x-amz-json-1.1":
            self.malformed = wire.Refusal("UnknownAction", f"not a content type of SSM: {content_type}")
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
        actions = sts_actions.ACTIONS if self.service == "sts" else ssm_actions.ACTIONS
        return actions[self.action](world, key, self.params, note)
