#!/usr/bin/python3
"""IAM Identity Center by a browser that comes back to this host (authorization code with PKCE), whole runs: what strangers who
reach the port can do, and where a page with a code is shown instead.

The stand-in plays the page; it judges the redirect, the verifier and that a code is used once.
"""
import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import unittest
import urllib.parse

from aws_case import wait_until
from standin_client import START_URL, sso_cache_file
from test_source_sso import ROLE, SsoTest


# A browser whose request comes in two halves: the second once it is told to.
HALVES = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=120) as s:
    s.sendall(b"GET " + sys.argv[2].encode() + b" HTTP/1.1\\r\\n")
    print("half", flush=True)
    sys.stdin.readline()
    try:
        s.sendall(b"Host: 127.0.0.1:" + sys.argv[1].encode() + b"\\r\\n\\r\\n")
        sys.stdout.write(s.makefile().readline().strip())
    except OSError as error:
        sys.stdout.write(repr(error))
"""


class ByABrowser(SsoTest):
    """A login whose browser is sent back to this host. The browser is a program that follows where it is sent, or the test."""

    def setUp(self):
        super().setUp()
        self.browser = self.write("browser", f"#!/bin/sh\nexec curl -s -L --noproxy '*' -o '{self.folder}/page' \"$1\"\n", mode=0o700)

    def login(self, *options, approve=False, environment=None, **more):
        self.aws.control.sso(approve_on_open=approve)
        return self.sso_start("--auto-login", *options, environment={"DISPLAY": ":77", "BROWSER": self.browser, **(environment or {})}, **more)

    def begun(self):
        """The sign-in whose page the browser has opened."""
        wait_until(self.aws.control.sso_authorizations, "a browser opens the page")
        return self.aws.control.sso_authorizations()[-1]

    def opened(self, url, another_user=False):
        """The status that a browser gets there: one of the user's, or of the test's own, which may be another's."""
        own = {} if another_user or not self.user.made else {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        done = subprocess.run(["curl", "-s", "--noproxy", "*", "-o", os.devnull, "-w", "%{http_code}", url], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, **own)
        return int(done.stdout)

    def assert_logged_in(self, run):
        run.finish()
        self.assertEqual((0, ROLE), (run.code, run.stdout.strip()), run.stderr)
        self.assert_no_secret(run.stderr, "stderr")
        self.assertIn("refreshToken", self.kept())
        self.assertEqual(1, len(self.aws.calls("CreateToken", "ok", grantType="authorization_code")))

    def test_another_state_is_no_answer_and_ends_nothing(self):
        run = self.login()
        begun = self.begun()
        for url in (begun["redirect"] + "?code=theirs&state=guessed", begun["redirect"] + "?error=access_denied",
                    begun["redirect"] + "?code=theirs", begun["redirect"], begun["redirect"].replace("127.0.0.1", "localhost") + "?code=x&state=" + begun["state"],
                    begun["approved"].replace("/oauth/callback", "/favicon.ico")):
            self.assertEqual(404, self.opened(url), url)
        self.assertEqual([], self.aws.calls("CreateToken"))
        self.assertEqual(200, self.opened(begun["approved"]))
        self.assert_logged_in(run)

    def test_another_user_who_has_read_the_state_off_the_browsers_command_line(self):
        if not self.user.made:
            self.skipTest("only root can be another user")
        run = self.login()
        begun = self.begun()
        for url in (begun["approved"], begun["denied"], f"{begun['redirect']}?code=theirs&state={begun['state']}"):
            self.assertEqual(404, self.opened(url, another_user=True))
        self.assertEqual([], self.aws.calls("CreateToken"))
        self.assertEqual(200, self.opened(begun["approved"]))
        self.assert_logged_in(run)

    def test_a_stranger_who_stays_silent(self):
        run = self.login()
        begun = self.begun()
        where = urllib.parse.urlsplit(begun["redirect"])
        with contextlib.ExitStack() as silent:
            for _ in range(40):
                silent.enter_context(socket.create_connection((where.hostname, where.port), timeout=60))
            self.assertEqual(200, self.opened(begun["approved"]))
        self.assert_logged_in(run)

    def test_another_user_who_crowds_the_port(self):
        if not self.user.made:
            self.skipTest("only root can be another user")
        run = self.login()
        begun = self.begun()
        where = urllib.parse.urlsplit(begun["approved"])
        address = (where.hostname, where.port)
        browser = subprocess.Popen(["/usr/bin/python3", "-c", HALVES, str(where.port), f"{where.path}?{where.query}"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, user=self.user.uid, group=self.user.gid, extra_groups=[])
        with browser, contextlib.ExitStack() as crowd:
            self.assertEqual("half\n", browser.stdout.readline())
            for _ in range(40):
                crowd.enter_context(socket.create_connection(address, timeout=60))
            # Connections are taken in their order: once this one is answered, all of the crowd were.
            last = crowd.enter_context(socket.create_connection(address, timeout=60))
            last.sendall(b"\r\n\r\n")
            self.assertTrue(last.recv(64).startswith(b"HTTP/1.1 404 "))
            self.assertEqual(("HTTP/1.1 200 OK", None), browser.communicate("go\n"), "the user's own browser was hung up on")
        self.assert_logged_in(run)

    def test_a_code_of_somebody_else(self):
        run = self.login(command=("touch", self.marker))
        begun = self.begun()
        self.assertEqual(200, self.opened(f"{begun['redirect']}?code=theirs&state={begun['state']}"))
        run.finish()
        self.assertNotEqual(0, run.code)
        self.assertIn("CreateToken at ", run.stderr)
        self.assertFalse(os.path.exists(self.marker))
        self.assertFalse(os.path.getsize(sso_cache_file(self.home)), "no token is kept")

    def test_one_code_is_taken(self):
        run = self.login(command=("cat",))
        begun = self.begun()
        self.assertEqual(200, self.opened(begun["approved"]))
        self.assertEqual(0, self.opened(begun["approved"]))   # nobody listens any more
        run.finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual(1, len(self.aws.calls("CreateToken")))

    def test_a_login_that_the_user_denies(self):
        run = self.login(command=("touch", self.marker))
        self.assertEqual(200, self.opened(self.begun()["denied"]))
        run.finish()
        self.assertNotEqual(0, run.code)
        self.assertIn("the login was denied in the browser", run.stderr)
        self.assertFalse(os.path.exists(self.marker))

    def test_a_login_that_the_user_approves(self):
        run = self.login(approve=True)
        self.assert_logged_in(run)
        self.assertIn("log in at " + self.aws.url + "/authorize?", run.stderr)
        self.assertIn("start with --device-code", run.stderr)
        with open(os.path.join(self.folder, "page")) as file:
            self.assertIn("has reached Sentinel", file.read())
        self.assertEqual([], self.aws.calls("StartDeviceAuthorization"))
        self.served()   # and no login more

    def test_the_registration_is_kept_as_the_aws_cli_keeps_it(self):
        self.assert_logged_in(self.login(approve=True))
        folder = os.path.dirname(sso_cache_file(self.home))
        names = {"tool": "botocore", "startUrl": START_URL, "region": "eu-central-1", "scopes": ["sso:account:access"], "session_name": "ledger"}
        path = os.path.join(folder, hashlib.sha1(json.dumps(names, sort_keys=True).encode()).hexdigest() + ".json")
        with open(path) as file:
            kept = json.load(file)
        self.assertEqual((["authorization_code", "refresh_token"], ["sso:account:access"]), (kept["grantTypes"], kept["scopes"]))
        os.remove(sso_cache_file(self.home))
        run = self.login(approve=True).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual(1, len(self.aws.calls("RegisterClient")))
        os.remove(sso_cache_file(self.home))
        run = self.login("--device-code", "--stdout")   # a registration of the other way is none
        self.when_shown()
        self.aws.control.sso_approve()
        self.assertEqual(0, run.finish().code, run.stderr)
        self.assertEqual(2, len(self.aws.calls("RegisterClient")))

    def test_where_no_browser_can_come_back_a_code_is_shown(self):
        for options, more in ((["--device-code"], {}), (["--stdout"], {}), ([], {"environment": {"DISPLAY": "", "WAYLAND_DISPLAY": ""}}),
                              ([], {"environment": {"BROWSER": "/nowhere/browser"}}), ([], {"profile": "sso-legacy"})):
            with self.subTest(options=options, **more):
                run = self.login(*options, **more)
                self.when_shown()
                self.aws.control.sso_approve()
                run.finish()
                self.assertEqual((0, ROLE), (run.code, run.stdout.strip()), run.stderr)
                self.assertEqual([], self.aws.control.sso_authorizations())
                shutil.rmtree(os.path.dirname(sso_cache_file(self.home)))


if __name__ == "__main__":
    unittest.main()
