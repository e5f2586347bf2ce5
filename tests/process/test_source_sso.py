#!/usr/bin/python3
"""IAM Identity Center as the source of keys, whole runs: one sign-in that is shared with the AWS CLI, renewed and, where
that was asked for, logged in to; of many runs one asks the user.

The stand-in plays OIDC, the portal and the page in the browser; the user at the page is its control interface.
"""
import json
import os
import shutil
import subprocess
import unittest

from aws_case import PYTHON, AwsTest, wait_until
from standin_client import START_URL, sso_cache_file, sso_profiles

AWS = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
ROLE = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_LedgerRead_0123456789abcdef/marta@ledger.test"


class SsoTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.add_to_config("\n" + sso_profiles())
        self.home = self.user.home

    def tearDown(self):
        shutil.rmtree(os.path.dirname(sso_cache_file(self.home)), ignore_errors=True)   # the registrations, too
        super().tearDown()

    def sign_in(self, session="ledger", **more):
        """As an earlier `aws sso login` of the user's left it."""
        token = self.aws.write_sso_token(self.home, session, **more)
        for path in (".aws", ".aws/sso", ".aws/sso/cache", os.path.relpath(sso_cache_file(self.home, session), self.home)):
            self.owned(os.path.join(self.home, path))
        return token

    def kept(self, session="ledger"):
        with open(sso_cache_file(self.home, session)) as file:
            return json.load(file)

    def when_shown(self):
        wait_until(lambda: [one for one in self.aws.control.sso_devices() if one["state"] == "pending"], "a login is shown")

    def sso_start(self, *options, profile="sso-read", command=None, transport="unix", **more):
        command = command or ("/usr/bin/aws", "--endpoint-url", self.aws.url, *AWS)
        return self.start(*options, profile=profile, command=command, transport=transport,
                          policy=("--policy-file", self.write("policy.yaml", ALLOW)), **more)

    def served(self, *options, **more):
        run = self.sso_start(*options, **more).finish()
        self.assertEqual((0, ROLE), (run.code, run.stdout.strip()), run.stderr)
        return run


ALLOW = ('version: "1"\nrules:\n  - name: the-rule\n    effect: allow\n    reason: a test\n'
         '    conditions: { profiles: [sso-read, sso-legacy, sso-admin] }\n')


class Refused(SsoTest):
    def refused(self, *options, profile="sso-read"):
        return self.refused_start(*options, profile=profile, transport="unix",
                                  policy=("--policy-file", self.write("policy.yaml", ALLOW)))

    def test_nobody_is_signed_in(self):
        run = self.refused()
        self.assertIn("nobody is signed in", run.stderr)
        self.assertIn("run `aws sso login --profile sso-read`, or start with --auto-login", run.stderr)
        self.assertEqual([], self.aws.calls("StartDeviceAuthorization"))

    def test_a_session_that_an_administrator_ended(self):
        self.sign_in()
        self.aws.control.sso_forget_tokens(refresh=True)
        run = self.refused()
        self.assertIn("was ended by IAM Identity Center and cannot be renewed", run.stderr)
        self.assertEqual(1, len(self.aws.calls("CreateToken")))

    def test_a_role_that_the_user_does_not_have(self):
        self.sign_in()
        self.add_to_config(sso_profiles(role="LedgerOwner").split("\n\n")[1].replace("sso-read", "sso-admin"))
        run = self.refused(profile="sso-admin")
        self.assertIn("no role 'LedgerOwner' in account 111122223333", run.stderr)
        self.assertRegex(run.stderr, r"config:\d+: ")

    def test_a_hostile_token_file_is_named(self):
        self.sign_in()
        path = sso_cache_file(self.home)
        for text, why in (("x" * 200000, "larger than 64 KiB"), ('{"accessToken": ["a"]}', "accessToken that is no text"),
                          ('{"accessToken": "a\\r\\nX: 1", "expiresAt": "2099-01-01T00:00:00Z"}', "line ends"), ("[", "JSON object")):
            with open(path, "w") as file:
                file.write(text)
            self.assertIn(why, self.refused().stderr)
        self.assertEqual([], self.aws.calls("GetRoleCredentials"))

    def test_a_link_in_the_place_of_the_token_file(self):
        self.sign_in()
        path = sso_cache_file(self.home)
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
        self.refused()

    def test_a_login_that_the_user_denies(self):
        run = self.sso_start("--auto-login", "--stdout", command=("touch", self.marker))
        self.when_shown()
        self.aws.control.sso_deny()
        run.finish()
        self.assertNotEqual(0, run.code)
        self.assertIn("the login was denied in the browser", run.stderr)
        self.assertFalse(os.path.exists(self.marker))


