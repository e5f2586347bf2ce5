#!/usr/bin/python3
"""`sentinel login`: the AWS console, opened for a role's session that the policy permits. Refusals first; what the browser gets
passes by no command line, file or log, and to no other user.

The stand-in plays the federation endpoint and the console; the browser is a program of the test's.
"""
import json
import os
import socket
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
from aws_case import PYTHON, AwsTest, policy, rule  # noqa: E402
from harness import Run, for_people, main, needs_own_home, wait_until  # noqa: E402

ANY = rule(conditions='{ profiles: [{ glob: "*" }] }')
# Follows redirects within the stand-in, as a browser would, and tells the test what it was given and where it came to.
BROWSER = """#!/usr/bin/python3
import json, sys, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))
url, seen = sys.argv[1], []
while url and url.startswith("http://127.0.0.1:"):
    try: answer = opener.open(url, timeout=60)
    except urllib.error.HTTPError as error: answer = error
    seen.append({"url": url, "status": answer.status, "headers": dict(answer.headers)})
    url = answer.headers.get("Location")
with open(OUT + ".new", "w") as file: json.dump({"argv": sys.argv, "seen": seen, "end": url}, file)
import os
os.rename(OUT + ".new", OUT)
"""


class LoginTest(AwsTest):
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.folder, "browser.json")
        self.browser = self.write("browser", BROWSER.replace("OUT", repr(self.out)), 0o700)

    def environment(self):
        return {**super().environment(), "DISPLAY": ":77", "BROWSER": self.browser}

    def start_login(self, *options, profile="ledger-prod", text=policy(ANY), environment=None, log=None, **more):
        policy_file = self.write("policy.yaml", text)
        return Run(self, ["login", profile, "--policy-file", policy_file, "--log-file", log or self.log_path, *options],
                   environment={**self.environment(), **(environment or {})}, cwd=self.folder, **more)

    def login(self, *options, **more):
        run = self.start_login(*options, **more).finish()
        self.assert_no_secret(run.stderr, "stderr")
        if os.path.exists(self.log_path):
            with open(self.log_path) as log:
                self.assert_no_secret(log.read(), "the decision log")
        return run

    def refused(self, *options, says, code=1, **more):
        run = self.login(*options, **more)
        self.assertEqual((code, ""), (run.code, run.stdout), run.stderr)
        self.assertIn(says, run.stderr)
        self.assertGreaterEqual(len(run.stderr.splitlines()), 2, "no next step: " + run.stderr)
        self.assertFalse(os.path.exists(self.out), "a browser was started")
        self.assert_nothing_left()
        return run

    def shown(self, *options, **more):
        run = self.login("--stdout", *options, **more)
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual(1, run.stdout.count("\n"))
        return urllib.parse.urlsplit(run.stdout.strip()), run

    def tokens(self, outcome=None):
        return self.aws.calls("getSigninToken", outcome)


class Refused(LoginTest):
    def test_the_policy_says_no(self):
        self.refused(text=policy(rule(conditions="{ profiles: [another] }")), says="refused credentials for profile ledger-prod")
        self.refused(text=policy(rule(effect="deny", conditions="{ profiles: [ledger-prod] }")), says="the-rule")
        # Nothing ties a console session to a process tree, so a rule that wants a server gives none.
        self.refused(text=policy(rule(effect="require_server", conditions="{ profiles: [ledger-prod] }")), says="gives no console")
        self.refused(text=policy(rule(conditions="{ profiles: [ledger-prod], mode: [server, credential_process] }")), says="refused")
        self.assertEqual([], self.tokens())
        self.assertEqual(4, len(self.decisions()))
        self.assertEqual({("cli", "refused")}, {(line["mode"], line["outcome"]) for line in self.decisions()})

    def test_a_profile_without_a_role(self):
        self.refused(profile="marta", says="has no role")
        self.assertEqual([], self.tokens())

    def test_no_log_no_page(self):
        full, limit = self.full_log()
        self.refused("--stdout", log=full, says="full.jsonl", **limit)
        # The token was made; nobody got it.
        self.assertEqual([], self.aws.calls("ConsoleLogin"))

    def test_no_display(self):
        self.refused(environment={"DISPLAY": "", "WAYLAND_DISPLAY": ""}, says="no display")
        self.assertEqual([], self.aws.calls())

    def test_the_endpoint_says_no_or_nonsense(self):
        for fault in ({"kind": "status", "status": 400, "body": "<html>no</html>"}, {"kind": "status", "status": 200, "body": "{}"},
                      {"kind": "status", "status": 200, "body": json.dumps({"SigninToken": "a b"})},
                      {"kind": "status", "status": 200, "body": json.dumps({"SigninToken": "x" * 9000})},
                      {"kind": "truncate", "count": 0}, {"kind": "endless"}, {"kind": "status", "status": 302, "body": ""}):
            with self.subTest(fault=fault):
                self.aws.control.fault(action="getSigninToken", **fault)
                self.refused(says="getSigninToken")
                self.aws.control.clear()
        self.assertFalse(os.path.exists(self.log_path) and self.decisions(), "something was logged as issued")

    def test_pages_that_are_none_of_the_console(self):
        for page in ("https://console.aws.amazon.com.evil.test/", "http://console.aws.amazon.com/", "https://evil.test/?x=console.aws.amazon.com",
                     "https://evilaws.amazon.com/", "https://user@console.aws.amazon.com/", "S3", "-x", "a/b", "javascript:1",
                     "https://console.amazonaws.cn/"):
            self.refused("--destination=" + page, says="--destination is no page of the console")
        self.assertEqual([], self.tokens())

    def test_words_that_do_not_fit(self):
        for words, says in (((), "--profile is missing"), (("a", "b", "--policy-file", "p"), "unexpected argument b"), (("ledger-prod",), "--policy-parameter or --policy-file"),
                            (("ledger-prod", "--server"), "unknown option --server"), (("",), "--profile is missing")):
            more = ("--policy-file", "p") if words in ((), ("",)) else ()
            run = Run(self, ["login", *words, *more], environment=self.environment(), cwd=self.folder).finish()
            self.assertEqual((1, ""), (run.code, run.stdout))
            self.assertIn(says, run.stderr)

    def test_a_file_does_not_say_where_the_keys_go(self):
        self.add_to_config(f"endpoint_url = {self.aws.url}\n")   # of the last profile, ledger-chained
        run = self.login("--stdout", profile="ledger-chained", environment={"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_STS": self.aws.url,
                                                                            "HTTPS_PROXY": "http://127.0.0.1:1"})
        self.assertEqual((1, ""), (run.code, run.stdout))
        self.assertIn("signin.aws.amazon.com", run.stderr)
        self.assertEqual([], self.tokens())


