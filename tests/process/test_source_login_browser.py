#!/usr/bin/python3
"""`aws login` begun by Sentinel (--auto-login), whole runs: a browser of this host comes back with a code, which is good together
with a key that was made for it.

The stand-in plays the page; it judges the verifier, the redirect, that a code is used once, and each proof of the key.
"""
import json
import os
import subprocess
import unittest

from aws_case import wait_until
from standin_client import login_cache_file, user_arn
from test_source_login import SESSION, LoginTest


class ByABrowser(LoginTest):
    def setUp(self):
        super().setUp()
        self.browser = self.write("browser", f"#!/bin/sh\nexec curl -s -L --noproxy '*' -o '{self.folder}/page' \"$1\"\n", mode=0o700)
        self.path = login_cache_file(self.home, SESSION)

    def login(self, approve=False, options=(), environment=None, **more):
        self.aws.control.sign_in(approve_on_open=approve)
        return self.begin(options=("--auto-login", *options),
                          environment={"DISPLAY": ":77", "BROWSER": self.browser, **(environment or {})}, **more)

    def begun(self):
        """The sign-in whose page the browser has opened."""
        wait_until(self.aws.control.sign_in_authorizations, "a browser opens the page")
        return self.aws.control.sign_in_authorizations()[-1]

    def opened(self, url, another_user=False):
        """The status that a browser gets there: one of the user's, or of the test's own, which may be another's."""
        own = {} if another_user or not self.user.made else {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        done = subprocess.run(["curl", "-s", "--noproxy", "*", "-o", os.devnull, "-w", "%{http_code}", url], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, **own)
        return int(done.stdout)

    def assert_signed_in(self, run):
        run.finish()
        self.assertEqual((0, SESSION), (run.code, run.stdout.strip()), run.stderr)
        self.assert_no_secret(run.stderr, "stderr")

    def assert_refused(self, run, *said):
        run.finish()
        self.assertNotEqual(0, run.code)
        self.assertFalse(os.path.exists(self.marker))
        for text in said:
            self.assertIn(text, run.stderr)

    def test_a_login_that_the_user_denies_leaves_nothing_that_the_aws_tools_trip_over(self):
        run = self.login(command=("touch", self.marker))
        self.assertEqual(200, self.opened(self.begun()["denied"]))
        self.assert_refused(run, "nobody is signed in with aws login, and logging in failed: ", "the login was denied in the browser")
        with open(self.path) as file:
            self.assertEqual({}, json.load(file))
        self.refused("console", "nobody is signed in with aws login", "run `aws login --profile console`, or start with --auto-login")

    def test_somebody_else_signs_in(self):
        self.aws.control.sign_in(user="otto")
        run = self.login(approve=True, command=("touch", self.marker))
        self.assert_refused(run, f"it is {user_arn('otto')} who has signed in, and login_session names {SESSION}")
        with open(self.path) as file:
            self.assertEqual({}, json.load(file))

    def test_a_code_of_somebody_else(self):
        run = self.login(command=("touch", self.marker))
        begun = self.begun()
        self.assertEqual(404, self.opened(begun["redirect"] + "?code=theirs&state=guessed"))
        self.assertEqual(200, self.opened(f"{begun['redirect']}?code=theirs&state={begun['state']}"))
        self.assert_refused(run, "AUTHCODE_EXPIRED")

    def test_without_a_browser_of_this_host_the_command_is_named(self):
        for options, environment in ((["--stdout"], {}), (["--device-code"], {}), ([], {"DISPLAY": "", "WAYLAND_DISPLAY": ""})):
            run = self.login(options=options, environment=environment, command=("touch", self.marker))
            self.assert_refused(run, "nobody is signed in with aws login")
            self.assertFalse(os.path.exists(self.path))
        self.sign_in(lifetime=-60)
        self.aws.control.sign_in(ended_by="TOKEN_EXPIRED")
        run = self.login(options=["--stdout"], command=("touch", self.marker))
        self.assert_refused(run, "run `aws login --profile console`; no browser of this host can be sent back here, so add --remote")

    def test_a_first_login(self):
        self.assert_signed_in(self.login(approve=True))
        kept = self.kept()
        self.assertEqual({"accessToken", "clientId", "refreshToken", "dpopKey", "idToken", "tokenType"}, set(kept))
        self.assertEqual("111122223333", kept["accessToken"]["accountId"])
        self.assertEqual(0o600, os.stat(self.path).st_mode & 0o777)
        self.assertEqual(1, self.asked("ok"))
        self.assertEqual(SESSION, self.identity())   # and no login more
        self.rewrite(accessToken={**kept["accessToken"], "expiresAt": "2020-01-01T00:00:00Z"})
        self.assertEqual(SESSION, self.identity())   # with a proof of the key that was kept
        self.assertEqual(2, self.asked("ok"))

    def test_a_sign_in_that_has_ended_is_begun_anew(self):
        before = self.sign_in(lifetime=-60)
        self.aws.control.sign_in(ended_by="TOKEN_EXPIRED")
        self.assert_signed_in(self.login(approve=True))
        self.assertNotEqual(before["dpopKey"], self.kept()["dpopKey"])

    def test_botocore_takes_our_login(self):
        self.assert_signed_in(self.login(approve=True))
        self.assertEqual(self.kept()["accessToken"]["accessKeyId"], self.by_botocore())
        self.rewrite(accessToken={**self.kept()["accessToken"], "expiresAt": "2020-01-01T00:00:00Z"})
        self.assertEqual(self.by_botocore(), self.kept()["accessToken"]["accessKeyId"])   # renewed with our key
        self.assertEqual(2, self.asked("ok"))

    def test_five_runs_at_once_show_one_page(self):
        runs = [self.login(log=False) for _ in range(5)]
        begun = self.begun()
        wait_until(lambda: sum(run.said("waiting for the login that another run shows") for run in runs) == 4, "four find the file locked")
        self.assertEqual(200, self.opened(begun["approved"]))
        for run in runs:
            self.assert_signed_in(run)
        self.assertEqual(1, len(self.aws.calls("AuthorizeSignIn")))


if __name__ == "__main__":
    unittest.main()
