"""The token cache of IAM Identity Center is one with the AWS CLI's: what botocore's own classes write the broker reads,
and what the broker writes they read, renew and sign in from.

Runs with the botocore of the AWS CLI (which signs in); once more under another Python with a newer one, where there is one.
"""
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
import other_python

if other_python.UNDER_ANOTHER not in os.environ:
    sys.path.insert(0, "/usr/lib/python3/dist-packages/awscli")   # the CLI of Debian brings its own botocore

try:
    from botocore import UNSIGNED, tokens, utils
except ImportError as error:
    raise unittest.SkipTest(f"no botocore: {error}") from None

BUILD = os.environ.get("SENTINEL_BUILD", os.path.join(HERE, "..", "..", "build", "dev"))
PRINT = os.path.join(BUILD, "tests", "print_sso_cache")
START_URL = "https://ledger.awsapps.com/start"
REGION = "eu-central-1"
SCOPES = ["sso:account:access"]
SIGNS_IN = hasattr(utils, "SSOTokenFetcher")
UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 1, 27, 10, 0, 0, tzinfo=UTC)


class Oidc:
    """OIDC as botocore's client shows it, approving everything at once."""

    class exceptions:
        class SlowDownException(Exception):
            pass

        class AuthorizationPendingException(Exception):
            pass

        class ExpiredTokenException(Exception):
            pass

    def __init__(self):
        self.asked = []

    def register_client(self, **members):
        self.asked.append(members)
        return {"clientId": "client-1", "clientSecret": "hidden-1", "clientSecretExpiresAt": int(NOW.timestamp()) + 90 * 86400}

    def start_device_authorization(self, **members):
        return {"deviceCode": "device-1", "userCode": "BCDF-GHJK", "verificationUri": "https://device.example.com/",
                "verificationUriComplete": "https://device.example.com/?user_code=BCDF-GHJK", "expiresIn": 600, "interval": 5}

    def create_token(self, **members):
        self.asked.append(members)
        return {"accessToken": "access-2", "expiresIn": 28800, "refreshToken": "again-2"}


class Session:
    """As much of botocore's session as a token provider asks for."""

    def __init__(self, oidc):
        self.oidc = oidc
        self.full_config = {
            "profiles": {"dev": {"sso_session": "ledger"}},
            "sso_sessions": {"ledger": {"sso_start_url": START_URL, "sso_region": REGION}}}

    def get_config_variable(self, name):
        return "dev" if name == "profile" else None

    def create_client(self, service, config):
        assert service == "sso-oidc" and config.signature_version is UNSIGNED
        return self.oidc


