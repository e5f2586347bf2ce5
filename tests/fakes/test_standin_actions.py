#!/usr/bin/python3
"""STS and SSM as boto3 sees them: each rule refuses under the code that clients parse, over http and TLS."""
import json
import os
import sys
import time
import unittest

import botocore.exceptions

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from standin_case import IDENTITY, SOURCE, Case, Signed  # noqa: E402
from standin_client import POLICY_PARAMETER, key_id_of, role_arn, secret_of, user_arn  # noqa: E402


class StsTest(Case):
    def test_identity(self):
        self.assertEqual("arn:aws:iam::111122223333:user/marta", self.client("sts").get_caller_identity()["Arn"])
        self.assertEqual("arn:aws:iam::111122223333:root", self.client("sts", "root").get_caller_identity()["Arn"])
        arn = self.client("sts", keys=self.session()).get_caller_identity()["Arn"]
        self.assertEqual("arn:aws:sts::111122223333:assumed-role/ledger-prod/desk", arn)

    def test_assume_role_is_recorded(self):
        answer = self.assume(SourceIdentity=SOURCE, DurationSeconds=900, Tags=[{"Key": "team", "Value": "ledger"}],
                             Policy='{"Version":"2012-10-17","Statement":[]}',
                             PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])
        self.assertEqual(SOURCE, answer["SourceIdentity"])
        self.assertAlmostEqual(900, answer["Credentials"]["Expiration"].timestamp() - time.time(), delta=60)
        entry, = self.aws.calls("AssumeRole", "ok", SourceIdentity=SOURCE)
        self.assertEqual(answer["Credentials"]["AccessKeyId"], entry["issued"])
        self.assertEqual({"team": "ledger"}, entry["tags"])
        self.assertIn(answer["Credentials"]["SecretAccessKey"], self.aws.secrets())

    def test_a_session_policy_is_obeyed(self):
        def deny(operator, key, value):
            return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}

        def code_under(*statements, **more):
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            keys = self.assume(Policy=document, **more)["Credentials"]
            ssm = self.client("ssm", keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
            try:
                ssm.get_parameter(Name=POLICY_PARAMETER)
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
            return "ok"

        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        hour = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        denied = "AccessDeniedException"
        self.assertEqual(denied, code_under(allow, deny("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z")))
        self.assertEqual("ok", code_under(allow, deny("DateGreaterThan", "aws:CurrentTime", hour)))
        self.assertEqual(denied, code_under(allow, deny("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24"])))
        self.assertEqual("ok", code_under(allow, deny("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24", "127.0.0.0/8"])))
        self.assertEqual(denied, code_under(allow, deny("StringNotEquals", "aws:SourceVpc", ["vpc-0abc1234"])))
        self.assertEqual(denied, code_under({**allow, "Action": "s3:*"}))
        self.assertEqual(denied, code_under(deny("DateGreaterThan", "aws:CurrentTime", hour)), "nothing was allowed")
        self.assertEqual("ok", code_under(deny("DateGreaterThan", "aws:CurrentTime", hour),
                                          PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]))

    def test_durations(self):
        for role, seconds in (("ledger-prod", 899), ("ledger-prod", 43201), ("ledger-short", 3601)):
            self.assert_code("ValidationError", self.assume, role, DurationSeconds=seconds)
        self.assume("ledger-prod", DurationSeconds=43200)

    def test_names(self):
        for name in ("a", "a b", "ä" * 3, "sentinel:marta:direct:0123abcd", "x" * 65):
            self.assert_code("ValidationError", self.assume, RoleSessionName=name)
            self.assert_code("ValidationError", self.assume, SourceIdentity=name)
        self.assert_code("ValidationError", self.assume, SourceIdentity="aws:me")
        self.assume(RoleSessionName="a_+=,.@-Z", SourceIdentity="x" * 64)

    def test_who_may_assume(self):
        self.assert_code("AccessDenied", self.assume, "ledger-denied")
        self.assert_code("AccessDenied", self.assume, "ledger-stranger")
        self.assert_code("AccessDenied", self.assume, "ledger-chained")
        self.assert_code("AccessDenied", self.assume, "no-such-role")
        self.aws.control.put_role(name="anybody", trust=["arn:aws:iam::111122223333:root"])
        self.assume("anybody")
        self.assert_code("AccessDenied", self.assume, "anybody", (key_id_of("root"), secret_of("root"), None))

    def test_external_id(self):
        self.assert_code("AccessDenied", self.assume, "ledger-external")
        self.assert_code("AccessDenied", self.assume, "ledger-external", ExternalId="invoice-78")
        self.assert_code("ValidationError", self.assume, "ledger-external", ExternalId="invoice 77")
        self.assume("ledger-external", ExternalId="invoice-77")

    def test_source_identity_stays_along_a_chain(self):
        keys = self.session(SourceIdentity=SOURCE)
        self.assert_code("AccessDenied", self.assume, "ledger-chained", keys, SourceIdentity="other")
        self.assertEqual(SOURCE, self.assume("ledger-chained", keys)["SourceIdentity"])
        self.assertEqual(SOURCE, self.assume("ledger-chained", keys, SourceIdentity=SOURCE)["SourceIdentity"])
        self.assert_code("AccessDenied", self.assume, "ledger-no-source-identity", SourceIdentity=SOURCE)

    # As AWS does: what a session brings along must be allowed by each role behind it, whoever sets it anew or not.
    def test_a_role_must_allow_the_source_identity_that_a_session_brings_along(self):
        self.aws.control.put_role(name="nameless", trust=[role_arn("ledger-prod")], source_identity=False)
        named, nameless = self.session(SourceIdentity=SOURCE), self.session()
        self.assert_code("AccessDenied", self.assume, "nameless", named)
        self.assertNotIn("SourceIdentity", self.assume("nameless", nameless))

    def test_a_denial_names_the_action_and_a_policy_that_forbids_it(self):
        self.aws.control.put_role(name="forbids", trust=[user_arn("marta")], source_identity="denied")
        for role, end in (("ledger-no-source-identity", ""), ("forbids", " with an explicit deny in a resource-based policy")):
            with self.assertRaises(botocore.exceptions.ClientError) as told:
                self.assume(role, SourceIdentity=SOURCE)
            self.assertEqual(f"User: {user_arn('marta')} is not authorized to perform: sts:SetSourceIdentity on resource: "
                             f"{role_arn(role)}{end}", told.exception.response["Error"]["Message"])

    def test_a_chain_lasts_an_hour(self):
        keys = self.session()
        self.assert_code("ValidationError", self.assume, "ledger-chained", keys, DurationSeconds=3601)
        self.assume("ledger-chained", keys, DurationSeconds=3600)

    def test_session_policies(self):
        self.assert_code("MalformedPolicyDocument", self.assume, Policy="{not json")
        arns = [{"arn": f"arn:aws:iam::aws:policy/{'x' * 250}{i}"} for i in range(10)]
        self.assert_code("PackedPolicyTooLarge", self.assume, PolicyArns=arns)

    def test_tags(self):
        twice = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
        self.assert_code("InvalidParameterValue", self.assume, Tags=twice)
        keys = self.session(Tags=[{"Key": "team", "Value": "a"}], TransitiveTagKeys=["team"])
        self.assert_code("InvalidParameterValue", self.assume, "ledger-chained", keys, Tags=twice[1:])

    def test_session_token(self):
        sts, root = self.client("sts"), self.client("sts", "root")
        issued = sts.get_session_token(DurationSeconds=129600)["Credentials"]
        keys = issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
        for call, seconds in ((sts, 899), (sts, 129601), (root, 3601)):
            self.assert_code("ValidationError", call.get_session_token, DurationSeconds=seconds)
        self.assertAlmostEqual(3600, root.get_session_token()["Credentials"]["Expiration"].timestamp() - time.time(),
                               delta=60)
        for session in (keys, self.session()):
            self.assert_code("AccessDenied", self.client("sts", keys=session).get_session_token)
        self.assume("ledger-prod", keys, DurationSeconds=43200)   # from a user's session it is no chain

    def test_keys_end(self):
        keys = self.session()
        self.aws.control.expire_key(id=keys[0])
        self.assert_code("ExpiredToken", self.client("sts", keys=keys).get_caller_identity)
        self.assert_code("ExpiredTokenException", self.client("ssm", keys=keys).get_parameter, Name="/x")
        self.aws.control.revoke_key(id=keys[0])
        self.assert_code("InvalidClientTokenId", self.client("sts", keys=keys).get_caller_identity)
        self.assert_code("UnrecognizedClientException", self.client("ssm", keys=keys).get_parameter, Name="/x")

    def test_unknown_action_and_missing_parameter(self):
        request = Signed(self.aws, b"Action=DecodeAuthorizationMessage&Version=2011-06-15")
        self.assertIn("InvalidAction", request.send()[1])
        self.assertIn("ValidationError", Signed(self.aws, b"Action=AssumeRole&Version=2011-06-15").send()[1])
        self.assertIn("MalformedQueryString", Signed(self.aws, IDENTITY + b"&Action=AssumeRole").send()[1])

    def test_errors_carry_a_request_id(self):
        answer = self.assert_code("AccessDenied", self.assume, "ledger-denied")
        self.assertRegex(answer["ResponseMetadata"]["RequestId"], "^[0-9a-f-]{36}$")
        self.assertIn("user/marta is not authorized to perform: sts:AssumeRole", answer["Error"]["Message"])


