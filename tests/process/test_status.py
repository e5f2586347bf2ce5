"""`sentinel status` inside of a run, and outside of one: asked of the run's own server, with the checks of every client. Against
the stand-in."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import TRANSPORTS, AwsTest, Run, policy, rule
from harness import for_people
from standin_client import role_arn

OUTSIDE = 3


class Status(AwsTest):
    def status(self, asker, *options):
        return asker.order("run", argv=[self.layout.sentinel, "status", *options])

    def told(self, asker):
        answer = self.status(asker, "--json")
        self.assertEqual((0, ""), (answer["code"], answer["stderr"]))
        self.assert_no_secret(answer["stdout"], "the status")
        told = json.loads(answer["stdout"])
        self.assertEqual((True, []), (told.pop("ok"), told.pop("findings")))
        return told

    def test_a_profile_is_refused_that_it_would_not_answer_for(self):
        run = Run(self, ["status", "nonsense"], cwd=self.folder).finish()
        self.assertEqual((1, ""), (run.code, run.stdout), run.stderr)
        self.assertIn("unexpected argument nonsense", run.stderr)
        self.assertIn("Usage: sentinel status [options]\n", Run(self, ["status", "--help"], cwd=self.folder).finish().stdout)

    def test_outside_of_a_run_it_says_so(self):
        for options, out, err in (((), "", "not inside of a sentinel run"), (("--short",), "", None)):
            run = Run(self, ["status", *options], cwd=self.folder).finish()
            self.assertEqual((OUTSIDE, out), (run.code, run.stdout), run.stderr)
            self.assertIn(err, run.stderr) if err else self.assertEqual("", run.stderr)
        run = Run(self, ["status", "--json"], cwd=self.folder).finish()
        self.assertEqual((OUTSIDE, False), (run.code, json.loads(run.stdout)["ok"]))
        run = Run(self, ["status", "--json", "--short"], cwd=self.folder).finish()
        self.assertEqual(1, run.code, run.stdout)

    def test_a_stolen_token_learns_nothing_and_is_logged_as_for_credentials(self):
        asker = self.asker(transport="unix")
        environment = asker.order("environment")
        stolen = Run(self, ["status"], environment={key: value for key, value in environment.items() if key.startswith(("SENTINEL_", "AWS_"))},
                     cwd=self.folder).finish()
        self.assertEqual((1, ""), (stolen.code, stolen.stdout))
        self.assertIn("refuses to say", stolen.stderr)
        self.assertEqual(403, asker.ask(path="/status", token="wrong")["status"])
        asker.end()
        self.assertEqual(2, sum(line["outcome"] == "refused" for line in self.decisions()))

    def test_it_says_how_the_run_stands_over_each_transport(self):
        for transport in TRANSPORTS:
            path = self.write("policy.yaml", policy(rule()))
            asker = self.asker(transport=transport, policy=("--policy-file", path))
            told = self.told(asker)
            self.assertEqual(("ledger-prod", role_arn("ledger-prod"), "allow", "the-rule", path, transport, self.log_path),
                             tuple(told[key] for key in ("profile", "role", "effect", "rule", "policy", "transport", "log")))
            self.assertRegex(told["policy_sha256"], r"^[0-9a-f]{64}$")
            self.assertEqual(asker.ask()["body"]["Expiration"], told["keys_end"])
            lines = self.status(asker)["stdout"]
            self.assertIn("profile:   ledger-prod\n", lines)
            self.assertIn(f"keys end:  {for_people(told['keys_end'])}\n", lines)
            self.assertRegex(self.status(asker, "--short")["stdout"], r"^ledger-prod \d+m\n$")
            before = len(self.decisions())
            self.status(asker)
            self.assertEqual(before, len(self.decisions()), "nothing was handed out, so nothing is logged")
            asker.end()

    def test_a_policy_that_changed_shows_at_once(self):
        asker = self.with_policy(policy(rule()), transport="unix")
        hash_before = self.told(asker)["policy_sha256"]
        self.write("policy.yaml", policy(rule("deny", name="closed")))
        told = self.told(asker)
        self.assertEqual(("deny", "closed", None), (told["effect"], told["rule"], told["keys_end"]))
        self.assertNotEqual(hash_before, told["policy_sha256"])
        self.assertEqual("ledger-prod refused\n", self.status(asker, "--short")["stdout"])
        asker.end()

    def test_quiet_reasons_keeps_rule_and_policy_from_it(self):
        asker = self.asker("--quiet-reasons", transport="unix",
                           policy=("--policy-file", self.write("policy.yaml", policy(rule()))))
        told = self.told(asker)
        self.assertEqual(("allow", None, None, None), tuple(told[key] for key in ("effect", "rule", "policy", "policy_sha256")))
        asker.end()

    def test_nothing_is_fetched_for_it(self):
        asker = self.asker("--lazy", transport="unix")
        self.assertEqual((None, "ledger-prod\n"), (self.told(asker)["keys_end"], self.status(asker, "--short")["stdout"]))
        self.assertEqual([], self.assume_role())
        asker.end()

    def test_without_a_server_the_environment_tells(self):
        run = Run(self, ["exec", "--profile", "ledger-prod", "--policy-file", self.write("policy.yaml", policy(rule())), "--log-file", self.log_path, "--",
                         self.layout.sentinel, "status", "--json"], environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        told = json.loads(run.stdout)
        self.assertEqual(("ledger-prod", "environment"), (told["profile"], told["transport"]))
        self.assertRegex(told["keys_end"], r"^20\d\d-")

    def test_a_server_that_is_gone_or_is_not_the_runs_is_told_apart(self):
        path = os.path.join(self.folder, "no-socket")
        variables = {"AWS_SENTINEL": "x", "SENTINEL_UNIX_SOCKET": path, "SENTINEL_AUTH_TOKEN": "t", "SENTINEL_SERVER_PID": "1"}
        run = Run(self, ["status"], environment=variables, cwd=self.folder).finish()
        self.assertEqual((1, ""), (run.code, run.stdout))
        self.assertIn("cannot reach the run's server", run.stderr)
        asker = self.asker(transport="unix")
        elsewhere = {**variables, "SENTINEL_UNIX_SOCKET": asker.order("environment")["SENTINEL_UNIX_SOCKET"]}
        run = Run(self, ["status"], environment=elsewhere, cwd=self.folder).finish()
        self.assertIn("another process than this run's server listens", run.stderr)
        asker.end()
        self.assertEqual([], self.decisions(), "nothing was sent to it")


if __name__ == "__main__":
    unittest.main()
