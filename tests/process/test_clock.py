"""A clock that is 90 minutes off: what a program is told of its credentials' end is by the clock that it looks at, the log keeps
AWS's, and the start, `whoami` and `sentinel doctor` say so once."""
import datetime
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from aws_case import PYTHON, TRANSPORTS, AwsTest, Run, policy, rule

OFF = 90 * 60
# What boto3 makes of it: it refuses credentials that "are still expired" after a refresh.
BOTO = ("import boto3, sys; keys = boto3.Session(region_name='eu-central-1').get_credentials(); "
        "print(keys.get_frozen_credentials().access_key); print(keys.refresh_needed())")
WORDS = {OFF: "this machine's clock is 90 minutes behind AWS's", -OFF: "this machine's clock is 90 minutes ahead of AWS's"}


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Clock(AwsTest):
    def left(self, text):
        return (moment(text) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()

    def assert_by_this_clock(self, expiration, life, off):
        self.assertLessEqual(self.left(expiration), life + 30)
        self.assertGreater(self.left(expiration), life - harness.PATIENCE)
        logged = [line for line in self.decisions() if line["outcome"] == "issued"][-1]["expires_at"]
        self.assertEqual(off, round((moment(logged) - moment(expiration)).total_seconds() / 60) * 60, "the log keeps AWS's")

    def assert_said_once(self, text, off):
        self.assertEqual(1, text.count("this machine's clock is"), text)
        self.assertIn(WORDS[off], text)

    def test_over_both_transports(self):
        for transport in TRANSPORTS:
            for off in (OFF, -OFF):
                with self.subTest(transport=transport, off=off):
                    self.aws.control.clock(offset=off)
                    asker = self.asker(transport=transport)
                    answers = asker.asks(2)
                    asker.end()
                    self.assertEqual([200, 200], [answer["status"] for answer in answers])
                    self.assert_by_this_clock(answers[0]["body"]["Expiration"], 900, off)
                    self.assert_said_once(asker.run.stderr, off)

    def test_boto3_takes_them_for_good(self):
        for transport in TRANSPORTS:
            for off in (OFF, -OFF):
                with self.subTest(transport=transport, off=off):
                    self.aws.control.clock(offset=off)
                    run = self.start("--server-duration", "1h", command=(PYTHON, "-c", BOTO), transport=transport).finish()
                    self.assertEqual(0, run.code, run.stderr)
                    self.assertRegex(run.stdout, "^ASIA[A-Z0-9]+\nFalse\n$")

    def test_without_a_server(self):
        path = self.write("policy.yaml", policy(rule()))
        for off in (OFF, -OFF):
            with self.subTest(off=off):
                self.aws.control.clock(offset=off)
                run = Run(self, ["credentials", "--profile", "ledger-prod", "--policy-file", path, "--log-file", self.log_path],
                          environment=self.environment(), cwd=self.folder).finish()
                self.assertEqual(0, run.code, run.stderr)
                self.assert_by_this_clock(json.loads(run.stdout)["Expiration"], 3600, off)
                self.assert_said_once(run.stderr, off)

    def test_a_lazy_run_hears_it_as_well(self):
        self.aws.control.clock(offset=OFF)
        asker = self.asker("--lazy", transport="unix")
        self.assert_by_this_clock(asker.ask()["body"]["Expiration"], 900, OFF)
        asker.end()
        self.assert_said_once(asker.run.stderr, OFF)

    def test_whoami_says_so(self):
        for off in (OFF, -OFF, 20):
            with self.subTest(off=off):
                self.aws.control.clock(offset=off)
                run = Run(self, ["whoami", "--profile", "marta", "--json"], environment=self.environment(), cwd=self.folder).finish()
                clock = json.loads(run.stdout)["clock"]
                if off == 20:
                    self.assertIsNone(clock)
                    self.assertEqual("", run.stderr)
                else:
                    self.assertIn("90 minutes", clock)
                    self.assert_said_once(run.stderr, off)

    def test_a_clock_that_is_right_is_not_spoken_of(self):
        asker = self.asker()
        answer = asker.ask()
        asker.end()
        self.assertNotIn("clock", asker.run.stderr)
        self.assertEqual(self.decisions()[0]["expires_at"], answer["body"]["Expiration"])

    def test_the_doctor_asks_how_far_it_is(self):
        doctor = os.path.join(self.layout.folder, "supervisor/sentinel-doctor")
        if not os.path.exists(doctor):
            self.layout._copy("supervisor/sentinel-doctor", "supervisor/sentinel-doctor")
        for off, standing in ((0, "holds"), (OFF, "weaker"), (-OFF, "weaker")):
            with self.subTest(off=off):
                self.aws.control.clock(offset=off)
                run = Run(self, ["doctor", "--json"], environment=self.environment(), cwd=self.folder).finish()
                check = {each["check"]: each for each in json.loads(run.stdout)["checks"]}["clock"]
                self.assertEqual(standing, check["standing"], check)
                self.assertEqual(standing == "weaker", "90 minutes" in json.dumps(check), check)


if __name__ == "__main__":
    unittest.main()
