#!/usr/bin/python3
"""`aws login` as the source of keys, whole runs: the file that the AWS tools and Sentinel share, its refresh token with the
proof of its key, and of many runs one that asks.

The stand-in judges each proof as RFC 9449 wants it (dpop_check.py): signature, method, URL, moment, that it is new, and that
the refresh token is bound to its key.
"""
import json
import os
import shutil
import subprocess
import unittest

from aws_case import Run
from source_case import AWS, SourceTest
from standin_client import login_cache_file, role_arn, user_arn

SESSION = user_arn("marta")
IDENTITY = (AWS, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")


class LoginTest(SourceTest):
    word = "login"

    def setUp(self):
        super().setUp()
        self.home = self.user.home
        self.place = self.add_profile("console", login_session=SESSION)
        self.addCleanup(shutil.rmtree, os.path.join(self.home, ".aws", "login"), ignore_errors=True)

    def sign_in(self, folder=None, **more):
        """As an earlier `aws login` of the user's left it."""
        token, path = self.aws.write_login(self.home, SESSION, folder, **more), login_cache_file(self.home, SESSION, folder)
        for part in (path, os.path.dirname(path), os.path.join(self.home, ".aws", "login"), os.path.join(self.home, ".aws")):
            if os.path.exists(part):
                self.owned(part)
        return token

    def kept(self, folder=None):
        with open(login_cache_file(self.home, SESSION, folder)) as file:
            return json.load(file)

    def rewrite(self, **members):
        with open(login_cache_file(self.home, SESSION), "r+") as file:
            token = {**json.load(file), **members}
            file.seek(0)
            file.truncate()
            json.dump({name: value for name, value in token.items() if value is not None}, file)

    def begin(self, profile="console", command=IDENTITY, options=(), **more):
        return self.start(*options, profile=profile, policy=self.policy_for(profile), transport="unix",
                          command=(AWS, "--endpoint-url", self.aws.url, *command[1:]) if command[0] == AWS else command, **more)

    def identity(self, profile="console", **more):
        run = self.begin(profile, **more).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assert_no_secret(run.stderr, "stderr")
        return run.stdout.strip()

    def by_botocore(self):
        """The newest botocore renews the keys, or finds that they need it not; the id of the key that it uses."""
        other = shutil.which("python3")
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "AWS_CONFIG_FILE": self.aws_file("config"),
                       "AWS_ENDPOINT_URL": self.aws.url}
        done = subprocess.run([other, "-B", "-c", BY_BOTOCORE], env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 77:
            self.skipTest("the other Python has no botocore that knows aws login, or nothing that signs")
        self.assertEqual(0, done.returncode, done.stderr)
        self.owned(login_cache_file(self.home, SESSION))
        return done.stdout.strip()

    def asked(self, *outcome):
        return len(self.aws.calls("CreateOAuth2Token", *outcome))


class Refused(LoginTest):
    def test_nobody_is_signed_in(self):
        self.refused("console", "nobody is signed in with aws login: there is no " + login_cache_file(self.home, SESSION),
                     "run `aws login --profile console`")
        self.assertFalse(os.path.exists(login_cache_file(self.home, SESSION)), "an empty file is an error to the AWS tools")

    def test_a_sign_in_that_has_ended(self):
        before = self.sign_in(lifetime=-60)
        for why in ("TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED"):
            self.aws.control.sign_in(ended_by=why)
            self.refused("console", f"{self.place}: the sign-in of {SESSION} has ended: CreateOAuth2Token at ", why,
                         "run `aws login --profile console`")
        self.assertEqual(before, self.kept())

    def test_a_user_who_may_not_refresh(self):
        self.sign_in(lifetime=-60)
        self.aws.control.sign_in(ended_by="INSUFFICIENT_PERMISSIONS")
        self.refused("console", "INSUFFICIENT_PERMISSIONS", "signin:CreateOAuth2Token")

    def test_a_refresh_token_that_is_bound_to_another_key(self):
        self.sign_in(lifetime=-60)
        self.rewrite(dpopKey=self.aws.control.sign_in_login()["dpopKey"])
        self.refused("console", "bound to another key", "run `aws login --profile console`")
        self.assertEqual(0, self.asked("ok"))

    def test_a_refresh_token_that_was_used_elsewhere(self):
        token = self.sign_in(lifetime=-60)
        self.identity()
        self.rewrite(refreshToken=token["refreshToken"], accessToken={**token["accessToken"]})
        self.refused("console", "has ended", "run `aws login --profile console`")

    def test_a_file_that_makes_no_sense_is_named_and_sent_nowhere(self):
        good = self.sign_in(lifetime=-60)
        secp384 = subprocess.run(["openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout"], capture_output=True,
                                 text=True, check=True).stdout
        lines = good["dpopKey"].splitlines()
        for members, why in (({"accessToken": None}, "has no accessToken"),
                             ({"accessToken": {**good["accessToken"], "expiresAt": "soon"}}, "expiresAt"),
                             ({"accessToken": {**good["accessToken"], "sessionToken": "a\r\nb"}}, "sessionToken"),
                             ({"refreshToken": None}, "has no refreshToken"), ({"clientId": None}, "has no clientId"),
                             ({"dpopKey": None}, "has no dpopKey"), ({"dpopKey": "x" * 5000}, "dpopKey that is no key"),
                             ({"dpopKey": secp384}, "no private key of the curve P-256"),
                             ({"dpopKey": "\n".join([lines[0], lines[1], lines[-1]])}, "no private key of the curve P-256"),
                             ({"dpopKey": "\n".join(lines[1:-1])}, "no private key of the curve P-256")):
            self.rewrite(**{**good, **members})
            said = self.refused("console", login_cache_file("", SESSION).rpartition("/")[2], why, "run `aws login --profile console`")
            self.assert_no_secret(said, "stderr")
        self.assertEqual(0, self.asked())

    def test_a_file_that_others_may_read_or_that_is_a_link(self):
        self.sign_in()
        path = login_cache_file(self.home, SESSION)
        os.chmod(path, 0o640)
        self.refused("console", path + " is open to others")
        os.rename(path, path + ".real")
        os.chmod(path + ".real", 0o600)
        os.symlink(path + ".real", path)
        self.refused("console", path + " is a symbolic link")

    def test_without_a_region_there_is_no_endpoint(self):
        self.add_to_config(f"\n[profile nowhere]\nlogin_session = {SESSION}\n")
        self.refused("nowhere", "profile 'nowhere' uses aws login", "no region is known", "add region to the profile",
                     environment={"AWS_REGION": "", "AWS_DEFAULT_REGION": ""})

    def test_a_folder_with_a_variable_in_it(self):
        self.refused("console", "AWS_LOGIN_CACHE_DIRECTORY is no absolute path, or has a variable in it",
                     environment={"AWS_LOGIN_CACHE_DIRECTORY": "$HOME/logins"})


class Served(LoginTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout._copy("broker/sentinel-profiles", "broker/sentinel-profiles")

    def test_keys_that_live_long_enough_are_used_as_they_are(self):
        before = self.sign_in()
        self.assertEqual(SESSION, self.identity())
        self.assertEqual((0, before), (self.asked(), self.kept()))
        with open(self.log_path) as file:
            self.assertIn('"login"', file.read())

    def test_keys_that_end_soon_are_renewed_and_kept(self):
        before = self.sign_in(lifetime=120)
        self.assertEqual(SESSION, self.identity())
        after = self.kept()
        self.assertNotEqual(before["accessToken"]["accessKeyId"], after["accessToken"]["accessKeyId"])
        self.assertNotEqual(before["refreshToken"], after["refreshToken"])
        self.assertEqual({**before, **{name: after[name] for name in ("accessToken", "refreshToken")}}, after)
        self.assertEqual(set(before["accessToken"]), set(after["accessToken"]))
        self.assertEqual(SESSION, self.identity())   # with what was kept
        self.assertEqual(1, self.asked())

    def test_the_token_that_came_is_good_for_the_next_time(self):
        self.sign_in(lifetime=-60)
        for number in (1, 2, 3):
            self.assertEqual(SESSION, self.identity())
            kept = self.kept()
            self.rewrite(accessToken={**kept["accessToken"], "expiresAt": "2020-01-01T00:00:00Z"})
            self.assertEqual(number, self.asked("ok"))

    def test_a_clock_that_is_wrong_makes_another_proof(self):
        self.sign_in(lifetime=-60)
        self.aws.control.clock(offset=7200)
        asker = self.served("console")
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual((1, 2), (self.asked("ok"), self.asked()))

    def test_a_service_that_is_busy_once(self):
        self.sign_in(lifetime=-60)
        self.aws.control.fault("error", action="CreateOAuth2Token", code="server_error", status=500, count=1)
        self.assertEqual(SESSION, self.identity())
        self.assertEqual((1, 2), (self.asked("ok"), self.asked()))

    def test_a_role_that_is_assumed_with_them(self):
        self.sign_in(lifetime=-60)
        self.add_profile("ledger", role_arn=role_arn("ledger-prod"), source_profile="console")
        self.assertIn("assumed-role/ledger-prod/", self.identity("ledger"))

    def test_a_folder_of_the_user_s_choice(self):
        folder = os.path.join(self.folder, "logins")
        os.mkdir(folder, 0o700)
        self.owned(folder)
        before = self.sign_in(folder, lifetime=-60)
        self.assertEqual(SESSION, self.identity(environment={"AWS_LOGIN_CACHE_DIRECTORY": folder}))
        self.assertNotEqual(before, self.kept(folder))

    def test_ten_runs_at_once_renew_once(self):
        self.sign_in(lifetime=-60)
        runs = [self.begin(log=False) for _ in range(10)]
        for run in runs:
            run.finish()
        self.assertEqual([(0, SESSION)] * 10, [(run.code, run.stdout.strip()) for run in runs], "\n".join(run.stderr for run in runs))
        self.assertEqual(1, self.asked())

    def test_botocore_takes_what_was_kept_and_the_other_way_round(self):
        self.sign_in(lifetime=-60)
        self.assertEqual(SESSION, self.identity())
        ours = self.kept()
        self.assertEqual(ours["accessToken"]["accessKeyId"], self.by_botocore())
        self.rewrite(accessToken={**ours["accessToken"], "expiresAt": "2020-01-01T00:00:00Z"})
        theirs = self.by_botocore()   # with our refresh token
        self.assertNotEqual(ours["accessToken"]["accessKeyId"], theirs)
        self.assertEqual(2, self.asked("ok"))
        self.assertEqual(SESSION, self.identity())
        self.assertEqual(theirs, self.kept()["accessToken"]["accessKeyId"])
        self.rewrite(accessToken={**self.kept()["accessToken"], "expiresAt": "2020-01-01T00:00:00Z"})
        self.assertEqual(SESSION, self.identity())   # with botocore's
        self.assertEqual(3, self.asked("ok"))

    def test_whoami_and_profiles_name_it(self):
        self.sign_in()
        run = Run(self, ["whoami", "--profile", "console"], environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn("login", run.stdout)
        self.assertIn(SESSION, run.stdout)
        run = Run(self, ["profiles"], environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn(f"console: login ({SESSION}), eu-central-1", run.stdout)


# botocore's own code, but for the arithmetic of the key, for which it wants an extension (awscrt) that may not be there.
BY_BOTOCORE = """
import sys
try:
    import botocore.session
    from botocore.credentials import LoginCredentialFetcher
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils
except ImportError:
    sys.exit(77)
class EC:
    def __init__(self, key):
        self.key = key
    @classmethod
    def new_key_from_der_data(cls, der):
        return cls(serialization.load_der_private_key(der, None))
    @staticmethod
    def decode_der_signature_to_padded_pair(signature, pad_to):
        return b''.join(part.to_bytes(pad_to, 'big') for part in utils.decode_dss_signature(signature))
    def get_public_coords(self):
        point = self.key.public_key().public_numbers()
        return point.x.to_bytes(32, 'big'), point.y.to_bytes(32, 'big')
    def sign(self, digest):
        return self.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
if botocore.credentials.EC is None:
    botocore.credentials.EC = EC
print(botocore.session.Session(profile='console').get_credentials().get_frozen_credentials().access_key)
"""


if __name__ == "__main__":
    unittest.main()
