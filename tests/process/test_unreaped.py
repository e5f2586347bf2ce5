"""Many a container's first process waits for nobody: an orphan that ends below it stays in the process table. So nothing that
Sentinel starts may be left to it, however the run went."""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, AwsTest, Run, policy, rule
from harness import children_of, command_line, main, wait_until

# A first process that waits for the one program that it was told to run. Whoever else becomes its child is named in the file
# that it was given, once they have all ended: they are what is left over.
FIRST = r"""
import ctypes, json, os, signal, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
report, *words = sys.argv[1:]
program = os.fork()
if program == 0:
    os.execv(words[0], words)
signal.signal(signal.SIGINT, signal.SIG_IGN)
status = os.waitpid(program, 0)[1]
def stat(pid):
    with open(f'/proc/{pid}/stat') as file:
        name, rest = file.read().split('(', 1)[1].rsplit(')', 1)
    return name, rest.split()[0]
end = time.monotonic() + 60
while True:
    with open('/proc/thread-self/children') as file:
        left = [stat(pid) for pid in file.read().split()]
    if all(state == 'Z' for _, state in left) or time.monotonic() > end:
        break
    time.sleep(0.01)
with open(report, 'w') as file:
    json.dump(left, file)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


class Unreaped(AwsTest):
    def setUp(self):
        super().setUp()
        self.report = os.path.join(self.folder, "left")
        self.policy_path = self.write("policy.yaml", policy(rule()))

    def below_first(self, *words, profile="ledger-prod"):
        return Run(self, [*words[:1], "--profile", profile, "--policy-file", self.policy_path, *words[1:]],
                   environment=self.environment(), cwd=self.folder,
                   command_line_prefix=(PYTHON, "-c", FIRST, self.report))

    def assert_nothing_unreaped(self, run, code=0, failed=False):
        run.finish()
        self.assertEqual(run.own_failure if failed else code, run.code, run.stderr)
        with open(self.report) as file:
            self.assertEqual([], json.load(file))
        return run

    def test_what_answers_once_leaves_nothing(self):
        for words in (("credentials",), ("whoami",), ("exec", "--", "true")):
            with self.subTest(words=words):
                self.assert_nothing_unreaped(self.below_first(*words))

    def test_a_refusal_leaves_nothing(self):
        self.write("policy.yaml", policy(rule("deny")))
        for words in (("credentials",), ("exec", "--", "true")):
            with self.subTest(words=words):
                self.assertIn("deny", self.assert_nothing_unreaped(self.below_first(*words), failed=True).stderr)

    def test_a_run_with_a_server_leaves_nothing(self):
        for options in ((), ("--unix-socket",)):
            with self.subTest(options=options):
                self.assert_nothing_unreaped(self.below_first("exec", "--server", *options, "--", "true"))

    def test_a_program_that_prints_keys_leaves_nothing(self):
        program = self.write("printer", "#!/bin/sh\necho '" + json.dumps(
            {"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x" * 40}) + "'\n", 0o700)
        self.add_to_config(f"[profile printer]\nregion = eu-central-1\ncredential_process = {program}\n")
        self.write("policy.yaml", policy(rule(conditions="{ profiles: [printer] }")))
        for words in (("credentials",), ("exec", "--server", "--", "true")):
            with self.subTest(words=words):  # AWS does not know the key: refused, when the program has done its work
                self.assert_nothing_unreaped(self.below_first(*words, profile="printer"), failed=True)

    def begin_and_wait(self, *words):
        """A run that waits for STS; it, its broker and the witness."""
        self.aws.control.fault("hold", action="AssumeRole")
        run = self.below_first(*words)
        asked = len(self.assume_role())
        wait_until(lambda: len(self.assume_role()) > asked, "the call to STS")
        sentinel = wait_until(lambda: next(iter(children_of(run.pid)), None), "sentinel")
        broker = wait_until(lambda: next((pid for pid in children_of(sentinel) if "broker" in command_line(pid)), None), "the broker")
        return run, sentinel, broker

    def test_a_broker_that_was_killed_leaves_nothing(self):
        for words in (("credentials",), ("exec", "--", "true")):
            with self.subTest(words=words):
                run, _, broker = self.begin_and_wait(*words)
                os.kill(broker, signal.SIGKILL)
                self.assertIn("the broker ended", self.assert_nothing_unreaped(run, failed=True).stderr)
                self.aws.control.release()

    def test_a_signal_leaves_nothing(self):
        run, sentinel, _ = self.begin_and_wait("credentials")
        os.kill(sentinel, signal.SIGTERM)
        self.assert_nothing_unreaped(run, -signal.SIGTERM & 255)
        self.aws.control.release()

    def test_the_command_inherits_no_children_and_is_no_subreaper(self):
        told = self.below_first("exec", "--", PYTHON, "-c",
                                "import ctypes; v = ctypes.c_int(7); ctypes.CDLL(None).prctl(37, ctypes.byref(v), 0, 0, 0); "
                                "print(v.value, open('/proc/thread-self/children').read().split())")
        self.assertEqual("0 []", self.assert_nothing_unreaped(told).stdout.strip())


if __name__ == "__main__":
    main()
