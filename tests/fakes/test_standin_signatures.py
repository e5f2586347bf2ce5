#!/usr/bin/python3
"""Every check around and in a signature refuses a request that fails it. Run with /usr/bin/python3."""
import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import sigv4_check  # noqa: E402
import wire  # noqa: E402
from standin_case import Case, Signed  # noqa: E402
from standin_client import REGION, key_id_of, role_arn, secret_of  # noqa: E402
from world import World  # noqa: E402

IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"


class SignatureTest(Case):
    def assert_refused(self, code, request, status=403):
        got, body = request.send()
        self.assertEqual((status, True), (got, f"<Code>{code}</Code>" in body or f'"{code}"' in body), body)
        entry = self.aws.log()[-1]
        self.assertEqual(("refused", code), (entry["outcome"], entry["code"]))

    def tampered(self, old, new, header="Authorization"):
        return Signed(self.aws).replace(header, old, new)

    def test_untouched_request_is_accepted(self):
        self.assertEqual(200, Signed(self.aws).send()[0])

    def test_no_authorization(self):
        self.assert_refused("MissingAuthenticationToken", Signed(self.aws).without("Authorization"))

    def test_authorization_of_another_kind(self):
        self.assert_refused("IncompleteSignature", self.tampered("AWS4-HMAC-SHA256", "Basic"))

    def test_authorization_without_signature(self):
        self.assert_refused("IncompleteSignature", self.tampered("Signature=", "Sig="))

    def test_two_authorizations(self):
        self.assert_refused("IncompleteSignature", Signed(self.aws).add("Authorization", "AWS4-HMAC-SHA256 x"))

    def test_body_changed(self):
        request = Signed(self.aws)
        request.body += b"&x=y"
        self.assert_refused("SignatureDoesNotMatch", request)

    def test_content_hash_that_is_not_the_body_s(self):
        request = Signed(self.aws, headers=[("X-Amz-Content-SHA256", hashlib.sha256(b"").hexdigest())])
        self.assert_refused("SignatureDoesNotMatch", request)

    def test_unsigned_payload(self):
        request = Signed(self.aws, headers=[("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")])
        self.assert_refused("SignatureDoesNotMatch", request)

    def test_path_changed(self):
        request = Signed(self.aws)
        request.path = "/?x"
        self.assert_refused("SignatureDoesNotMatch", request)

    def test_signed_header_changed(self):
        self.assert_refused("SignatureDoesNotMatch", self.tampered("urlencoded", "urlEncoded", "Content-Type"))

    def test_signed_header_removed(self):
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws).without("Content-Type"))

    def test_host_changed(self):
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws).replace("Host", "127.0.0.1", "localhost"))

    def test_host_not_signed(self):
        for name in ("host", "x-amz-date"):
            self.assert_refused("SignatureDoesNotMatch", Signed(self.aws, unsigned=[name]))

    def test_unsigned_amz_header(self):
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws).add("X-Amz-Thing", "1"))

    def test_signed_headers_out_of_order(self):
        request = self.tampered("content-type;host", "host;content-type")
        self.assert_refused("SignatureDoesNotMatch", request)

    def test_signed_headers_repeated(self):
        self.assert_refused("SignatureDoesNotMatch", self.tampered("host;", "host;host;"))

    def test_signature_changed(self):
        self.assert_refused("SignatureDoesNotMatch", self.tampered("Signature=", "Signature=0"))

    def test_other_service_in_scope(self):
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws, service="ssm", headers=[
            ("Content-Type", "application/x-www-form-urlencoded")]))

    def test_unknown_region(self):
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws, region="0"))

    def test_scope_date_is_not_the_timestamp_s(self):
        today = time.strftime("/%Y%m%d/", time.gmtime())
        self.assert_refused("SignatureDoesNotMatch", self.tampered(today, "/20200101/"))

    def test_scope_terminator(self):
        self.assert_refused("SignatureDoesNotMatch", self.tampered("aws4_request", "aws5_request"))

    def test_scope_too_short(self):
        self.assert_refused("IncompleteSignature", self.tampered("/aws4_request", ""))

    def test_no_date(self):
        self.assert_refused("IncompleteSignature", Signed(self.aws).without("X-Amz-Date"))

    def test_no_such_date(self):
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        request = Signed(self.aws).without("X-Amz-Date").add("X-Amz-Date", date[0:4] + "1399T000000Z")
        self.assert_refused("IncompleteSignature", request)

    def test_clock_sixteen_minutes_off_either_way(self):
        for offset in (960, -960):
            self.aws.control.clock(offset=offset)
            self.assert_refused("SignatureDoesNotMatch", Signed(self.aws))

    def test_clock_fourteen_minutes_off_is_accepted(self):
        for offset in (840, -840):
            self.aws.control.clock(offset=offset)
            self.assertEqual(200, Signed(self.aws).send()[0])

    def test_unknown_key(self):
        self.assert_refused("InvalidClientTokenId", Signed(self.aws, keys=("AKIA" + "A" * 16, "x", None)))

    def test_wrong_secret(self):
        keys = key_id_of("marta"), secret_of("otto"), None
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws, keys=keys))

    def test_token_on_a_long_term_key(self):
        keys = key_id_of("marta"), secret_of("marta"), "token"
        self.assert_refused("InvalidClientTokenId", Signed(self.aws, keys=keys))

    def test_session_key_without_or_with_another_token(self):
        key_id, secret, token = self.session()
        for wrong in (None, token[:-1], token + "A"):
            self.assert_refused("InvalidClientTokenId", Signed(self.aws, keys=(key_id, secret, wrong)))

    def test_session_token_not_signed(self):
        key_id, secret, token = self.session()
        request = Signed(self.aws, keys=(key_id, secret, None)).add("X-Amz-Security-Token", token)
        self.assert_refused("SignatureDoesNotMatch", request)

    def test_expired_session(self):
        keys = self.session()
        self.assertEqual(200, Signed(self.aws, keys=keys).send()[0])
        self.aws.control.expire_key(id=keys[0])
        self.assert_refused("ExpiredToken", Signed(self.aws, keys=keys))

    def test_a_fault_does_not_hide_a_wrong_signature(self):
        self.aws.control.fault("status")
        self.assert_refused("SignatureDoesNotMatch", Signed(self.aws, region="0"))
        self.assertEqual(500, Signed(self.aws).send()[0])

    def test_ssm_says_it_in_its_own_codes(self):
        headers, body = [("X-Amz-Target", "AmazonSSM.GetParameter")], b'{"Name":"/x"}'
        def request(**parameters):
            return Signed(self.aws, body, "ssm", headers=headers, **parameters)
        self.assert_refused("InvalidSignatureException", request(region="0"), 400)
        self.assert_refused("UnrecognizedClientException", request(keys=("AKIA" + "A" * 16, "x", None)), 400)
        self.assert_refused("MissingAuthenticationTokenException", request().without("Authorization"), 400)
        self.assert_refused("IncompleteSignatureException", request().without("X-Amz-Date"), 400)
        self.assert_refused("ParameterNotFound", request(), 400)

    def test_published_vector_is_accepted(self):
        """get-vanilla of AWS's test suite, with AWS's documented example key: nothing of it was signed here."""
        world = World({"regions": ["us-east-1"]})
        world.add_user({"name": "vector", "keys": [{"id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCY"
                                                                                   "EXAMPLEKEY"}]})
        world.clock_offset = 1440938160 - time.time()   # 2015-08-30T12:36:00Z
        headers = http.client.HTTPMessage()
        headers["Host"], headers["X-Amz-Date"] = "example.amazonaws.com", "20150830T123600Z"
        headers["Authorization"] = (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        url = "https://example.amazonaws.com/"
        key = sigv4_check.verify(world, "service", "GET", url, headers, b"", {})
        self.assertEqual("AKIDEXAMPLE", key.id)
        with self.assertRaises(wire.Refusal):
            sigv4_check.verify(world, "service", "GET", url, headers, b"x", {})


class OtherSignersTest(Case):
    """Signers that are not botocore's: else it would only be asked whether it agrees with itself."""

    def test_curl(self):
        answer = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--aws-sigv4", f"aws:amz:{REGION}:sts", "--user",
             f"{key_id_of('marta')}:{secret_of('marta')}", "--data", IDENTITY, self.aws.url + "/"],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("<Arn>arn:aws:iam::111122223333:user/marta</Arn>", answer)

    def test_debian_aws_under_the_written_profiles(self):
        if not os.path.exists("/usr/bin/aws"):
            self.skipTest("no /usr/bin/aws")
        with tempfile.TemporaryDirectory() as home:
            self.aws.write_profiles(home)
            for profile in ("ledger-prod", "ledger-external", "ledger-chained"):
                command = ["/usr/bin/aws", "--profile", "marta", "--endpoint-url", self.aws.url, "sts", "assume-role",
                           "--role-arn", role_arn(profile), "--role-session-name", "desk", "--external-id",
                           "invoice-77"]
                done = subprocess.run(command, env={"HOME": home, "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
                self.assertEqual(254 if profile == "ledger-chained" else 0, done.returncode, done.stderr)
            self.assertEqual(0o600, os.stat(os.path.join(home, ".aws/credentials")).st_mode & 0o777)


if __name__ == "__main__":
    unittest.main()
