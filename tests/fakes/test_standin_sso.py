#!/usr/bin/python3
"""Identity Center's stand-in: signing in as the AWS CLI's own code does it, refreshing and vending as botocore does."""
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boto3  # noqa: E402
import botocore  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.credentials import JSONFileCache, SSOCredentialFetcher, UnauthorizedSSOTokenError  # noqa: E402
from botocore.session import Session  # noqa: E402
from botocore.tokens import SSOTokenProvider  # noqa: E402
from botocore.utils import SSOTokenLoader  # noqa: E402

from identity_center import DEVICE_GRANT  # noqa: E402
from standin_case import Case  # noqa: E402
from standin_client import REGION, SSO_ACCOUNT, START_URL, sso_cache_file, sso_profiles  # noqa: E402

SCOPES = ["sso:account:access"]
# In a process of its own: the AWS CLI brings a botocore that takes the other's name.
SIGN_IN = """
import sys
import awscli.botocore.session
from awscli.customizations.sso.utils import do_sso_login
url, region, start_url, session_name = sys.argv[1:]
session = awscli.botocore.session.Session()
create = session.create_client
session.create_client = lambda name, **members: create(name, endpoint_url=url, **members)
do_sso_login(session, region, start_url, on_pending_authorization=lambda **told: print(told['userCode'], flush=True),
             registration_scopes=['sso:account:access'], session_name=session_name)
"""


class SsoTest(Case):
    def setUp(self):
        super().setUp()
        self.aws.control.sso(interval=0, approve_on_open=False, token_lifetime=28800)
        self.aws.control.sso_deny()   # what earlier tests left waiting
        self.oidc, self.portal = self.create("sso-oidc"), self.create("sso")

    def create(self, service, **_):
        config = Config(signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1}, proxies={})
        client = boto3.Session().client(service, REGION, endpoint_url=self.aws.url, verify=self.aws.ca_file, config=config)
        self.addCleanup(client.close)
        return client

    def client_pair(self, scopes=SCOPES):
        told = self.oidc.register_client(clientName="test", clientType="public", **({"scopes": scopes} if scopes else {}))
        return {"clientId": told["clientId"], "clientSecret": told["clientSecret"]}

    def device(self, pair):
        return self.oidc.start_device_authorization(startUrl=START_URL, **pair)

    def poll(self, pair, device):
        return self.oidc.create_token(grantType=DEVICE_GRANT, deviceCode=device["deviceCode"], **pair)

    def keys(self, token, role="LedgerRead", account=SSO_ACCOUNT):
        return self.portal.get_role_credentials(roleName=role, accountId=account, accessToken=token)


