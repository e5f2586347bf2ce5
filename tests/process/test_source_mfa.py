"""MFA: a long-term key and a one-time code make a session; roles that demand MFA are assumed from it. One code serves the
run, its renewals, and the user's other runs. The real program, the stand-in's device."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Terminal
from source_case import SourceTest, policy, role_arn, rule
from standin_client import mfa_serial


class MfaTest(SourceTest):
    word = "static"

    def setUp(self):
        super().setUp()
        self.add_profile("guarded", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"))

    def environment(self):
        # A state folder for each test: runs of one test share sessions, tests do not.
        return {**super().environment(), "XDG_STATE_HOME": os.path.join(self.folder, "state")}

    def sessions(self, outcome=None):
        return self.aws.calls("GetSessionToken", outcome)

    def by_program(self, name="by-program", **more):
        self.add_profile(name, role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"),
                         mfa_process=self.aws.mfa_process("marta"), **more)

    # ---- refusals

    def test_a_wrong_code_is_refused_by_aws_and_nothing_is_issued(self):
        said = self.refused("guarded", "AWS refused the MFA code", options=("--mfa-token", "000000"))
        self.assertNotIn("000000", said)
        self.assertEqual([], self.assume_role())

    def test_what_is_no_code_is_never_sent(self):
        self.refused("guarded", "six digits", options=("--mfa-token", "12345"))
        self.assertEqual([], self.sessions())

    def test_a_program_that_prints_no_code_is_named(self):
        self.add_profile("odd", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"),
                         mfa_process="/bin/echo no code today")
        self.refused("odd", "six digits", "by hand")

    def test_a_prompt_on_the_terminal_of_a_served_command_is_refused(self):
        self.refused("guarded", "terminal", options=("--prompt", "terminal"))

    def test_with_nobody_to_ask_it_says_how_a_code_can_be_given(self):
        said = self.refused("guarded", "MFA code")
        self.assertIn("--mfa-token", said)

    # ---- one code

    def test_a_code_on_the_command_line_makes_one_session_for_role_and_renewals(self):
        asker = self.served("guarded", options=("--mfa-token", self.aws.mfa_code("marta")))
        self.assertIn("assumed-role/ledger-mfa", self.who_am_i(asker))
        for answer in asker.asks(20, at_once=8):
            self.assert_served(answer)
        asker.end()
        self.assertEqual(1, len(self.sessions()))
        self.assertEqual("43200", self.sessions()[0]["params"]["DurationSeconds"])
        self.assert_logged(role_arn=role_arn("ledger-mfa"))

    def test_the_profiles_program_is_asked(self):
        self.by_program()
        asker = self.served("by-program")
        self.assertIn("assumed-role/ledger-mfa", self.who_am_i(asker))
        asker.end()
        self.assertEqual(1, len(self.sessions("ok")))

    def test_another_run_of_the_user_finds_the_session(self):
        first = self.served("guarded", options=("--mfa-token", self.aws.mfa_code("marta")))
        second = self.served("guarded")
        self.assert_served(second.ask())
        first.end(), second.end()
        self.assertEqual(1, len(self.sessions()), "the second run asked nobody")
        path = os.path.join(self.folder, "state", "sentinel", "sessions")
        with open(path, "rb") as file:
            self.assert_no_secret(file.read().decode("latin-1"), path)
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)

    def test_a_session_that_aws_has_forgotten_is_made_anew(self):
        self.by_program()
        self.served("by-program").end()
        for key in self.aws.control.keys():
            if key["id"].startswith("ASIA"):
                self.aws.control.revoke_key(id=key["id"])
        asker = self.served("by-program")
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual(2, len(self.sessions("ok")))

    def test_runs_at_the_same_time_ask_once(self):
        self.by_program()
        askers = [self.served("by-program") for _ in range(3)]
        for asker in askers:
            self.assert_served(asker.ask())
            asker.end()
        self.assertEqual(1, len(self.sessions("ok")))

    def on_the_terminal(self):
        path = self.write("policy.yaml", policy(rule(conditions="{ profiles: [guarded] }")))
        words = [self.layout.sentinel, "exec", "--server", "--unix-socket", "--profile", "guarded", "--policy-file", path,
                 "--log-file", self.log_path, "--", "/usr/bin/aws", "--endpoint-url", self.aws.url, "sts", "get-caller-identity"]
        return Terminal(self, words, environment={**self.environment(), "AWS_PAGER": ""})

    def test_the_terminal_is_asked_before_the_command_starts_and_shows_no_code(self):
        terminal = self.on_the_terminal()
        terminal.expect(mfa_serial("marta"))
        code = self.aws.mfa_code("marta")
        terminal.send(code + "\n")
        terminal.expect("assumed-role/ledger-mfa")
        self.assertNotIn(code, terminal.text)
        terminal.close()

    def test_a_code_that_aws_refuses_is_asked_for_again_and_the_terminal_says_why(self):
        terminal = self.on_the_terminal()
        terminal.expect("Code of the MFA device")
        self.assertNotIn("refused", terminal.text)
        terminal.send("000000\n")
        terminal.expect(f"The last code was refused\\. Code of the MFA device {mfa_serial('marta')}")
        terminal.send(self.aws.mfa_code("marta") + "\n")
        terminal.expect("assumed-role/ledger-mfa")
        terminal.close()
        self.assertEqual(2, len(self.sessions()))


if __name__ == "__main__":
    unittest.main()
