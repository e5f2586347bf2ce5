"""`sentinel credentials`: what an AWS SDK runs as its credential_process. Doubles show the supervisor's part."""
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import harness
from harness import children_of, command_line, for_people, wait_until

LEAST = ("--policy-file", "p", "--log-file", "decisions")


class Credentials(harness.ProcessTest):
    doubles = True

    def credentials(self, profile, *words, **more):
        return self.start_sentinel("credentials", "--profile", profile, *LEAST, *words, **more)

    def test_whatever_fails_leaves_stdout_empty(self):
        for profile, sentence in (("served", "Ready in a run that is not served"), ("fail", "the double refuses"),
                                  ("early-exit", "ended before it was ready"), ("no-secret", "IssuedKeys without keys"),
                                  ("strange-keys", "the broker's answer is no credentials"),
                                  ("issued-twice", "the broker broke the protocol")):
            with self.subTest(profile=profile):
                run = self.credentials(profile).finish()
                self.assertEqual((1, ""), (run.code, run.stdout), run.stderr)
                self.assertIn(sentence, run.stderr)
                self.assertNotIn("secret", run.stderr.replace("no-secret", ""))

    def test_inside_a_run_it_is_refused(self):
        run = self.credentials("ok", environment={"AWS_SENTINEL": "outer"}).finish()
        self.assertEqual((1, ""), (run.code, run.stdout))
        self.assertIn("already inside a sentinel run, for profile outer", run.stderr)

    def test_options_of_exec_and_arguments_are_refused(self):
        for words, sentence in ((("--server",), "unknown option --server"), (("--lazy",), "unknown option --lazy"),
                                (("x",), "unexpected argument x"), (("--", "x"), "unexpected argument x"),
                                (("--duration", "1m"), "outside what AWS grants")):
            with self.subTest(words=words):
                run = self.credentials("ok", *words).finish()
                self.assertEqual((1, ""), (run.code, run.stdout))
                self.assertIn(sentence, run.stderr)

    def test_a_signal_ends_it_with_nothing_on_stdout(self):
        run = self.credentials("silent")
        wait_until(lambda: any(command_line(pid).endswith("sentinel-broker") for pid in children_of(run.pid)), "the broker")
        run.process.send_signal(signal.SIGINT)
        run.finish()
        self.assertEqual((-signal.SIGINT, ""), (run.code, run.stdout))
        self.assertEqual([], self.own_processes())

    def test_a_stdout_that_cannot_be_written_is_said(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([self.layout.sentinel, "credentials", "--profile", "ok", *LEAST], stdout=full,
                                  stderr=subprocess.PIPE, text=True, cwd=self.user.home, env=harness.CLEAN_ENVIRONMENT,
                                  **self.user.popen_arguments())
        self.assertEqual(1, done.returncode)
        self.assertIn("cannot write to stdout", done.stderr)

    def test_it_prints_version_one_and_nothing_else(self):
        run = self.credentials("ok").finish()
        self.assertEqual((0, ""), (run.code, run.stderr))
        self.assertEqual({"Version": 1, "AccessKeyId": "ASIADOUBLE", "SecretAccessKey": "secret/double+",
                          "SessionToken": "session==", "Expiration": "2099-01-01T00:00:00Z"}, json.loads(run.stdout))
        self.assertEqual(1, run.stdout.count("\n"))

    SEEN = "env | grep ^AWS_ | sort"
    KEYS = ["AWS_ACCESS_KEY_ID=ASIADOUBLE", "AWS_CREDENTIAL_EXPIRATION=2099-01-01T00:00:00Z",
            "AWS_SECRET_ACCESS_KEY=secret/double+", "AWS_SESSION_TOKEN=session=="]

    def test_for_a_shell_it_prints_lines_that_set_variables(self):
        """The shells themselves read them."""
        for name, text, script in (("sh", "env", 'eval "$(cat)"; '), ("bash", "env", 'eval "$(cat)"; '), ("zsh", "env", 'eval "$(cat)"; '),
                                   ("fish", "fish", "source; ")):
            run = self.credentials("ok", "--format", text).finish()
            self.assertEqual((0, ""), (run.code, run.stderr))
            if not shutil.which(name):
                self.assertNotIn(name, ("sh", "bash"))
                continue
            done = subprocess.run([name, "-c", script + self.SEEN], input=run.stdout, capture_output=True, text=True,
                                  env={"PATH": "/usr/bin:/bin", "HOME": self.user.home}, **self.user.popen_arguments())
            self.assertEqual((0, self.KEYS, ""), (done.returncode, done.stdout.splitlines(), done.stderr), name)

    def test_whatever_fails_leaves_stdout_empty_in_each_format(self):
        for text in ("env", "fish"):
            for profile in ("fail", "strange-keys", "no-secret"):
                run = self.credentials(profile, "--format", text).finish()
                self.assertEqual((1, ""), (run.code, run.stdout), run.stderr)
        run = self.credentials("ok", "--format", "powershell").finish()
        self.assertEqual((1, ""), (run.code, run.stdout))
        self.assertIn("--format powershell is unknown", run.stderr)

    def test_notices_go_to_stderr(self):
        run = self.credentials("echo", "--duration", "1h").finish()
        self.assertIn("AccessKeyId", run.stdout)
        self.assertIn("mode=3", run.stderr)
        self.assertIn("duration=3600", run.stderr)


class Login(harness.ProcessTest):
    """The supervisor's part of `sentinel login`: it shows a page where it asked for one, and no other."""
    doubles = True

    def test_a_broker_that_answers_something_else_is_refused(self):
        login = ("login", "--stdout", "--policy-file", "p", "--log-file", "decisions")
        for words, sentence in (((*login, "issues"), "IssuedKeys in a run that is served, or asks for none"),
                                ((*login, "page-none"), "ConsolePage without a page"), ((*login, "page-strange"), "ConsolePage without a page"),
                                (("credentials", "--profile", "page", *LEAST), "ConsolePage in a run that did not ask"),
                                (("whoami", "--profile", "issues"), "IssuedKeys in a run")):
            with self.subTest(words=words):
                run = self.start_sentinel(*words).finish()
                self.assertEqual((1, ""), (run.code, run.stdout), run.stderr)
                self.assertIn(sentence, run.stderr)
                self.assertNotIn("SigninToken", run.stderr)

    def test_what_is_kept_is_offered_where_it_is_asked_for_alone(self):
        for words, heard in (((), False), (("--cache",), "role-keys "), (("--remember", "8h"), "openers=28800 ")):
            run = self.start_sentinel("credentials", "--profile", "echo", *LEAST, *words).finish()
            self.assertEqual(0, run.code, run.stderr)
            for offered in ("role-keys ", "openers="):
                self.assertEqual(bool(heard) and heard.startswith(offered), offered in run.stderr, run.stderr)
            self.assertIn(heard or "", run.stderr)

    def test_the_page_is_printed_alone(self):
        run = self.start_sentinel("login", "--stdout", "--policy-file", "p", "--log-file", "decisions", "page").finish()
        self.assertEqual((0, "https://console.double/?SigninToken=secret\n"), (run.code, run.stdout), run.stderr)
        self.assertIn("until " + for_people("2099-01-01T00:00:00Z") + "\n", run.stderr)
        quiet = self.start_sentinel("login", "--stdout", "--quiet", "--policy-file", "p", "--log-file", "decisions", "page").finish()
        self.assertEqual("", quiet.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