class OidcTest(SsoTest):
    def test_clients_are_known_or_not(self):
        self.assert_code("InvalidClientMetadataException", self.oidc.register_client, clientName="x", clientType="secret")
        pair = self.client_pair()
        device = self.device(pair)
        for wrong in ({**pair, "clientId": "other"}, {**pair, "clientSecret": "other"}):
            self.assert_code("InvalidClientException", self.device, wrong)
            self.assert_code("InvalidClientException", self.poll, wrong, device)
        self.assert_code("InvalidGrantException", self.poll, self.client_pair(), device)   # another's device code
        self.assert_code("InvalidRequestException", self.oidc.start_device_authorization, startUrl="https://x.test", **pair)
        self.assert_code("UnsupportedGrantTypeException", self.oidc.create_token, grantType="password", **pair)
        self.aws.control.clock(offset=90 * 86400 + 1)
        self.assert_code("InvalidClientException", self.device, pair)

    def test_pending_approved_spent(self):
        pair = self.client_pair()
        device = self.device(pair)
        answer = self.assert_code("AuthorizationPendingException", self.poll, pair, device)
        self.assertEqual("authorization_pending", answer["error"])
        self.assertEqual(1, self.aws.control.sso_approve(user_code=device["userCode"]))
        tokens = self.poll(pair, device)
        self.assertEqual((28800, "Bearer"), (tokens["expiresIn"], tokens["tokenType"]))
        self.assertIn(tokens["refreshToken"], self.aws.secrets())
        self.assert_code("InvalidGrantException", self.poll, pair, device)
        self.assertEqual(1, len(self.aws.calls("StartDeviceAuthorization", "ok")))

    def test_denied_and_expired(self):
        pair = self.client_pair()
        first, second = self.device(pair), self.device(pair)
        self.aws.control.sso_deny(user_code=first["userCode"])
        self.assert_code("AccessDeniedException", self.poll, pair, first)
        self.assert_code("AuthorizationPendingException", self.poll, pair, second)
        self.aws.control.clock(offset=second["expiresIn"] + 1)
        self.assert_code("ExpiredTokenException", self.poll, pair, second)

    def test_polling_too_fast(self):
        self.aws.control.sso(interval=600)
        pair = self.client_pair()
        device = self.device(pair)
        self.assertEqual(600, device["interval"])
        for code in ("AuthorizationPendingException", "AuthorizationPendingException", "SlowDownException", "SlowDownException"):
            self.assert_code(code, self.poll, pair, device)
        self.aws.control.sso(interval=0)
        self.assert_code("AuthorizationPendingException", self.poll, pair, device)

    def test_the_page_in_the_browser(self):
        pair = self.client_pair()
        device = self.device(pair)
        if not self.tls:
            page = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            self.assertIn(b"Confirm", page.open(device["verificationUriComplete"]).read())
            self.assert_code("AuthorizationPendingException", self.poll, pair, device)
            self.aws.control.sso(approve_on_open=True)
            page.open(device["verificationUriComplete"]).read()
            self.assertEqual(2, len(self.aws.calls("OpenDevicePage", user_code=device["userCode"])))
            self.poll(pair, device)
        self.assertTrue(device["verificationUriComplete"].startswith(self.aws.url + "/device?user_code="))

    def test_refresh_tokens_are_used_once(self):
        login = self.aws.control.sso_login()
        members = {"clientId": login["clientId"], "clientSecret": login["clientSecret"], "grantType": "refresh_token"}
        tokens = self.oidc.create_token(refreshToken=login["refreshToken"], **members)
        self.assert_code("InvalidGrantException", self.oidc.create_token, refreshToken=login["refreshToken"], **members)
        self.keys(self.oidc.create_token(refreshToken=tokens["refreshToken"], **members)["accessToken"])
        self.assertNotIn("refreshToken", self.aws.control.sso_login(scopes=[]))

    def test_faults(self):
        self.aws.control.fault("error", action="RegisterClient", code="Throttled")
        answer = self.assert_code("TooManyRequestsException", self.client_pair)
        self.assertEqual(429, answer["ResponseMetadata"]["HTTPStatusCode"])
        self.aws.control.fault("error", action="RegisterClient", code="InternalServerException")
        self.assert_code("InternalServerException", self.client_pair)
        self.aws.control.fault("edit", action="RegisterClient", drop=["clientSecret"])
        with self.assertRaises(KeyError):
            self.client_pair()


class TlsOidcTest(OidcTest):
    tls = True


