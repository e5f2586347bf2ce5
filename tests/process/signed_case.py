"""What tests of signed policies share: keys, envelopes as a signer that is not ours makes them, and pairs in SSM."""
import base64
import hashlib
import json
import os

from aws_case import PARAMETER, AwsTest, policy, rule

import kms_actions

SIGNATURE = "/sentinel/signatures/default"
ALIAS = "alias/fleet"
_KEYS = {}


def key(name="fleet"):
    """A private key, PEM; made once."""
    if name not in _KEYS:
        _KEYS[name] = kms_actions.new_key_pem()
    return _KEYS[name]


def envelope(text, version=1, name=PARAMETER, pem=None, **metadata):
    """`metadata` replaces members after the signature was made."""
    sha = hashlib.sha256(text.encode()).hexdigest()
    message = f"sentinel-policy-v2\n{name}\n{version}\n{sha}\n".encode()
    signature = kms_actions.sign_pss(pem or key(), message)
    return json.dumps({"signature": base64.b64encode(signature).decode(), "metadata": {
        "key_id": "fleet", "algorithm": "RSASSA_PSS_SHA_256", "signed_at": "2026-11-21T12:00:00Z", "policy_hash": sha,
        "policy_name": name, "policy_version": version, **metadata}})


class SignedTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.public = self.write("fleet.pub", kms_actions.public_pem(key()), 0o644)
        self.by_file = ("--policy-key", self.public)
        self.state = os.path.join(self.folder, "state")   # no test remembers another's versions
        os.mkdir(self.state, 0o700)
        self.owned(self.state)

    def environment(self):
        return {**super().environment(), "XDG_STATE_HOME": self.state}

    def put_kms_key(self, **members):
        self.aws.control.put_kms_key(name="1234abcd", alias=ALIAS, pem=key(), **members)

    def put_pair(self, text, signature, name=PARAMETER):
        """Both at once; without a signature, the policy alone, and none is there."""
        rows = [{"name": name, "value": text}]
        beside = name.replace("/policies/", "/signatures/")
        if signature is None:
            self.aws.control.delete_parameter(name=beside)
        else:
            rows.append({"name": beside, "value": signature})
        self.aws.control.put_parameters(parameters=rows)

    def put_signed(self, text, version=1, **more):
        self.put_pair(text, envelope(text, version, **more))

    def refused(self, *options, sentence, **more):
        """A start that is refused with this sentence, which names no ARN and no path of the machine."""
        run = self.refused_start(*(options or self.by_file), **more)
        self.assertIn(sentence, run.stderr)
        self.assertNotIn("arn:", run.stderr)
        self.assertEqual([], self.assume_role(), "keys were asked for")
        return run


def allowing(comment=""):
    return policy(rule()) + comment


def denying(reason):
    return policy(rule("deny", reason=reason))
