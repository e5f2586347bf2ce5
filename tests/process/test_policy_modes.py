#!/usr/bin/python3
"""What only a server may have is served by a server alone, and what needs an approval is refused without one. In whole
runs. (Tracked sessions, and the three ways to name their table: test_session_tracking.py.)"""
import unittest

from aws_case import TRANSPORTS, AwsTest, Run, policy, rule

MODES = "{{ profiles: [ledger-prod], mode: [{}] }}"


class EndToEnd(AwsTest):
    def once(self, word, text, *command, environment=None):
        path = self.write("policy.yaml", text)
        return Run(self, [word, "--profile", "ledger-prod", "--policy-file", path, "--log-file", self.log_path, *command],
                   environment={**self.environment(), **(environment or {})}, cwd=self.folder).finish()

    def file(self, text):
        return ("--policy-file", self.write("policy.yaml", text))

    # Where nothing is served no session is tracked, whatever table the rule or the environment names.
    def test_require_server_session_is_refused_without_a_server_whatever_table_is_named(self):
        for text in (policy(rule("require_server_session")), policy(rule("require_server_session", more="session_table: sentinel-sessions"))):
            for word, command in (("exec", ("--", "touch", self.marker)), ("credentials", ())):
                run = self.once(word, text, *command, environment={"SENTINEL_SESSION_TABLE": "sentinel-sessions"})
                self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
                self.assertIn("a tracked session is required", run.stderr)
                self.assertIn("sentinel exec --server", run.stderr)
                self.assertIn("the rule must name its table", run.stderr)
                self.assertEqual(("refused", "deny", "policy"), tuple(self.decisions()[-1][key] for key in ("outcome", "effect", "check")))
        self.assertEqual(([], []), (self.assume_role(), self.aws.calls("PutItem")))

    def test_require_server_and_mode_server_are_served_and_to_nobody_without_a_server(self):
        for text in (policy(rule("require_server")), policy(rule(conditions=MODES.format("server")))):
            with self.subTest(text=text):
                issued = len(self.assume_role())
                for word, command in (("exec", ("--", "touch", self.marker)), ("credentials", ())):
                    run = self.once(word, text, *command)
                    self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
                self.assertEqual(issued, len(self.assume_role()))
                for transport in TRANSPORTS:
                    asker = self.with_policy(text, transport=transport)
                    self.assert_served(asker.ask())
                    self.assertEqual(0, asker.end().code, asker.run.stderr)
                    self.assertEqual(("issued", "allow", "server"), tuple(self.decisions()[-1][key] for key in ("outcome", "effect", "mode")))

    def test_require_approval_without_one_is_refused_in_every_mode(self):
        text = policy(rule("require_approval"), rule("allow", "a-later-rule"))
        self.assertIn("no approval for this user and profile is on record", self.refused_start(policy=self.file(text)).stderr)
        for word, command in (("exec", ("--", "touch", self.marker)), ("credentials", ())):
            run = self.once(word, text, *command)
            self.assertEqual((run.own_failure, ""), (run.code, run.stdout), run.stderr)
            self.assertIn("no approval for this user and profile is on record", run.stderr)
        self.assertEqual([("require_approval", "refused", mode) for mode in ("server", "cli", "credential_process")],
                         [tuple(line[key] for key in ("effect", "outcome", "mode")) for line in self.decisions()])
        self.assertEqual([], self.assume_role())

    def test_a_rule_that_comes_to_require_approval_refuses_the_next_request(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                asker = self.with_policy(policy(rule()), transport=transport)
                self.assert_served(asker.ask())
                self.write("policy.yaml", policy(rule("require_approval"), rule("allow", "a-later-rule")))
                self.assertEqual(403, asker.ask()["status"], "keys that were fetched before are not handed out either")
                self.write("policy.yaml", policy(rule()))
                self.assert_served(asker.ask())
                asker.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