class PortalTest(SsoTest):
    def test_who_may_have_which_role(self):
        token = self.aws.control.sso_login()["accessToken"]
        for wrong in ("other", token + "x", token[:-1]):
            self.assert_code("UnauthorizedException", self.keys, wrong)
        answer = self.assert_code("ForbiddenException", self.keys, token, role="LedgerOwner")
        self.assertEqual((403, "No access"), (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]))
        self.assert_code("ForbiddenException", self.keys, token, account="444455556666")
        issued = self.keys(token)["roleCredentials"]
        self.assertAlmostEqual(time.time() + 3600, issued["expiration"] / 1000, delta=60)
        keys = issued["accessKeyId"], issued["secretAccessKey"], issued["sessionToken"]
        self.assertRegex(self.client("sts", keys=keys).get_caller_identity()["Arn"],
                         "assumed-role/AWSReservedSSO_LedgerRead_0123456789abcdef/marta@ledger.test$")
        self.assume("ledger-ci", keys=keys)

    def test_tokens_end(self):
        token = self.aws.control.sso_login(lifetime=60)["accessToken"]
        self.keys(token)
        self.aws.control.clock(offset=61)
        self.assert_code("UnauthorizedException", self.keys, token)
        self.aws.control.clock(offset=0)
        self.aws.control.sso_forget_tokens()
        self.assert_code("UnauthorizedException", self.keys, token)

    def test_accounts_roles_and_logging_out(self):
        token = self.aws.control.sso_login()["accessToken"]
        self.assertEqual([SSO_ACCOUNT], [one["accountId"] for one in self.portal.list_accounts(accessToken=token)["accountList"]])
        roles = self.portal.list_account_roles(accessToken=token, accountId=SSO_ACCOUNT)["roleList"]
        self.assertEqual(["LedgerRead", "LedgerAdmin"], [one["roleName"] for one in roles])
        self.assert_code("ResourceNotFoundException", self.portal.list_account_roles, accessToken=token, accountId="4" * 12)
        self.portal.logout(accessToken=token)
        self.assert_code("UnauthorizedException", self.keys, token)

    def test_faults(self):
        token = self.aws.control.sso_login()["accessToken"]
        self.aws.control.fault("error", action="GetRoleCredentials", code="Throttled")
        self.assert_code("TooManyRequestsException", self.keys, token)
        self.aws.control.fault("edit", action="GetRoleCredentials", drop=["sessionToken"], set={"expiration": "soon"})
        with self.assertRaises(Exception):
            self.keys(token)["roleCredentials"]["sessionToken"]


class BotocoreTest(SsoTest):
    def test_the_cli_s_own_sign_in_leaves_a_token_that_works(self):
        with tempfile.TemporaryDirectory() as home:
            environment = {"PATH": os.environ["PATH"], "HOME": home, "AWS_CONFIG_FILE": "/dev/null"}
            command = [sys.executable, "-B", "-c", SIGN_IN, self.aws.url, REGION, START_URL, "ledger"]
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as signing_in:
                code = signing_in.stdout.readline().strip()
                self.assertEqual([code], [one["user_code"] for one in self.aws.control.sso_devices()
                                          if one["state"] == "pending"])
                self.assertEqual(1, self.aws.approve_login())
            self.assertEqual(0, signing_in.returncode)
            with open(sso_cache_file(home)) as file:
                token = json.load(file)
            self.keys(token["accessToken"])
            mine = self.aws.control.sso_login()
            self.assertEqual(set(token), set(mine))   # what write_sso_token leaves is what the CLI leaves

    def test_botocore_reads_what_an_earlier_sign_in_left(self):
        with tempfile.TemporaryDirectory() as home:
            token = self.aws.write_sso_token(home, START_URL)
            cache = JSONFileCache(os.path.join(home, ".aws", "sso", "cache"))
            found = self.credentials_by(SSOTokenLoader(cache))
            self.assertTrue(found["access_key"].startswith("ASIA"))
            self.aws.control.sso_forget_tokens()
            with self.assertRaises(UnauthorizedSSOTokenError):
                self.credentials_by(SSOTokenLoader(cache))
            with open(sso_cache_file(home, START_URL)) as file:
                self.assertEqual(token, json.load(file))

    def credentials_by(self, loader):
        return SSOCredentialFetcher(START_URL, REGION, "LedgerRead", SSO_ACCOUNT, self.create, loader).fetch_credentials()

    def test_botocore_refreshes_through_the_session_of_the_profile(self):
        with tempfile.TemporaryDirectory() as home:
            config = os.path.join(home, "config")
            with open(config, "w") as file:
                file.write(sso_profiles())
            self.aws.write_sso_token(home, lifetime=60)   # about to end
            session = Session(profile="sso-read")
            session.set_config_variable("config_file", config)
            session.create_client = self.create
            provider = SSOTokenProvider(session, JSONFileCache(
                os.path.join(home, ".aws", "sso", "cache"), dumps_func=lambda token: json.dumps(token, default=_utc)))
            token = provider.load_token().get_frozen_token().token
            self.assertEqual(1, len(self.aws.calls("CreateToken", "ok", grantType="refresh_token")))
            self.keys(token)
            with open(sso_cache_file(home)) as file:
                self.assertEqual(token, json.load(file)["accessToken"])


def _utc(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    unittest.main()
