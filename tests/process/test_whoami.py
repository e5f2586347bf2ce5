"""`sentinel whoami`: whose key it is, where it comes from, and what the policy would say now. Against the stand-in."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, Run, policy, rule
from standin_client import role_arn, user_arn


class Whoami(AwsTest):
    def whoami(self, profile, *options, environment=None):
        run = Run(self, ["whoami", "--profile", profile, *options],
                  environment={**self.environment(), **(environment or {})}, cwd=self.folder).finish()
        self.assert_no_secret(run.stdout + run.stderr, "the answer")
        self.assert_nothing_left()
        return run

    def refused(self, profile, *options, **more):
        run = self.whoami(profile, *options, **more)
        self.assertEqual((1, ""), (run.code, run.stdout), run.stderr)
        return run.stderr

    def told(self, profile, *options, **more):
        run = self.whoami(profile, *options, "--json", **more)
        self.assertEqual(0, run.code, run.stderr)
        return json.loads(run.stdout)

    def test_a_profile_that_is_not_there_is_refused(self):
        self.assertIn("nobody", self.refused("nobody"))

    def test_a_key_that_aws_does_not_know_is_refused_with_its_profile(self):
        self.write(".aws/credentials", "[marta]\naws_access_key_id = AKIANOBODY0000000000\naws_secret_access_key = x\n")
        self.assertIn("profile marta: GetCallerIdentity", self.refused("marta"))

    def test_a_policy_that_cannot_be_used_is_part_of_the_answer(self):
        told = self.told("marta", "--policy-parameter", "/sentinel/policies/absent")
        self.assertEqual("none", told["effect"])
        self.assertIn("there is no SSM parameter", told["rule"])
        self.assertEqual("marta", told["user"])

    def test_without_a_policy_it_says_who_and_from_where(self):
        told = self.told("ledger-chained")
        self.assertEqual(user_arn("marta"), told["arn"])
        self.assertEqual(("111122223333", "marta", "eu-central-1", None), (told["account"], told["user"], told["region"], told["effect"]))
        self.assertEqual(f"static (profile marta), then role {role_arn('ledger-prod')} (profile ledger-prod), then role "
                         f"{role_arn('ledger-chained')} (profile ledger-chained)", told["source"])
        self.assertEqual([], self.assume_role(), "nothing is issued")

    def test_it_says_what_the_policy_would_say_now(self):
        told = self.told("ledger-prod", "--policy-file", self.write("policy.yaml", policy(rule())))
        self.assertEqual(("allow", 'rule "the-rule": a test'), (told["effect"], told["rule"]))
        self.assertEqual([], self.assume_role())
        self.assertFalse(os.path.exists(self.log_path))

    def test_a_policy_that_tells_server_and_command_line_apart_is_shown_to(self):
        path = self.write("policy.yaml", policy(rule(name="served", conditions="{ profiles: [ledger-prod], mode: [server] }")))
        told = self.told("ledger-prod", "--policy-file", path)
        self.assertEqual("allow with --server --unix-socket, deny without", told["effect"])
        self.assertIn('rule "served": a test; without --server no rule matches', told["rule"])

    def test_a_broken_decision_log_is_no_hindrance_and_none_is_made(self):
        state = os.path.join(self.folder, "state")
        for broken in (True, False):
            if broken:
                os.makedirs(os.path.join(state, "sentinel"))
                self.write("state/sentinel/decisions.jsonl", "not a line of a log\n")
                for folder in ("state", "state/sentinel"):
                    self.owned(os.path.join(self.folder, folder))
            told = self.told("marta", environment={"XDG_STATE_HOME": state if broken else os.path.join(self.folder, "other")})
            self.assertEqual("marta", told["user"])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "other/sentinel/decisions.jsonl")))

    def test_its_lines_are_for_people(self):
        run = self.whoami("marta")
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn(f"identity: {user_arn('marta')}\n", run.stdout)
        self.assertIn("source:   static (profile marta)\n", run.stdout)


if __name__ == "__main__":
    unittest.main()
