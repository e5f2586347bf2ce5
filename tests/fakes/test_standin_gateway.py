#!/usr/bin/python3
"""The remote server's stand-in, asked as its protocol says: signed with botocore's own signer, or with a bearer token."""
import json
import os
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from botocore.exceptions import HTTPClientError  # noqa: E402
from botocore.httpsession import URLLib3Session  # noqa: E402

import tvm_gateway  # noqa: E402
from standin_case import Case  # noqa: E402
from standin_client import REGION, key_id_of, role_arn, secret_of, user_arn  # noqa: E402

DEVICE = "0123456789abcdef" * 4


class GatewayTest(Case):
    def setUp(self):
        super().setUp()
        self.aws.control.gateway(**{"bearer": {}, "devices": None, "cap": None, "iam": True, "root": "/sentinel/policies",
                                    "region": REGION})
        self.http = URLLib3Session(verify=self.aws.ca_file or True, timeout=60)
        self.addCleanup(self.http.close)

    def ask(self, path="/", method="GET", keys=None, region=REGION, service="execute-api", sign=True, headers=(), **query):
        url = self.aws.urls["tvm"] + path
        if query:
            url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        request = AWSRequest(method, url, dict(headers))
        if sign:
            pair = keys or (key_id_of("marta"), secret_of("marta"), None)
            SigV4Auth(Credentials(*pair), service, region).add_auth(request)
        answer = self.http.send(request.prepare())
        return answer.status_code, answer.content

    def assert_row(self, code, *arguments, **more):
        status, body = self.ask(*arguments, **more)
        self.assertEqual((tvm_gateway.ROWS[code][0], code), (status, json.loads(body)["Code"]), body)
        return json.loads(body)["Message"]

    def assert_gateway_refuses(self, code, *arguments, status=403, text="Forbidden", **more):
        self.assertEqual((status, {"message": text}), (lambda s, b: (s, json.loads(b)))(*self.ask(*arguments, **more)))
        self.assertEqual(code, self.aws.log()[-1]["code"])

    def test_the_gateway_refuses_what_is_not_signed_for_it(self):
        query = {"profile": "ledger-prod"}
        self.assert_gateway_refuses("MissingAuthenticationToken", sign=False, **query)
        self.assert_gateway_refuses("SignatureDoesNotMatch", service="sts", **query)
        self.assert_gateway_refuses("SignatureDoesNotMatch", region="eu-west-1", **query)
        self.assert_gateway_refuses("SignatureDoesNotMatch", keys=(key_id_of("marta"), "wrong", None), **query)
        self.assert_gateway_refuses("InvalidClientTokenId", keys=("AKIA" + "Z" * 16, "wrong", None), **query)
        keys = self.session()
        self.aws.control.expire_key(id=keys[0])
        self.assert_gateway_refuses("ExpiredToken", keys=keys, **query)

    def test_a_query_signed_otherwise_than_aws_encodes_it_is_refused(self):
        path = "/?profile=" + role_arn("ledger-prod")   # raw colons and slash: signed as they stand, encoded anew by AWS
        self.assert_gateway_refuses("SignatureDoesNotMatch", path)

    def test_a_host_s_region_counts(self):
        self.aws.control.gateway(region="eu-west-1")
        self.assert_gateway_refuses("SignatureDoesNotMatch", profile="ledger-prod")
        self.assertEqual(200, self.ask(profile="ledger-prod", region="eu-west-1")[0])
        host = {"Host": "abc.execute-api.ap-southeast-2.amazonaws.com"}
        self.assert_gateway_refuses("SignatureDoesNotMatch", profile="ledger-prod", region="eu-west-1", headers=host)
        self.assertEqual(200, self.ask(profile="ledger-prod", region="ap-southeast-2", headers=host)[0])

    def test_parameters(self):
        self.assert_row("MISSING_PROFILE")
        self.assert_row("MISSING_PROFILE", profile="")
        for name in ("a b", "ä", "a..b", "a//b", "a,b", "x" * 257, "a\\b"):
            self.assert_row("INVALID_PROFILE", profile=name)
        self.assert_row("INVALID_PROFILE", "/?profile=ledger-prod&profile=ledger-prod")
        for duration in ("899", "43201", "-1", "1h", "", "900.0"):
            self.assert_row("INVALID_DURATION", profile="ledger-prod", duration=duration)
        self.assert_row("CREDENTIAL_ERROR", profile="ledger-prod", duration="3601")   # the function's own keys are a role's

    def test_policy(self):
        self.assertIn("audit host only", self.assert_row("POLICY_DENY", profile="ledger-audit"))
        self.assert_row("POLICY_DENY", profile="unknown")

    def test_devices(self):
        self.aws.control.gateway(devices=["f" * 64])
        self.assert_row("DEVICE_VERIFICATION_FAILED", profile="ledger-prod", device_id=DEVICE)
        self.aws.control.gateway(devices=[DEVICE])
        self.assertEqual(200, self.ask(profile="ledger-prod", device_id=DEVICE)[0])
        self.assertEqual([DEVICE] * 2, [call["params"]["device_id"] for call in self.aws.calls("Vend")])

    def test_paths_and_discovery(self):
        self.assertIn("/x/y", self.assert_row("NOT_FOUND", "/x/y"))
        self.assert_row("METHOD_NOT_ALLOWED", "/profiles", method="POST")
        status, body = self.ask("/profiles/")
        self.assertIn({"name": "ledger-prod", "policy_path": "/sentinel/policies/ledger-prod"}, json.loads(body)["profiles"])
        self.assertEqual((200, "/sentinel/policies"), (status, json.loads(body)["root"]))
        self.aws.control.gateway(root=None)
        self.assert_row("NOT_IMPLEMENTED", "/profiles")

    def test_credentials_that_work(self):
        status, body = self.ask(profile="ledger-prod", duration="1800", device_id=DEVICE)
        issued = json.loads(body)
        self.assertEqual((200, {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}), (status, set(issued)))
        ends = time.mktime(time.strptime(issued["Expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        self.assertAlmostEqual(1800, ends - time.time(), delta=60)
        keys = issued["AccessKeyId"], issued["SecretAccessKey"], issued["Token"]
        arn = self.client("sts", keys=keys).get_caller_identity()["Arn"]
        self.assertRegex(arn, "assumed-role/ledger-prod/tvm-marta-[0-9a-f]{8}$")
        self.aws.control.gateway(cap=900)
        self.ask(profile="ledger-prod", duration="1800")
        self.assertAlmostEqual(900, self.aws.log()[-1]["expires"] - time.time(), delta=60)
        self.assertEqual(200, self.ask(profile="ledger-prod", keys=keys, method="POST")[0])

    def test_every_row_on_demand(self):
        for code, (status, text) in tvm_gateway.ROWS.items():
            self.aws.control.fault("error", action="Vend", code=code)
            self.assertEqual(text, self.assert_row(code, profile="ledger-prod"))
            self.aws.control.fault("error", action="Vend", code=code, message="another text", status=418)
            self.assertEqual(418, self.ask(profile="ledger-prod")[0])
        self.aws.control.fault("error", code="Throttled")
        self.assert_gateway_refuses("Throttling", profile="ledger-prod", status=429, text="Too Many Requests")

    def test_bearer_tokens(self):
        def ask(token):
            return self.ask(profile="ledger-prod", sign=False, headers={"Authorization": token})

        self.assertEqual(401, ask("Bearer one")[0])
        self.aws.control.gateway(bearer={"one": user_arn("marta")})
        self.assertEqual([401, 401, 403, 200], [ask(token)[0] for token in ("Bearer two", "Bearer ", "one", "Bearer one")])
        self.assertEqual(user_arn("marta"), self.aws.log()[-1]["principal"])
        self.assertIn("one", self.aws.secrets())
        self.aws.control.gateway(bearer={"two": user_arn("marta")})   # rotated
        self.assertEqual([401, 200], [ask(token)[0] for token in ("Bearer one", "Bearer two")])

    def test_published_without_authorisation(self):
        self.aws.control.gateway(iam=False)
        self.assert_row("IAM_AUTH_REQUIRED", profile="ledger-prod", sign=False)
        with self.assertRaises(ValueError):
            self.aws.control.gateway(nonsense=1)

    def test_answers_that_cannot_be_used(self):
        self.aws.control.fault("edit", drop=["Token"], set={"Expiration": "soon"})
        issued = json.loads(self.ask(profile="ledger-prod")[1])
        self.assertEqual(("soon", None), (issued["Expiration"], issued.get("Token")))
        self.aws.control.fault("lifetime", seconds=-60)
        issued = json.loads(self.ask(profile="ledger-prod")[1])
        self.assertLess(issued["Expiration"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        self.aws.control.fault("truncate")
        with self.assertRaises(ValueError):   # botocore's transport does not count bytes
            json.loads(self.ask(profile="ledger-prod")[1])
        self.aws.control.fault("drop_before")
        with self.assertRaises(HTTPClientError):
            self.ask(profile="ledger-prod")
        self.aws.control.fault("huge", size=3 << 20)
        self.assertEqual(3 << 20, len(self.ask(profile="ledger-prod")[1]))


class TlsGatewayTest(GatewayTest):
    tls = True


if __name__ == "__main__":
    unittest.main()
