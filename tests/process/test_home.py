#!/usr/bin/python3
"""Where "~" is: HOME, as for every AWS tool; else what the password database says; and never / because neither is there. A
user whom the password database does not know runs like any other, and no name that the surroundings choose counts.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from aws_case import PYTHON, TRANSPORTS, AwsTest, policy, rule
from harness import BUILD, main
from standin_client import write_profiles

LOG = ".local/state/sentinel/decisions.jsonl"
NO_HOME = "HOME is no absolute path, and the password database"


def free_uid():
    """One that the password database does not have, and no other test takes."""
    return 3_000_000_000 + os.getpid() * 64


class HomeTest(AwsTest):
    def environment(self):
        """Without the two variables that name the files: they are looked for in the home."""
        return {key: value for key, value in super().environment().items()
                if key not in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}

    def home(self, name):
        """A home with the profiles of the stand-in's world."""
        home = os.path.normpath(os.path.join(self.folder, name))
        os.makedirs(home, exist_ok=True)
        write_profiles(home)
        for path in (home, os.path.join(home, ".aws"), *(os.path.join(home, ".aws", file) for file in ("config", "credentials"))):
            self.owned(path)
        return home

    def policy_file(self):
        return ("--policy-file", self.write("policy.yaml", policy(rule())))


class Home(HomeTest):
    def test_profiles_keys_and_the_log_are_those_of_home(self):
        home = self.home("elsewhere")
        for transport in TRANSPORTS:
            asker = self.asker(log=False, policy=self.policy_file(), transport=transport, environment={"HOME": home})
            self.assert_served(asker.ask())
            self.assertEqual(0, asker.end().code, asker.run.stderr)
        self.assertTrue(os.path.exists(os.path.join(home, LOG)))

    def test_a_home_without_profiles_is_named_and_no_other_is_read(self):
        # The home that the password database names has these profiles, where we made that user.
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".aws"), True)
        write_profiles(self.user.home)
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        self.owned(empty)
        run = self.refused_start(environment={"HOME": empty})
        self.assertIn(empty, run.stderr)

    @harness.needs_own_home
    def test_an_empty_or_relative_home_counts_as_none(self):
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".aws"), True)
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".local"), True)
        write_profiles(self.user.home)
        for path in (".aws", ".aws/config", ".aws/credentials"):
            self.owned(os.path.join(self.user.home, path))
        for home in ("", "relative"):
            run = self.start(command=("true",), log=False, policy=self.policy_file(), environment={"HOME": home}).finish()
            self.assertEqual(0, run.code, run.stderr)
        self.assertTrue(os.path.exists(os.path.join(self.user.home, LOG)))

    def test_the_tools_look_there_too(self):
        home = self.home("elsewhere")
        for tool, words in (("profiles", ()), ("keys", ("list",))):
            harness.copy_program(os.path.join(BUILD, f"broker/sentinel-{tool}"),
                                 os.path.join(os.path.dirname(self.layout.broker), f"sentinel-{tool}"))
            run = self.run_sentinel(tool, *words, environment={**self.environment(), "HOME": home})
            self.assertEqual(0, run.code, run.stderr)
            if tool == "profiles":
                self.assertIn("ledger-prod", run.stdout)


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be a user without an entry")
class NoEntry(HomeTest):
    """Everything as a uid that the password database does not have, as containers with --user run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.uid = free_uid()

    def setUp(self):
        super().setUp()
        # No folder above it is another user's.
        self.folder = self.owned(tempfile.mkdtemp(prefix="no-entry-", dir=self.user.folder))
        self.home(".")
        self.addCleanup(self.kill_all)
        self.addCleanup(lambda: self.assertEqual([], [path for path in os.listdir("/tmp") if self.is_left(path)]))

    def kill_all(self):
        left = harness.processes_of_user(self.uid)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        self.assertEqual([], left)

    def is_left(self, name):
        with contextlib.suppress(OSError):
            return name.startswith("sentinel-") and os.lstat(os.path.join("/tmp", name)).st_uid == self.uid
        return False

    def owned(self, path):
        os.chown(path, self.uid, self.uid)
        return path

    def run_as_it(self, *arguments, environment=None, program=None):
        return subprocess.run([program or self.layout.sentinel, *arguments], user=self.uid, group=self.uid, extra_groups=[],
                              cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=harness.PATIENCE,
                              env={**harness.CLEAN_ENVIRONMENT, **self.environment(), "USER": "root", "LOGNAME": "root", **(environment or {})})

    def exec(self, *options, environment, command=("env",)):
        return self.run_as_it("exec", "--server", *options, "--profile", "ledger-prod", *self.policy_file(), "--", *command,
                              environment=environment)

    def test_with_home_it_runs(self):
        home = self.home("its-home")
        for transport in TRANSPORTS:
            done = self.exec(*(["--unix-socket"] if transport == "unix" else []), environment={"HOME": home})
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertIn("AWS_SENTINEL=ledger-prod", done.stdout)
        self.assertTrue(os.path.exists(os.path.join(home, LOG)))

    def test_without_home_it_is_refused_by_that_name_and_nothing_of_slash_is_read(self):
        for environment in ({}, {"HOME": ""}):
            done = self.exec(environment=environment)
            self.assertEqual(harness.EXEC_FAILED, done.returncode, done.stderr)
            self.assertIn(NO_HOME, done.stderr)
            self.assertIn("set HOME", done.stderr)
            self.assertNotIn(" /.", done.stderr)

    def test_without_home_a_log_of_its_own_leaves_the_profiles_to_be_named(self):
        log = os.path.join(self.folder, "own.jsonl")
        done = self.exec("--log-file", log, environment={})
        self.assertEqual(harness.EXEC_FAILED, done.returncode)
        self.assertIn("AWS_CONFIG_FILE: '~' needs a home folder: " + NO_HOME, done.stderr)
        files = {"AWS_CONFIG_FILE": self.aws_file("config"), "AWS_SHARED_CREDENTIALS_FILE": self.aws_file("credentials")}
        done = self.exec("--log-file", log, environment=files)
        self.assertEqual(0, done.returncode, done.stderr)
        done = self.exec("--log-file", log, environment={**files, "AWS_CA_BUNDLE": "~/ca.pem"})
        self.assertIn(NO_HOME, done.stderr)  # and not /ca.pem

    def test_a_home_that_it_may_not_write_as_containers_give_it_is_no_obstacle(self):
        # Docker and Kubernetes set HOME=/ for a uid that they do not know.
        files = {"HOME": "//", "AWS_CONFIG_FILE": self.aws_file("config"), "AWS_SHARED_CREDENTIALS_FILE": self.aws_file("credentials")}
        done = self.exec(environment=files)
        self.assertEqual(harness.EXEC_FAILED, done.returncode)
        self.assertRegex(done.stderr, "cannot make the folder /+.local: Permission denied")
        self.assertIn("--log-file", done.stderr)
        done = self.exec("--log-file", os.path.join(self.folder, "own.jsonl"), environment=files)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_doctor_looks_at_nothing_in_slash(self):
        doctor = os.path.join(os.path.dirname(self.layout.sentinel), "sentinel-doctor")
        harness.copy_program(os.path.join(BUILD, "supervisor/sentinel-doctor"), doctor)
        os.chmod(doctor, 0o755)
        done = self.run_as_it("doctor", "--json", environment={})
        told = json.loads(done.stdout)
        self.assertEqual(self.uid, told["uid"])
        self.assertEqual(str(self.uid), told["user"])
        self.assertNotIn("/.aws", done.stdout.replace("~/.aws", ""))

    def test_keys_are_not_put_in_slash(self):
        keys = os.path.join(os.path.dirname(self.layout.broker), "sentinel-keys")
        harness.copy_program(os.path.join(BUILD, "broker/sentinel-keys"), keys)
        os.chmod(keys, 0o755)
        done = self.run_as_it("keys", "list", environment={})
        self.assertEqual(0, done.returncode, done.stderr)
        done = self.run_as_it("keys", "remove", "none", environment={})
        self.assertNotEqual(0, done.returncode)
        self.assertIn(NO_HOME, done.stderr)


if __name__ == "__main__":
    main()
