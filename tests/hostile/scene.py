"""What hostile tests share: the AWS stand-in, a run of the real programs with a puppet as its command, the decision log,
and the question whether a secret is where it must not be.
"""
import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "fakes"), os.path.join(HERE, "..", "process")]

from harness import CLEAN_ENVIRONMENT, PATIENCE, OrdinaryUser, ProcessTest, children_of, wait_until, main  # noqa: E402,F401
from standin_client import Standin, write_profiles  # noqa: E402

PYTHON = "/usr/bin/python3"
AS_ROOT = os.geteuid() == 0
POLICY = 'version: "1"\nrules:\n  - name: everyone\n    effect: allow\n    reason: a test\n    conditions: { profiles: [ledger-prod, marta] }\n'
needs_root = unittest.skipUnless(AS_ROOT, "needs root, to be somebody else")


def free_port():
    """A port that is free, and that the kernel gives to nobody who asks for any: what runs beside this test does not get it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first = int(file.read().split()[0])
    below = range(max(1024, first - 16384), first) or range(20000, 30000)
    for port in random.sample(below, min(100, len(below))):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port of {below} is free")


class Stage:
    """A running sentinel with a puppet inside. order(NAME, ...) makes the puppet do something of puppet.py."""

    def __init__(self, case, *flags, transport="unix", profile="ledger-prod", policy=None, **more):
        self.case = case
        self.log_path = os.path.join(case.user.home, f"decisions-{case.number()}.jsonl")
        self.transport = transport
        mode = ["--unix-socket"] if transport == "unix" else []
        self.arguments = ["exec", "--server", *mode, "--profile", profile, "--policy-file", policy or case.policy,
                          "--log-file", self.log_path, *flags, "--", PYTHON, "-B", case.puppet_path]
        self.run = case.start_sentinel(*self.arguments, environment=case.environment(), **more)
        first = self.run.line()
        if not first:
            self.run.finish()
            raise AssertionError(f"no run: code {self.run.code}\n{self.run.stderr}")
        self.puppet = json.loads(first)["ok"]
        self.environment = self.order("environment")

    def order(self, do, **arguments):
        self.run.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.run.process.stdin.flush()
        line = self.run.line()
        if not line:
            raise AssertionError(f"the command is gone while it was to {do}")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{do}: {answer['error']}")
        return answer["ok"]

    def order_last(self, do, **arguments):
        """An order that the command need not survive."""
        try:
            return self.order(do, **arguments)
        except (AssertionError, BrokenPipeError):
            return None

    @property
    def token(self):
        return self.environment.get("SENTINEL_AUTH_TOKEN") or self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")

    def log(self):
        with open(self.log_path) as file:
            return [json.loads(line) for line in file]

    def last(self):
        return self.log()[-1]

    def helpers(self):
        """Name and pid of each process of ours: face, keeper, broker, witness, frontend."""
        broker = self.run.helper("broker")
        witness = wait_until(lambda: next(iter(children_of(broker)), None), "the witness")
        return {"face": self.run.pid, "keeper": self.run.keeper, "broker": broker, "witness": witness,
                "frontend": self.run.helper("frontend")}

    def end(self):
        return self.run.finish()

    def end_by_itself(self):
        """For a run that must end although its command wants to go on."""
        wait_until(lambda: self.run.process.poll() is not None, "the end of the run")
        self.run.finish()
        self.case.assertNotEqual(0, self.run.code)

    def stolen(self):
        """The part of the command's environment that a thief would take."""
        names = ("SENTINEL_UNIX_SOCKET", "SENTINEL_AUTH_TOKEN", "SENTINEL_ANSWER_KEY", "SENTINEL_SERVER_PID",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN")
        return {name: self.environment[name] for name in names if name in self.environment}


class HostileTest(ProcessTest):
    """Each class has a user, the programs, and a stand-in for AWS of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.aws = Standin()
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)
        write_profiles(cls.user.home)
        folder = os.path.join(cls.user.home, "policy")
        os.mkdir(folder)
        cls.policy = os.path.join(folder, "policy.yaml")
        with open(cls.policy, "w") as file:
            file.write(POLICY)
        cls.puppet_path = os.path.join(cls.user.folder, "puppet.py")
        shutil.copy(os.path.join(HERE, "puppet.py"), cls.puppet_path)
        os.chmod(cls.puppet_path, 0o644)
        cls._number = 0
        if cls.user.made:
            for top, folders, files in os.walk(cls.user.home):
                for name in [".", *files]:
                    os.chown(os.path.join(top, name), cls.user.uid, cls.user.gid)

    @classmethod
    def number(cls):
        cls._number += 1
        return cls._number

    def environment(self):
        # Named, because an ordinary user's home is the one in the password database, not the test's.
        aws = os.path.join(self.user.home, ".aws")
        return {"AWS_ENDPOINT_URL": self.aws.url, "AWS_CONFIG_FILE": os.path.join(aws, "config"),
                "AWS_SHARED_CREDENTIALS_FILE": os.path.join(aws, "credentials")}

    def stage(self, *flags, **more):
        return Stage(self, *flags, **more)

    def as_stranger(self, do, env, user=None, **arguments):
        """Does `do` of puppet.py outside of every run, as the test's user, as `user`, or as "root"."""
        who = {}
        if AS_ROOT and user != "root":
            who = (user or self.user).popen_arguments()
        done = subprocess.run([PYTHON, "-B", self.puppet_path, do, json.dumps(arguments)], capture_output=True, text=True,
                              env={**CLEAN_ENVIRONMENT, **env}, cwd="/", timeout=PATIENCE, **who)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def assert_served(self, answer):
        self.assertEqual(200, answer["status"], answer)
        self.assertIn(json.loads(answer["body"])["SecretAccessKey"], self.aws.secrets())

    def assert_refused(self, answer, status=403):
        self.assertEqual(status, answer["status"], answer)
        self.assert_no_secret(json.dumps(answer))

    def assert_no_secret(self, text, where="the answer"):
        data = text if isinstance(text, bytes) else text.encode()
        for secret in self.aws.secrets():
            self.assertNotIn(secret.encode(), data, f"a secret is in {where}")

    def assert_still_serves(self, stage):
        self.assert_served(stage.order("fetch"))
