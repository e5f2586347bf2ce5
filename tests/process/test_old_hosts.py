#!/usr/bin/python3
"""Hosts that lack something: container runtimes that answer EPERM for calls they do not know, little lockable memory, a file
whose interpreter is gone. A run works there, or says what the kernel said, and what to do.
"""
import errno
import os
import resource
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, TRANSPORTS, AwsTest, policy, rule
from harness import main

OLD_RUNTIME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "old_runtime.py")
# The same numbers on every architecture, from 424 on.
PIDFD_OPEN, CLOSE_RANGE, FACCESSAT2 = 434, 436, 439
SOCKET = {"x86_64": 41}.get(os.uname().machine, 198)
LIMIT = 64 * 1024


def below(first, error, *numbers):
    return (PYTHON, "-B", OLD_RUNTIME, str(first), str(error), ",".join(map(str, numbers)), "--")


def without(*numbers):
    """Only these calls are refused."""
    return below(10_000, errno.EPERM, *numbers)


class OldRuntimes(AwsTest):
    def serve_below(self, prefix):
        for transport in TRANSPORTS:
            with self.subTest(transport):
                asker = self.with_policy(policy(rule()), transport=transport, command_line_prefix=prefix)
                self.assert_served(asker.ask())
                self.assertEqual(0, asker.end().code, asker.run.stderr)

    def test_every_call_since_close_range_is_answered_with_eperm(self):
        # With them goes Landlock (444 to 446) and memfd_secret (447): the run has the weaker level, and serves.
        self.serve_below(below(CLOSE_RANGE, errno.EPERM))

    def test_every_call_since_close_range_is_unknown(self):
        self.serve_below(below(CLOSE_RANGE, errno.ENOSYS))

    def test_a_command_is_found_where_faccessat2_is_not_allowed(self):
        run = self.start(command=("true",), policy=("--policy-file", self.write("policy.yaml", policy(rule()))),
                         command_line_prefix=without(FACCESSAT2)).finish()
        self.assertEqual((0, ""), (run.code, run.stdout), run.stderr)

    def test_without_pidfd_open_no_run_starts_and_the_sentence_names_it(self):
        for error in (errno.EPERM, errno.ENOSYS):
            run = self.refused_start(command_line_prefix=below(10_000, error, PIDFD_OPEN))
            self.assertIn("pidfd_open", run.stderr)
            self.assertIn(os.strerror(error), run.stderr)
            self.assertIn("seccomp profile", run.stderr)


class Sandboxes(AwsTest):
    def test_a_client_whose_sandbox_has_no_unix_sockets_is_told_so(self):
        asker = self.with_policy(policy(rule()), transport="unix")
        for error in (errno.EPERM, errno.EAFNOSUPPORT):
            done = asker.order("run", argv=[*below(10_000, error, SOCKET), self.layout.credential_process])
            self.assertEqual((1, ""), (done["code"], done["stdout"]))
            self.assertIn(f": {os.strerror(error)}; allow Unix sockets in the sandbox that it runs in, or start sentinel exec without "
                          "--unix-socket", done["stderr"])
        self.assert_served(asker.ask())
        self.assertEqual(0, asker.end().code)


class LockedMemory(AwsTest):
    def limited(self, soft, hard):
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft, hard))}

    def test_a_limit_that_is_too_low_is_named_with_the_way_on(self):
        run = self.refused_start(**self.limited(LIMIT, LIMIT))
        self.assertIn("the limit of locked memory is 64 KiB, and 1024 KiB are needed", run.stderr)
        for way in ("ulimit -l", "LimitMEMLOCK", "--ulimit memlock="):
            self.assertIn(way, run.stderr)

    def test_a_soft_limit_below_the_hard_one_is_raised(self):
        asker = self.with_policy(policy(rule()), **self.limited(LIMIT, 4 * 1024 * 1024))
        self.assert_served(asker.ask())
        self.assertEqual(0, asker.end().code)


class Interpreters(AwsTest):
    def test_a_script_whose_interpreter_is_gone_is_not_called_absent(self):
        script = self.write("script", "#!/nowhere/interpreter\n", mode=0o700)
        run = self.start(command=(script,), policy=("--policy-file", self.write("policy.yaml", policy(rule())))).finish()
        self.assertEqual(126, run.code)
        self.assertIn(f"command {script} is there, and the interpreter of its first line", run.stderr)
        self.assertNotIn("was not found", run.stderr)

    def test_a_command_in_a_folder_that_may_not_be_entered_is_not_called_absent(self):
        folder = os.path.join(self.folder, "shut")
        os.mkdir(folder, 0o000)
        self.owned(folder)
        run = self.start(command=("no-such-command-anywhere",), environment={"PATH": f"{folder}:/usr/bin"},
                         policy=("--policy-file", self.write("policy.yaml", policy(rule())))).finish()
        self.assertEqual(126 if self.user.uid else 127, run.code)
        self.assertIn("Permission denied" if self.user.uid else "was not found", run.stderr)


if __name__ == "__main__":
    main()