class Printed(LoginTest):
    def test_the_address_is_printed_once_the_line_is_written(self):
        url, run = self.shown()
        self.assertEqual(("/federation", self.aws.url), (url.path, f"{url.scheme}://{url.netloc}"))
        query = dict(urllib.parse.parse_qsl(url.query))
        self.assertEqual("login", query["Action"])
        self.assertEqual("https://console.aws.amazon.com/console/home?region=eu-central-1", query["Destination"])
        line, = self.decisions()
        self.assertEqual(("issued", "cli", "for the AWS console", "the-rule"), (line["outcome"], line["mode"], line["detail"], line["rule"]))
        token, = self.tokens("ok")
        role, = self.assume_role("ok")
        self.assertEqual(line["access_key_id"], token["access_key_id"])
        self.assertEqual(role["issued"], token["access_key_id"])
        self.assertFalse(token["params"]["in_the_query"], "the keys stood in a query, which servers log")
        self.assertNotIn("SessionDuration", token["params"])
        self.assertFalse(token["signed"])
        self.assertIn("signed in to the AWS console until " + for_people(line["expires_at"]), run.stderr)
        self.assertIn("AWS_ENDPOINT_URL", run.stderr)   # where the keys went is told, since a variable said it

    def test_pages(self):
        for asked, page in (("s3", "https://console.aws.amazon.com/s3/home?region=eu-central-1"),
                            ("https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:",
                             "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:")):
            url, _ = self.shown("--destination", asked)
            self.assertEqual(page, dict(urllib.parse.parse_qsl(url.query))["Destination"])

    def test_a_chained_role(self):
        self.shown(profile="ledger-chained")

    # What the rule takes away is gone from the console, too: it is signed in to with keys that are narrowed.
    def test_a_narrowed_rule_narrows_the_console(self):
        narrow = 'restrict: { managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess], hard_expiry: 5m }'
        url, _ = self.shown(text=policy(rule(conditions="{ profiles: [ledger-prod] }", more=narrow)))
        role, = self.assume_role("ok")
        self.assertEqual("arn:aws:iam::aws:policy/ReadOnlyAccess", role["params"]["PolicyArns.member.1.arn"])
        self.assertIn("aws:CurrentTime", role["params"]["Policy"])
        token, = self.tokens("ok")
        self.assertEqual(role["issued"], token["access_key_id"])
        self.assertEqual("managed_policies,hard_expiry", self.decisions()[0]["narrowed"])

    def test_an_endpoint_that_is_slow_is_waited_for(self):
        self.aws.control.fault("status", action="getSigninToken", status=503, body="busy")
        self.shown()
        self.assertEqual(2, len(self.tokens()))

    def test_help(self):
        run = Run(self, ["login", "--help"]).finish()
        self.assertIn("--destination", run.stdout)


