#!/usr/bin/python3
"""sentinel keys rotate, killed: whenever that happens, the stored key is one that AWS takes, and a second try finishes."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import main, needs_own_home, wait_until  # noqa: E402
from keys_case import PASSPHRASE, RotationTest  # noqa: E402


@needs_own_home
class Killed(RotationTest):
    def rotation(self):
        run = self.start_keys("rotate", self.name)
        run.process.stdin.write(PASSPHRASE + "\n")
        run.process.stdin.flush()
        return run

    def kill(self, run):
        os.kill(run.pid, signal.SIGKILL)
        run.finish()
        wait_until(lambda: not self.own_processes(), "the end of the process that asks AWS")

    def assert_working_key(self):
        self.assertIn(self.stored_id(), self.iam_ids(), "the stored key is one that IAM does not know")
        self.assertLessEqual({name for name in os.listdir(self.store) if not name.startswith(".")}, {self.name + ".json"})
        self.assert_not_on_disk(*self.own_secrets())

    def finish_by_hand(self):
        """What the sentences say: run it again; a key that nobody has, by hand."""
        run = self.rotate()
        if run.code != 0:
            self.assertIn("LimitExceeded", run.stderr)
            other = next(iter(self.iam_ids() - {self.stored_id()}))
            self.assertIn(other, run.stderr)
            self.aws.control.revoke_key(id=other)
            run = self.rotate()
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual({self.stored_id()}, self.iam_ids())

    def test_while_aws_is_asked(self):
        for action, skip in (("GetCallerIdentity", 0), ("CreateAccessKey", 0), ("GetCallerIdentity", 1), ("DeleteAccessKey", 0)):
            self.aws.control.fault("hold", action=action, skip=skip)
            before = len(self.aws.calls(action))
            run = self.rotation()
            self.aws.wait_for_calls(before + skip + 1, action)
            self.kill(run)
            self.aws.control.clear()
            self.assert_working_key()
            self.finish_by_hand()

    def test_at_any_moment(self):
        began = time.monotonic()
        self.rotated()
        whole = time.monotonic() - began
        tries = 12
        for i in range(tries):
            run = self.rotation()
            time.sleep(whole * (i + 1) / tries)
            self.kill(run)
            self.assert_working_key()
            self.finish_by_hand()


if __name__ == "__main__":
    main()