class Served(SsoTest):
    def test_a_sign_in_of_the_aws_cli_is_taken(self):
        token = self.sign_in()
        run = self.served()
        self.assertEqual(token, self.kept())
        self.assertEqual(1, len(self.aws.calls("GetRoleCredentials")))
        self.assert_no_secret(run.stderr, "stderr")
        with open(self.log_path) as file:
            self.assertIn('"sso"', file.read())

    def test_the_old_form_of_a_profile(self):
        self.sign_in(START_URL)
        self.served(profile="sso-legacy")

    def test_a_token_that_ends_soon_is_renewed_and_kept(self):
        before = self.sign_in(lifetime=60)
        self.served()
        after = self.kept()
        self.assertNotEqual(before["accessToken"], after["accessToken"])
        self.assertNotEqual(before["refreshToken"], after["refreshToken"])
        self.assertEqual({**before, **{name: after[name] for name in ("accessToken", "refreshToken", "expiresAt")}}, after)
        self.assertEqual(1, len(self.aws.calls("CreateToken", "ok", grantType="refresh_token")))

    def test_a_token_that_has_ended_by_aws_s_clock_is_renewed(self):
        self.sign_in(lifetime=3600)
        self.aws.control.clock(offset=7200)
        # Not by `aws`, whose own clock would then be wrong.
        asker = self.asker(profile="sso-read", transport="unix", policy=("--policy-file", self.write("policy.yaml", ALLOW)))
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual(1, len(self.aws.calls("CreateToken", "ok", grantType="refresh_token")))

    def test_a_login_that_the_user_approves(self):
        run = self.sso_start("--auto-login", "--stdout")
        self.when_shown()
        self.assertEqual(1, self.aws.approve_login())
        run.finish()
        self.assertEqual((0, ROLE), (run.code, run.stdout.strip()), run.stderr)
        self.assertIn("/device?user_code=", run.stderr)
        self.assertIn("refreshToken", self.kept())
        self.served()   # and no login more
        self.assertEqual(1, len(self.aws.calls("StartDeviceAuthorization")))

    def test_botocore_takes_our_login(self):
        run = self.sso_start("--auto-login", "--stdout")
        self.when_shown()
        self.aws.approve_login()
        run.finish()
        self.assertEqual(0, run.code, run.stderr)
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "AWS_CONFIG_FILE": self.aws_file("config"),
                       "AWS_ENDPOINT_URL": self.aws.url}
        done = subprocess.run([PYTHON, "-B", "-c", BY_BOTOCORE, self.aws.url], env=environment, capture_output=True, text=True)
        self.assertEqual((0, "access_key ASIA"), (done.returncode, done.stdout.strip()), done.stderr)

    def test_ten_runs_at_once_show_one_login(self):
        runs = [self.sso_start("--auto-login", "--stdout", log=False) for _ in range(10)]
        self.when_shown()
        wait_until(lambda: sum(run.said("waiting for the login that another run shows") for run in runs) == 9, "nine find the file locked")
        self.assertEqual(1, self.aws.approve_login())
        for run in runs:
            run.finish()
        self.assertEqual([(0, ROLE)] * 10, [(run.code, run.stdout.strip()) for run in runs], "\n".join(run.stderr for run in runs))
        self.assertEqual(1, len(self.aws.calls("StartDeviceAuthorization")))
        self.assertEqual(1, sum("/device?user_code=" in run.stderr for run in runs))

    def test_ten_runs_at_once_renew_once(self):
        self.sign_in(lifetime=-60)
        runs = [self.sso_start(log=False) for _ in range(10)]
        for run in runs:
            run.finish()
        self.assertEqual([(0, ROLE)] * 10, [(run.code, run.stdout.strip()) for run in runs], "\n".join(run.stderr for run in runs))
        self.assertEqual(1, len(self.aws.calls("CreateToken", grantType="refresh_token")))


BY_BOTOCORE = """
import os, sys
import botocore.session
session = botocore.session.Session(profile='sso-read')
create = session.create_client
session.create_client = lambda name, **more: create(name, **{**more, 'endpoint_url': sys.argv[1]})
keys = session.get_credentials().get_frozen_credentials()
print('access_key', keys.access_key[:4])
"""


if __name__ == "__main__":
    unittest.main()
