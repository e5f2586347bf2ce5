#!/usr/bin/python3
"""STS's one-time codes and web identities as botocore sees them, and the faults that any service's answer may have."""
import http.client
import json
import os
import shlex
import subprocess
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boto3  # noqa: E402
import botocore  # noqa: E402
import botocore.parsers  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.credentials import AssumeRoleWithWebIdentityCredentialFetcher, ProcessProvider  # noqa: E402

from mfa_device import code_at, seed_of  # noqa: E402
from standin_case import Case  # noqa: E402
from standin_client import POLICY_PARAMETER, REGION, mfa_serial, role_arn  # noqa: E402

SERIAL = mfa_serial("marta")


class MfaTest(Case):
    def setUp(self):
        super().setUp()
        self.aws.control.put_user(name="marta", mfa=[{"serial": SERIAL, "window": 20}])   # codes for every test
        self.sts = self.client("sts")

    def code(self):
        return self.aws.mfa_code()

    def session_keys(self, **parameters):
        issued = self.sts.get_session_token(**parameters)["Credentials"]
        return issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]

    def test_a_code_counts_once(self):
        code = self.code()
        self.session_keys(SerialNumber=SERIAL, TokenCode=code)
        answer = self.assert_code("AccessDenied", self.sts.get_session_token, SerialNumber=SERIAL, TokenCode=code)
        self.assertIn("MultiFactorAuthentication failed", answer["Error"]["Message"])

    def test_wrong_halves_and_strangers(self):
        for members in ({"SerialNumber": SERIAL}, {"TokenCode": "123456"},
                        {"SerialNumber": mfa_serial("otto"), "TokenCode": "123456"}):
            self.assert_code("AccessDenied", self.sts.get_session_token, **members)
        otto = self.client("sts", "otto")
        self.assert_code("AccessDenied", otto.get_session_token, SerialNumber=SERIAL, TokenCode=self.code())
        for code in ("12345", "1234567", "12345a"):
            self.assert_code("ValidationError", self.sts.get_session_token, SerialNumber=SERIAL, TokenCode=code)

    def test_a_code_of_another_time_is_wrong_and_one_worked_out_from_the_seed_is_right(self):
        seed, now = seed_of(SERIAL), time.time()
        self.assert_code("AccessDenied", self.sts.get_session_token, SerialNumber=SERIAL, TokenCode=code_at(seed, now - 3600))
        self.aws.control.clock(offset=800)
        self.assert_code("AccessDenied", self.assume, "ledger-prod", SerialNumber=SERIAL, TokenCode=code_at(seed, now))
        self.aws.control.clock(offset=0)
        self.session_keys(SerialNumber=SERIAL, TokenCode=code_at(seed, now))

    def test_the_codes_are_those_of_rfc_6238(self):
        for moment, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
            self.assertEqual(code, code_at(b"12345678901234567890", moment))

    def test_a_role_that_demands_mfa(self):
        self.assert_code("AccessDenied", self.assume, "ledger-mfa")
        self.assert_code("AccessDenied", self.assume, "ledger-mfa", self.session_keys())
        self.assert_code("AccessDenied", self.assume, "ledger-mfa", SerialNumber=SERIAL, TokenCode="000000")
        self.assume("ledger-mfa", SerialNumber=SERIAL, TokenCode=self.code())
        keys = self.session_keys(SerialNumber=SERIAL, TokenCode=self.code())
        self.assume("ledger-mfa", keys)
        self.assume("ledger-mfa", keys, DurationSeconds=43200)   # the session carries it on, and is no chain
        self.assertEqual([True] * 3, [entry["mfa"] for entry in self.aws.calls("AssumeRole", "ok")])

    def test_temporary_keys_show_no_codes(self):
        keys = self.session_keys()
        self.assert_code("AccessDenied", self.assume, "ledger-prod", keys, SerialNumber=SERIAL, TokenCode=self.code())
        self.assert_code("AccessDenied", self.client("sts", keys=keys).get_session_token, SerialNumber=SERIAL,
                         TokenCode=self.code())

    def test_a_session_of_a_role_does_not_carry_mfa_on(self):
        self.aws.control.put_role(name="ledger-mfa-next", trust=[role_arn("ledger-mfa")], mfa=True)
        keys = self.session("ledger-mfa", SerialNumber=SERIAL, TokenCode=self.code())
        self.assert_code("AccessDenied", self.assume, "ledger-mfa-next", keys)

    def test_botocore_asks_for_a_code_and_gets_its_role(self):
        fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
            lambda *_, **__: self.sts, botocore.credentials.Credentials("unused", "unused"), role_arn("ledger-mfa"),
            extra_args={"SerialNumber": SERIAL}, mfa_prompter=lambda _: self.code())
        self.assertTrue(fetcher.fetch_credentials()["access_key"].startswith("ASIA"))

    def test_a_process_prints_a_code(self):
        printed = subprocess.run(shlex.split(self.aws.mfa_process()), capture_output=True, text=True, check=True).stdout
        self.session_keys(SerialNumber=SERIAL, TokenCode=printed.strip())

    def test_what_a_credential_process_prints(self):
        answer = json.loads(self.aws.process_answer("desk-task", 900, SessionToken="x", Expiration=None))
        self.assertEqual(({"Version", "AccessKeyId", "SecretAccessKey", "SessionToken"}, "x"), (set(answer), answer["SessionToken"]))
        command = shlex.join(["echo", self.aws.process_answer("desk-task", 900)])
        found = ProcessProvider("p", lambda: {"profiles": {"p": {"credential_process": command}}}).load()
        keys = found.get_frozen_credentials()
        self.assume("ledger-ci", keys=(keys.access_key, keys.secret_key, keys.token))

    def test_tags_are_recorded_with_those_that_go_on(self):
        keys = self.session(Tags=[{"Key": "team", "Value": "a"}, {"Key": "desk", "Value": "4"}], TransitiveTagKeys=["team"])
        self.assume("ledger-chained", keys, Tags=[{"Key": "desk", "Value": "5"}])
        first, second = self.aws.calls("AssumeRole", "ok")
        self.assertEqual(({"team": "a", "desk": "4"}, {"team": "a"}), (first["tags"], first["transitive_tags"]))
        self.assertEqual(({"desk": "5"}, {"team": "a"}), (second["tags"], second["transitive_tags"]))


