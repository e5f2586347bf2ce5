#!/usr/bin/python3
"""Clients of another user below a run, or beside it: refused as ever, and told so: by the helper that SDKs run, by the answer
on the socket, and on the run's terminal.
"""
import contextlib
import json
import os
import pwd
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from aws_case import PYTHON, AwsTest, policy, rule
from harness import main
from test_old_hosts import without

UNSHARE = {"x86_64": 272}.get(os.uname().machine, 97)

ALONE = "a run serves the user who started it alone: change the user first, and start sentinel exec as the new one"

# As gosu does it: the same process, another user. Then what SDKs run; then it ends, or stays until its stdin ends.
CHANGED = r"""
import json, os, subprocess, sys
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
done = subprocess.run([sys.argv[2]], capture_output=True, text=True)
try: open(os.environ['AWS_CONFIG_FILE']); config = ''
except OSError as error: config = error.strerror
print(json.dumps({'code': done.returncode, 'stdout': done.stdout, 'stderr': done.stderr, 'config': config}), flush=True)
if sys.argv[3] == 'stays': sys.stdin.read()
sys.exit(3)
"""


@unittest.skipUnless(os.geteuid() == 0, "needs root, to change the user")
class FromRootToAnother(AwsTest):
    ourselves = True

    def started(self, then, transport="unix"):
        other = pwd.getpwnam("nobody").pw_uid
        return other, self.start(command=(PYTHON, "-c", CHANGED, str(other), self.layout.credential_process, then), transport=transport,
                                 policy=("--policy-file", self.write("policy.yaml", policy(rule()))))

    def assert_told(self, other, run, told):
        self.assertEqual(1, told["code"])
        self.assertEqual("", told["stdout"])
        self.assertEqual("Permission denied", told["config"])
        self.assertIn(f"sentinel: user {other} may not reach sentinel's socket ", told["stderr"])
        self.assertIn("Permission denied; " + ALONE, told["stderr"])
        self.assertEqual(1, told["stderr"].count("\n"), told["stderr"])
        self.assertEqual(1, run.stderr.count(f"a process of the command runs as user {other}, and this run serves user 0 alone"), run.stderr)

    def test_a_command_that_changes_its_user_and_ends_is_told(self):
        other, run = self.started("ends")
        told = json.loads(run.line())
        self.assertEqual(3, run.finish().code)
        self.assert_told(other, run, told)

    def test_one_that_stays_is_told_while_it_runs_and_once(self):
        other, run = self.started("stays")
        told = json.loads(run.line())
        run.hear("a process of the command runs as user")
        self.assertEqual(3, run.finish("").code)
        self.assert_told(other, run, told)

    def test_a_child_that_changes_its_user_as_su_does_is_told_of(self):
        other = pwd.getpwnam("nobody").pw_uid
        run = self.start(command=("sh", "-c", 'setpriv --reuid "$0" --clear-groups cat; exit 3', str(other)), transport="unix",
                         policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        run.hear(f"a process of the command runs as user {other}")
        self.assertEqual(3, run.finish("").code)

    def test_a_command_that_keeps_its_user_is_told_nothing(self):
        run = self.start(command=("true",), transport="unix",
                         policy=("--policy-file", self.write("policy.yaml", policy(rule())))).finish()
        self.assertNotIn("runs as user", run.stderr)


@harness.needs_own_home
class FromAnotherToRoot(AwsTest):
    """Root reaches every socket: what sudo below a run does."""

    prefix = ()

    def setUp(self):
        super().setUp()
        self.asker = self.with_policy(policy(rule()), transport="unix", command_line_prefix=self.prefix)
        self.around = self.asker.order("environment")

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(harness.PATIENCE)
        client.connect(self.around["SENTINEL_UNIX_SOCKET"])
        return client

    def ask(self, client):
        answer = b""
        with client, contextlib.suppress(ConnectionError):  # whoever is told at once may not be read any more
            client.sendall(f"GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: {self.around['SENTINEL_AUTH_TOKEN']}\r\n\r\n".encode())
            while part := client.recv(65536):
                answer += part
        return answer.decode()

    def test_the_helper_says_what_is_wrong_and_so_does_the_terminal(self):
        done = subprocess.run([self.layout.credential_process], capture_output=True, text=True, env=self.around)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertEqual(f"sentinel: this program runs as user 0, and the run serves user {self.user.uid} alone; {ALONE} "
                         "(gosu USER sentinel exec ..., sudo -u USER sentinel exec ...)\n", done.stderr)
        self.asker.run.hear("the caller runs as another user")
        line = self.decisions()[-1]
        self.assertEqual(("peer-user", 0), (line["check"], line["peer_uid"]))
        self.assert_served(self.asker.ask())
        self.assertEqual(0, self.asker.end().code)
        self.assertEqual(1, self.asker.run.stderr.count("the caller runs as another user"), self.asker.run.stderr)
        self.assertIn(ALONE.split(":")[0], self.asker.run.stderr)

    def test_any_client_sees_a_refusal_and_no_end_of_file(self):
        answer = self.ask(self.connect())
        self.assertIn("HTTP/1.1 403 ", answer)
        self.assert_no_secret(answer, "the answer to another user")
        self.asker.run.hear("the caller runs as another user")
        self.asker.end()


class FromAnotherToRootWithoutNamespaces(FromAnotherToRoot):
    """Where the frontend gets no user namespace of its own, as in most containers, it tells users apart by itself."""

    prefix = without(UNSHARE)

    def test_a_silent_one_keeps_neither_members_nor_strangers_waiting(self):
        with self.connect():
            answer = harness.wait_until(lambda: self.refused_at_once(), "the refusal of a second stranger")
            self.assertIn("UserNotServed", answer)
            self.assert_served(self.asker.ask())
        self.asker.end()

    def refused_at_once(self):
        """What the frontend says by itself while another stranger is there; empty where the broker answered."""
        answer = self.ask(self.connect())
        self.assertNotIn("HTTP/1.1 200", answer)
        return answer if "UserNotServed" in answer else ""


class NamespacesOfTheirOwn(AwsTest):
    """Sandboxes run their programs in a user namespace, under another number for the same user."""

    def test_a_number_that_stands_for_the_runs_user_is_that_user(self):
        if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, **self.user.popen_arguments()).returncode != 0:
            self.skipTest("this host refuses user namespaces")
        asker = self.with_policy(policy(rule()), transport="unix")
        for ways in (("--map-root-user",), ("--map-current-user",), ()):
            with self.subTest(ways):
                done = asker.order("run", argv=["unshare", "--user", *ways, self.layout.credential_process])
                self.assertEqual(0, done["code"], done["stderr"])
                self.assertIn(json.loads(done["stdout"])["SecretAccessKey"], self.aws.secrets())
        self.assertEqual(0, asker.end().code)
        self.assertNotIn("runs as user", asker.run.stderr)


if __name__ == "__main__":
    main()