class InTheBrowser(LoginTest):
    def test_the_browser_is_led_on_once_and_its_arguments_hold_no_secret(self):
        run = self.login("--destination", "s3")
        self.assertEqual((0, ""), (run.code, run.stdout), run.stderr)
        wait_until(lambda: os.path.exists(self.out), "the browser is done")
        with open(self.out) as file:
            told = json.load(file)
        self.assertEqual("https://console.aws.amazon.com/s3/home?region=eu-central-1", told["end"])
        self.assertEqual([303, 302], [step["status"] for step in told["seen"]])
        self.assertEqual("no-store", told["seen"][0]["headers"]["Cache-Control"])
        self.assert_no_secret(" ".join(told["argv"]), "the browser's command line")
        self.assertRegex(told["argv"][1], r"\Ahttp://127\.0\.0\.1:[0-9]+/[0-9a-f]{32}\Z")
        self.assertEqual(1, len(self.aws.calls("ConsoleLogin", "ok")))
        for top, _, names in os.walk(self.user.home):
            for name in names:
                if os.path.join(top, name) != self.out and os.path.isfile(os.path.join(top, name)):
                    with open(os.path.join(top, name), errors="replace") as file:
                        text = file.read()
                    self.assertFalse([one for one in self.aws.secrets() if one.startswith("VCAAAA") and one in text], name)
        self.assert_nothing_left()

    def browser_that_waits(self):
        """A run whose browser only says what it was given, and the address."""
        self.write("browser", f'#!/bin/sh\necho "$1" > {self.out}.new\nmv {self.out}.new {self.out}\n', 0o700)
        run = self.start_login()
        wait_until(lambda: os.path.exists(self.out), "the browser is started")
        with open(self.out) as file:
            return run, urllib.parse.urlsplit(file.read().strip())

    ASK = ("import socket, sys\ns = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=60)\n"
           "try:\n s.sendall(('GET ' + sys.argv[2] + ' HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n').encode())\n"
           " data = b''\n while part := s.recv(65536): data += part\nexcept OSError: data = b''\nsys.stdout.write(data.decode())\n")

    def ask(self, url, path, user=None):
        done = subprocess.run([PYTHON, "-c", self.ASK, str(url.port), path], capture_output=True, text=True, timeout=120,
                              **(user or self.user.popen_arguments()))
        self.assertEqual("", done.stderr)
        return done.stdout

    @needs_own_home
    def test_another_user_gets_nothing_though_he_knows_the_address(self):
        run, url = self.browser_that_waits()
        for user in ({"user": 0, "group": 0, "extra_groups": []}, {"user": 65534, "group": 65534, "extra_groups": []}):
            self.assertEqual("", self.ask(url, url.path, user))
        self.assertIn("303", self.ask(url, url.path).splitlines()[0])
        self.assertEqual(0, run.finish().code, run.stderr)

    # Of another user: connects again and again until it is told to end.
    CROWD = ("import multiprocessing, socket, sys\ndef crowd(port):\n while True:\n  try: socket.create_connection(('127.0.0.1', port), timeout=5).close()\n"
             "  except OSError: pass\nall = [multiprocessing.Process(target=crowd, args=(int(sys.argv[1]),)) for _ in range(3)]\n"
             "for one in all: one.start()\nprint('on', flush=True)\nsys.stdin.readline()\nfor one in all: one.kill()\n")

    @needs_own_home
    def test_another_user_who_crowds_the_port_keeps_no_browser_away(self):
        run, url = self.browser_that_waits()
        with subprocess.Popen([PYTHON, "-c", self.CROWD, str(url.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              user=65534, group=65534, extra_groups=[]) as crowd:
            self.assertEqual("on\n", crowd.stdout.readline())
            answer = self.ask(url, url.path)
            crowd.communicate("end\n")
        self.assertIn("303", answer.split("\n")[0])
        self.assertEqual(0, run.finish().code, run.stderr)

    def test_a_browser_whose_sockets_are_of_ipv6(self):
        run, url = self.browser_that_waits()
        done = subprocess.run([PYTHON, "-c", self.ASK.replace("'127.0.0.1'", "'::ffff:127.0.0.1'"), str(url.port), url.path], capture_output=True,
                              text=True, timeout=120, **self.user.popen_arguments())
        self.assertIn("303", done.stdout.split("\n")[0], done.stderr)
        self.assertEqual(0, run.finish().code, run.stderr)

    def test_another_path_gets_nothing_and_does_not_end_it(self):
        run, url = self.browser_that_waits()
        with socket.create_connection(("127.0.0.1", url.port)):   # connected ahead of need, and silent
            for path in ("/", "/favicon.ico", url.path[:-1], url.path + "0", url.path + "?x"):
                answer = self.ask(url, path)
                self.assertTrue(answer.startswith("HTTP/1.1 404 "), answer)
                self.assertNotIn("Location", answer)
            self.assertIn("303", self.ask(url, url.path).splitlines()[0])
            self.assertEqual(0, run.finish().code, run.stderr)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", url.port)).close()

    def test_an_interruption_ends_it(self):
        run, _ = self.browser_that_waits()
        run.process.send_signal(harness.signal.SIGINT)
        self.assertEqual(-harness.signal.SIGINT, run.finish().code)
        self.assert_nothing_left()

    def test_a_browser_that_there_is_not(self):
        run = self.login(environment={"BROWSER": "/nowhere/browser"})
        self.assertEqual((1, ""), (run.code, run.stdout))
        self.assertIn("--stdout", run.stderr)


if __name__ == "__main__":
    main()