class TlsMfaTest(MfaTest):
    tls = True


class WebIdentityTest(Case):
    def setUp(self):
        super().setUp()
        config = Config(signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1}, proxies={},
                        parameter_validation=False)
        self.sts = boto3.Session().client("sts", REGION, endpoint_url=self.aws.url, verify=self.aws.ca_file, config=config)
        self.addCleanup(self.sts.close)

    def web(self, token, role="ledger-web", **parameters):
        parameters.setdefault("RoleSessionName", "pod")
        return self.sts.assume_role_with_web_identity(RoleArn=role_arn(role), WebIdentityToken=token, **parameters)

    def test_what_the_world_does_not_know_is_invalid(self):
        token = self.aws.control.web_token()
        self.aws.control.forget_web_token(token=token)
        for bad in (token, "a.b.c", "not-a-jwt", token[:-1], token + "\n"):
            self.assert_code("InvalidIdentityToken", self.web, bad)
        self.assert_code("ValidationError", self.web, "abc")
        self.assert_code("ValidationError", self.web, "a" * 20001)

    def test_expiry_goes_by_the_clock(self):
        token = self.aws.control.web_token(lifetime=600)
        self.web(token)
        self.aws.control.clock(offset=601)
        self.assert_code("ExpiredTokenException", self.web, token)

    def test_audience_issuer_and_subject(self):
        mint = self.aws.control.web_token
        self.assert_code("InvalidIdentityToken", self.web, mint(audience="somebody-else"))
        self.assert_code("AccessDenied", self.web, mint(issuer="https://elsewhere.test"))
        self.assert_code("AccessDenied", self.web, mint(subject="system:serviceaccount:other:api"))
        self.assert_code("AccessDenied", self.web, mint(), role="ledger-prod")
        self.assert_code("AccessDenied", self.web, mint(), role="no-such-role")

    def test_terms_are_kept(self):
        token = self.aws.control.web_token(source_identity="marta")
        self.assert_code("ValidationError", self.web, token, DurationSeconds=899)
        self.assert_code("MalformedPolicyDocument", self.web, token, Policy="{")
        answer = self.web(token, DurationSeconds=900, Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}))
        self.assertEqual(("marta", "sts.amazonaws.com"), (answer["SourceIdentity"], answer["Audience"]))
        issued = answer["Credentials"]
        self.assertAlmostEqual(900, issued["Expiration"].timestamp() - time.time(), delta=60)
        keys = issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
        self.assertIn("assumed-role/ledger-web/pod", self.client("sts", keys=keys).get_caller_identity()["Arn"])
        self.assert_code("AccessDeniedException", self.client("ssm", keys=keys).get_parameter, Name=POLICY_PARAMETER)
        self.assertEqual([False], [entry["signed"] for entry in self.aws.calls("AssumeRoleWithWebIdentity", "ok")])
        self.assertIn(token, self.aws.secrets())

    def test_the_provider_cannot_be_reached(self):
        self.aws.control.fault("error", action="AssumeRoleWithWebIdentity", code="IDPCommunicationError")
        token = self.aws.control.web_token()
        self.assert_code("IDPCommunicationError", self.web, token)
        self.web(token)

    def test_botocore_turns_a_token_into_credentials(self):
        token = self.aws.control.web_token()
        fetcher = AssumeRoleWithWebIdentityCredentialFetcher(lambda *_, **__: self.sts, lambda: token, role_arn("ledger-web"),
                                                             extra_args={"RoleSessionName": "pod"})
        self.assertTrue(fetcher.fetch_credentials()["access_key"].startswith("ASIA"))


class TlsWebIdentityTest(WebIdentityTest):
    tls = True


class AnswerFaultTest(Case):
    def test_an_endless_answer_ends_with_the_client_s_patience(self):
        self.aws.control.fault("endless", bytes="<x>")
        url = urllib.parse.urlsplit(self.aws.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        token = self.aws.control.web_token()
        connection.request("POST", "/", urllib.parse.urlencode(
            {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "WebIdentityToken": token}),
            {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        self.assertIsNone(answer.getheader("Content-Length"))
        self.assertEqual((b"<x>" * (1 << 20))[:3 << 20], answer.read(3 << 20))
        answer.close()
        connection.close()
        self.client("sts").get_caller_identity()   # it holds up nobody else

    def test_padding_and_edits(self):
        self.aws.control.fault("padded", size=100_000)
        self.client("sts").get_caller_identity()   # botocore reads on, a client with a cap must not
        self.aws.control.fault("edit", drop=["Version"], set={"Value": 7})
        parameter = self.client("ssm").get_parameter(Name=POLICY_PARAMETER)["Parameter"]
        self.assertEqual((None, 7, POLICY_PARAMETER), (parameter.get("Version"), parameter["Value"], parameter["Name"]))


if __name__ == "__main__":
    unittest.main()
