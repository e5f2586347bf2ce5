"""How long keys live: what STS is asked for and what is advertised, under each cap and in each mode."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, Run, policy, rule
from test_narrowing import seconds_of


class Served(AwsTest):
    def asked(self, more, *options, profile="ledger-prod"):
        """The durations that STS was asked for, last link last."""
        before = len(self.assume_role())
        text = policy(rule(conditions="{ profiles: [ledger-prod, ledger-chained, marta] }", more=more))
        asker = self.asker(*options, profile=profile, policy=("--policy-file", self.write("policy.yaml", text)))
        answer = asker.ask()
        self.assert_served(answer)
        asker.end()
        return [call["params"]["DurationSeconds"] for call in self.assume_role()[before:]]

    def test_less_than_sts_issues_is_refused_and_its_line_says_lifetime(self):
        for more in ("max_duration: 14m", "max_server_duration: 14m", "max_server_duration: 1h\n    max_duration: 1m"):
            with self.subTest(more=more):
                run = self.refused_start(policy=("--policy-file", self.write("policy.yaml", policy(rule(more=more)))))
                self.assertIn("caps the lifetime below the 15 minutes that STS can issue", run.stderr)
                self.assertIn("hard_expiry", run.stderr)
                self.assertEqual("lifetime", self.decisions()[-1]["check"])
        self.assertEqual([], self.assume_role())

    def test_a_cap_cuts_a_longer_wish(self):
        self.assertEqual(["1200"], self.asked("max_server_duration: 20m", "--server-duration", "1h"))
        self.assertEqual(["1200"], self.asked("max_duration: 20m", "--server-duration", "1h"))
        self.assertEqual(["1500"], self.asked("max_server_duration: 30m\n    max_duration: 25m", "--server-duration", "1h"))

    def test_a_cap_never_lengthens(self):
        self.assertEqual(["900"], self.asked("max_server_duration: 4h\n    max_duration: 4h"))
        self.assertEqual(["900"], self.asked("restrict: { hard_expiry: 4h }"))

    def test_a_chain_is_asked_for_an_hour_at_most(self):
        self.assertEqual(["900", "3600"], self.asked("max_duration: 4h", "--server-duration", "4h", profile="ledger-chained"))

    def test_a_session_without_a_role_keeps_to_the_caps_too(self):
        self.asked("max_duration: 20m", "--server-duration", "1h", profile="marta")
        self.assertEqual(["1200"], [call["params"]["DurationSeconds"] for call in self.aws.calls("GetSessionToken")])

    def test_longer_keys_never_answer_under_a_shorter_cap(self):
        asker = self.asker("--server-duration", "1h", policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        long = asker.ask()["body"]
        self.write("policy.yaml", policy(rule(more="max_duration: 20m")))
        short = {answer["body"]["AccessKeyId"]: answer["body"]["Expiration"] for answer in asker.asks(20, at_once=5)}
        asker.end()
        self.assertNotIn(long["AccessKeyId"], short)
        self.assertEqual(1, len(short))
        self.assertLess(seconds_of(*short.values()), seconds_of(long["Expiration"]) - 2300)

    def test_sts_that_answers_with_a_later_end_is_not_believed(self):
        self.aws.control.fault("lifetime", action="AssumeRole", seconds=36000)
        asker = self.with_policy(policy(rule()))
        body = asker.ask()["body"]
        asker.end()
        call, = self.assume_role()
        self.assertLess(seconds_of(body["Expiration"]), call["expires"] - 30000)


class WithoutAServer(AwsTest):
    def issue(self, more, *options, profile="ledger-prod"):
        """What `sentinel credentials` prints, and what STS was asked for."""
        before = len(self.assume_role())
        path = self.write("policy.yaml", policy(rule(conditions="{ profiles: [ledger-prod, ledger-chained] }", more=more)))
        run = Run(self, ["credentials", "--profile", profile, "--policy-file", path, "--log-file", self.log_path, *options],
                  environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        return json.loads(run.stdout), [call["params"]["DurationSeconds"] for call in self.assume_role()[before:]]

    def test_the_servers_cap_is_the_servers_alone(self):
        self.assertEqual(["3600"], self.issue("max_server_duration: 20m")[1])
        self.assertEqual(["1200"], self.issue("max_duration: 20m")[1])

    def test_the_profiles_own_duration_is_the_default_and_the_flag_goes_before_it(self):
        with open(self.aws_file("config")) as file:
            text = file.read()
        with open(self.aws_file("config"), "w") as file:
            file.write(text.replace("[profile ledger-prod]\n", "[profile ledger-prod]\nduration_seconds = 1800\n"))
        self.assertEqual(["1800"], self.issue("max_duration: 4h")[1])
        self.assertEqual(["2700"], self.issue("max_duration: 4h", "--duration", "45m")[1])

    def test_a_hard_expiry_is_advertised_and_in_the_session_policy(self):
        keys, asked = self.issue("restrict: { hard_expiry: 2m }")
        self.assertEqual(["900"], asked)
        self.assertIn(keys["Expiration"], self.assume_role()[-1]["params"]["Policy"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