class SsmTest(Case):
    def test_parameter_is_read_with_its_policy(self):
        parameter = self.client("ssm").get_parameter(Name=POLICY_PARAMETER, WithDecryption=True)["Parameter"]
        self.assertIn("ledger-prod", parameter["Value"])
        self.assertIs(True, self.aws.calls("GetParameter")[0]["params"]["WithDecryption"])

    def test_secure_string_needs_decryption(self):
        ssm = self.client("ssm")
        read = [ssm.get_parameter(Name="/sentinel/policies/secret", WithDecryption=how)["Parameter"]
                for how in (True, False)]
        self.assertIn("ledger-prod", read[0]["Value"])
        self.assertNotIn("ledger-prod", read[1]["Value"])

    def test_refusals(self):
        ssm = self.client("ssm")
        self.assert_code("ParameterNotFound", ssm.get_parameter, Name="/absent")
        self.assert_code("AccessDeniedException", ssm.get_parameter, Name="/sentinel/policies/denied")
        answer = self.assert_code("AccessDeniedException", ssm.get_parameter, Name="/sentinel/policies/locked",
                                  WithDecryption=True)
        self.assertIn("customer master key", answer["Error"]["Message"])
        self.assert_code("ValidationException", ssm.get_parameter, Name="/bad name")

    def test_user_on_a_deny_list(self):
        self.aws.control.put_user(name="mallory", deny=["ssm:GetParameter"])
        self.assert_code("AccessDeniedException", self.client("ssm", "mallory").get_parameter, Name=POLICY_PARAMETER)

    def test_put_parameter(self):
        ssm = self.client("ssm")
        self.assertEqual(1, ssm.put_parameter(Name="/new", Value="a", Type="String")["Version"])
        self.assert_code("ParameterAlreadyExists", ssm.put_parameter, Name="/new", Value="b", Type="String")
        self.assertEqual(2, ssm.put_parameter(Name="/new", Value="b", Type="String", Overwrite=True)["Version"])
        self.assert_code("ValidationException", ssm.put_parameter, Name="/long", Value="x" * 4097, Type="String")
        self.aws.control.put_parameter(name="/new", value="c")
        self.assertEqual("c", ssm.get_parameter(Name="/new")["Parameter"]["Value"])


class TlsStsTest(StsTest):
    tls = True


class TlsSsmTest(SsmTest):
    tls = True


if __name__ == "__main__":
    unittest.main()
