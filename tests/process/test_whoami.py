#!/usr/bin/python3
"""`sentinel whoami` against a double of the broker: what is printed, and how it ends."""
import json

import harness
from harness import ProcessTest


class Whoami(ProcessTest):
    doubles = True

    def ask(self, profile, *more, **kwargs):
        return self.run_sentinel("whoami", "--profile", profile, *more, **kwargs)

    def test_an_answer_that_is_none_is_a_failure_with_nothing_on_stdout(self):
        for profile in ("nobody", "issues", "fail", "early-exit", "stray-message"):
            with self.subTest(profile):
                run = self.ask(profile)
                self.assertEqual((1, ""), (run.code, run.stdout))
                self.assertIn("sentinel: ", run.stderr)

    def test_the_identity_is_on_stdout_alone(self):
        run = self.ask("ok")
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual("", run.stderr)
        self.assertEqual("profile:  ok\nidentity: arn:aws:iam::111122223333:user/double\naccount:  111122223333\nuser:     double\n"
                         "source:   static\n", run.stdout)

    def test_json_is_one_object(self):
        run = self.ask("ok", "--json")
        self.assertEqual("arn:aws:iam::111122223333:user/double", json.loads(run.stdout)["arn"])
        self.assertEqual(None, json.loads(run.stdout)["effect"])

    def test_a_stdout_that_takes_nothing_is_a_failure(self):
        run = self.ask("ok", command_line_prefix=["/bin/sh", "-c", 'exec "$@" > /dev/full', "sh"])
        self.assertEqual(1, run.code)
        self.assertIn("cannot write to stdout", run.stderr)


if __name__ == "__main__":
    harness.main()
