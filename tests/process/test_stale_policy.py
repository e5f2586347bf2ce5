#!/usr/bin/python3
"""A policy that cannot be refreshed is used for its age, said so, and then no more."""
import time
import unittest

from aws_case import AwsTest, wait_until

POLL = ("--policy-poll", "5s")
GONE = {"action": "GetParameter", "status": 503, "code": "ServiceUnavailable", "count": 0}


class StalePolicy(AwsTest):
    def stale_asker(self, age):
        asker = self.asker(*POLL, "--policy-max-age", age)
        self.assert_served(asker.ask())
        self.assertNotIn("policy_age_seconds", self.decisions()[-1])
        self.aws.control.fault("error", **GONE)
        return asker

    def test_it_is_used_for_its_age_with_that_age_in_the_log_and_then_refused_until_it_is_fresh(self):
        asker = self.stale_asker("25s")
        began = time.monotonic()

        def aged():
            self.assert_served(asker.ask())
            return "policy_age_seconds" in self.decisions()[-1]
        wait_until(aged, "a stale decision", patience=25)
        wait_until(lambda: asker.ask()["status"] == 403, "the end of its age", patience=60)
        self.assertGreater(time.monotonic() - began, 15, "refused before its age")
        self.assertIn("could not be refreshed for 25 seconds", self.decisions()[-1]["reason"])
        self.aws.control.clear()
        wait_until(lambda: asker.ask()["status"] == 200, "service again")
        self.assertNotIn("policy_age_seconds", self.decisions()[-1])
        asker.end()
        self.assertEqual(1, asker.run.stderr.count("the one in force is used until it is 25 seconds old"), asker.run.stderr)
        self.assertEqual(1, asker.run.stderr.count("could be refreshed again"), asker.run.stderr)

    def test_with_an_age_of_zero_a_failed_refresh_refuses(self):
        asker = self.stale_asker("0s")
        wait_until(lambda: asker.ask()["status"] == 403, "a refusal", patience=40)
        self.assertIn("could not be refreshed", self.decisions()[-1]["reason"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
