"""A /proc that hides processes (hidepid, as hardened hosts mount it) hides Sentinel's own from their user, since nobody may read
them. A run works there all the same; without a /proc one sentence says what is missing."""
import os
import subprocess
import sys
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import TRANSPORTS, Asker, AwsTest, Run, policy, rule
import harness
from harness import main

# A /proc of its own, in pid and mount namespaces of their own: before Linux 5.8 all that is mounted in a pid namespace shares
# its options.
IN_ITS_PROC = ("unshare", "--mount", "--pid", "--fork", "--propagation", "private", "sh", "-c",
               'umount -l /proc; [ "$1" = none ] || mount -t proc -o "$1" proc /proc && shift && exec "$@"', "sh")
WAYS = ("hidepid=1", "hidepid=2", "hidepid=4", "subset=pid", "hidepid=2,subset=pid")


def knows(options):
    return subprocess.run([*IN_ITS_PROC, options, "true"], capture_output=True).returncode == 0


@unittest.skipUnless(os.geteuid() == 0 and knows("hidepid=2"), "needs root and namespaces, to mount another /proc: start the tests as root")
class HiddenProc(AwsTest):
    options = "hidepid=2"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout._copy("supervisor/sentinel-doctor", "supervisor/sentinel-doctor")

    def setUp(self):
        super().setUp()
        self.policy_path = self.write("policy.yaml", policy(rule()))

    def sentinel(self, *arguments):
        become = ("setpriv", f"--reuid={self.user.uid}", f"--regid={self.user.gid}", "--clear-groups")
        with mock.patch.object(self.user, "popen_arguments", return_value={}):
            return Run(self, arguments, environment=self.environment(), cwd=self.folder,
                       command_line_prefix=(*IN_ITS_PROC, self.options, *become))

    def start(self, *options, command, transport="tcp", **more):
        mode = ["--unix-socket"] if transport == "unix" else []
        return self.sentinel("exec", "--server", *mode, "--profile", "ledger-prod", "--policy-file", self.policy_path, "--log-file",
                             self.log_path, *options, "--", *command)

    def test_a_run_serves_over_each_transport(self):
        for self.options in filter(knows, WAYS):
            for transport in TRANSPORTS:
                with self.subTest(options=self.options, transport=transport):
                    asker = Asker(self, transport=transport)
                    self.assert_served(asker.ask())
                    self.assertEqual("token-wrong", self.refusal_of(asker, token="x" * 43))
                    self.assertEqual(0, asker.end().code, asker.run.stderr)
                    self.assertIn("python3", self.decisions()[0]["peer_executable"])

    def refusal_of(self, asker, **order):
        self.assertEqual(403, asker.order("asks", **order)[0]["status"])
        return self.decisions()[-1]["check"]

    def test_what_answers_once_does(self):
        for words in (("credentials",), ("whoami",), ("exec", "--", "true")):
            with self.subTest(words=words):
                run = self.sentinel(words[0], "--profile", "ledger-prod", "--policy-file", self.policy_path, *words[1:]).finish()
                self.assertEqual(0, run.code, run.stderr)

    def test_doctor_names_it(self):
        for self.options in ("hidepid=1", "hidepid=2"):
            with self.subTest(options=self.options):
                told = self.sentinel("doctor", "--offline").finish().stdout
                self.assertRegex(told, r"/proc hides Sentinel's processes even from their own user \(hidepid=\w+: runs work all the same\)")
                self.assertIn("whether a process of a run is traced cannot be seen", told)
        self.options = "hidepid=0"
        self.assertNotIn("/proc hides", self.sentinel("doctor", "--offline").finish().stdout)

    @unittest.skipIf(harness.SANITIZED, "a sanitizer wants /proc, and says so among our lines")
    def test_without_proc_one_sentence_says_so(self):
        self.options = "none"
        for words in (("exec", "--server", "--profile", "ledger-prod", "--policy-file", self.policy_path, "--", "true"),
                      ("credentials", "--profile", "ledger-prod", "--policy-file", self.policy_path)):
            with self.subTest(words=words):
                run = self.sentinel(*words).finish()
                self.assertNotEqual(0, run.code)
                lines = run.stderr.splitlines()
                self.assertEqual(2, len(lines), run.stderr)
                self.assertIn("/proc", lines[1], "the next step")


if __name__ == "__main__":
    main()