class SsoCache(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sso-cache-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.oidc = Oidc()

    def cache(self):
        return utils.JSONFileCache(self.folder, dumps_func=tokens._sso_json_dumps)

    def ours(self, *arguments):
        done = subprocess.run([PRINT, *arguments], capture_output=True, text=True)
        self.assertEqual("", done.stderr)
        return done.returncode, done.stdout.rstrip("\n")

    def file(self, name):
        return os.path.join(self.folder, name + ".json")

    def names(self, session, start_url=START_URL, region=REGION, scopes=()):
        code, out = self.ours("names", session or "", start_url, region, *scopes)
        self.assertEqual(0, code)
        return out.split()

    def fetcher(self, **more):
        return utils.SSOTokenFetcher(REGION, lambda service, config: self.oidc, cache=self.cache(),
                                     time_fetcher=lambda: NOW, sleep=lambda seconds: None, **more)

    def sign_in(self, session="ledger"):
        """As the AWS CLI does it; a botocore without a CLI has only what reads and renews."""
        if not SIGNS_IN:
            token = {"startUrl": START_URL, "region": REGION, "accessToken": "access-2", "expiresAt": NOW + datetime.timedelta(hours=8),
                     "clientId": "client-1", "clientSecret": "hidden-1", "registrationExpiresAt": NOW + datetime.timedelta(days=90),
                     "refreshToken": "again-2"}
            utils.SSOTokenLoader(self.cache()).save_token(START_URL, token, session_name=session)
            return token
        return self.fetcher().fetch_token(START_URL, registration_scopes=SCOPES if session else None, session_name=session)

    def provider(self, now):
        return tokens.SSOTokenProvider(Session(self.oidc), cache=self.cache(), time_fetcher=lambda: now)

    # What the broker must not believe, botocore wrote or not.

    def test_half_a_file_is_refused(self):
        self.sign_in()
        token = self.file(self.names("ledger")[0])
        with open(token) as file:
            text = file.read()
        for cut in range(0, len(text), 7):
            with open(token, "w") as file:
                file.write(text[:cut])
            code, out = self.ours("token", token)
            self.assertEqual((1, "refused"), (code, out.split(":")[0]), text[:cut])

    # botocore writes, the broker reads.

    @unittest.skipUnless(SIGNS_IN, "this botocore signs nobody in")
    def test_files_have_botocore_s_names(self):
        fetcher = self.fetcher()
        for session, url, scopes in (("ledger", START_URL, SCOPES), (None, START_URL, None), ("a b&c", START_URL + "/#/", SCOPES * 2),
                                     ('quo"te\\', START_URL, SCOPES), (None, "https://d-0123456789.awsapps.com/start?a=<b>", None)):
            expected = [fetcher._token_cache_key(url, session), fetcher._registration_cache_key(url, session, scopes)]
            self.assertEqual(expected, self.names(session, url, scopes=scopes or ()))

    def test_a_sign_in_of_botocore_s_is_read(self):
        for session in ("ledger", None):
            written = self.sign_in(session)
            token, registration = (self.file(name) for name in self.names(session, scopes=SCOPES if session else ()))
            code, out = self.ours("token", token)
            self.assertEqual(0, code, out)
            with open(token) as file:
                self.assertEqual(json.load(file), json.loads(out))   # every member, and none added
            self.assertEqual(written["accessToken"], json.loads(out)["accessToken"])
            if SIGNS_IN and session:
                code, out = self.ours("registration", registration)
                self.assertEqual(0, code, out)
                with open(registration) as file:
                    self.assertEqual(json.load(file), json.loads(out))

    def test_a_cache_with_python_s_own_times_is_read(self):
        cache = utils.JSONFileCache(self.folder)   # as SDKs for Python before 2022 wrote it: ...UTC
        cache["token"] = {"accessToken": "access-1", "expiresAt": NOW, "startUrl": START_URL}
        code, out = self.ours("token", self.file("token"))
        self.assertEqual((0, "2026-01-27T10:00:00Z"), (code, json.loads(out)["expiresAt"]))

    # The broker writes, botocore reads.

    def test_what_the_broker_writes_botocore_loads_and_renews(self):
        self.sign_in()
        token = self.file(self.names("ledger")[0])
        with open(token) as file:
            before = json.load(file)
        with open(token, "a") as file:
            file.write(" " * 3000)   # what was there may have been longer
        self.assertEqual((0, ""), self.ours("rewrite", token))
        with open(token) as file:
            self.assertGreater(len(file.read()), 3000)
        self.assertEqual(before, utils.SSOTokenLoader(self.cache())(START_URL, session_name="ledger"))
        self.assertEqual("access-2", self.provider(NOW).load_token().get_frozen_token().token)
        self.oidc.asked.clear()
        late = self.provider(NOW + datetime.timedelta(hours=7, minutes=50))
        late.load_token().get_frozen_token()
        self.assertEqual([("refresh_token", "again-2", "hidden-1")],
                         [(one["grantType"], one["refreshToken"], one["clientSecret"]) for one in self.oidc.asked])

    @unittest.skipUnless(SIGNS_IN, "this botocore signs nobody in")
    def test_a_registration_that_the_broker_wrote_is_used(self):
        self.sign_in()
        token, registration = (self.file(name) for name in self.names("ledger", scopes=SCOPES))
        os.unlink(token)
        code, out = self.ours("registration", registration)
        self.assertEqual(0, code, out)
        with open(registration, "w") as file:
            file.write(out)
        self.oidc.asked.clear()
        self.sign_in()
        self.assertFalse([one for one in self.oidc.asked if "clientName" in one], "it registered once more")


class OtherPython(unittest.TestCase):
    def test_the_same_with_the_botocore_of_the_other_python(self):
        other_python.run_again(self, __file__)


if __name__ == "__main__":
    unittest.main()
