"""How a run meets its user at a terminal: a list of profiles where none is named, and the line with which a shell begins.
Against the stand-in, on a pty."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, Run, policy, rule
from harness import Terminal

ASKS = r"number or name: "


class AtATerminal(AwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout._copy("broker/sentinel-profiles", "broker/sentinel-profiles")

    def setUp(self):
        super().setUp()
        conditions = '{ profiles: [{ glob: "*" }] }'
        self.policy = self.write("policy.yaml", policy(rule(conditions=conditions)))
        self.options = f"--server --unix-socket --policy-file {self.policy} --log-file {self.log_path}"

    def shell(self):
        terminal = Terminal(self, ["bash", "--norc", "--noprofile", "-i"], environment=self.environment())
        terminal.expect("ready> ")
        return terminal

    def start(self, words, command=""):
        terminal = self.shell()
        terminal.send(f"{self.layout.sentinel} {words} {command}; echo ended-$?\n")
        terminal.expect(r"ended-\$\?\r\n")
        return terminal

    def picker(self, command="-- sh -c 'echo profile=$AWS_SENTINEL'", word="exec"):
        terminal = self.start(f"{word} {self.options if word == 'exec' else ''}", command)
        terminal.expect("No profile is named. Which one")
        listed = terminal.expect(ASKS)
        return terminal, listed

    def numbers(self, terminal):
        return dict((name, number) for number, name in re.findall(r"^ +(\d+)  (\S+)\r$", terminal.text, re.M))

    def leave(self, terminal):
        terminal.send("exit\n")
        terminal.wait()
        terminal.close()

    def test_without_a_terminal_a_profile_must_be_named(self):
        run = Run(self, ["exec", *self.options.split(), "--", "touch", self.marker], environment=self.environment(), cwd=self.folder).finish()
        self.assertNotEqual(0, run.code)
        self.assertIn("--profile is missing", run.stderr)
        self.assertFalse(os.path.exists(self.marker))

    def test_a_profile_as_the_only_word_is_told_how_it_is_written(self):
        terminal = self.start(f"exec {self.options} otto")
        terminal.expect("no profile is named")
        terminal.expect("write `sentinel exec otto --` for a shell")
        terminal.expect(r"ended-125\r\n")
        self.assertNotIn("Which one", terminal.text)
        self.leave(terminal)

    def test_an_sdk_that_asks_has_no_user_at_hand(self):
        terminal = self.start(f"credentials --policy-file {self.policy} --log-file {self.log_path}")
        terminal.expect("--profile is missing")
        terminal.expect(r"ended-1\r\n")
        self.assertNotIn("Which one", terminal.text)
        self.leave(terminal)

    def test_control_c_and_the_end_of_the_input_start_nothing(self):
        terminal, _ = self.picker(f"-- touch {self.marker}")
        terminal.send("\x03")
        terminal.expect("ready> ")  # bash gives up the whole line that was interrupted
        terminal.send("echo code-$?\n")
        terminal.expect(r"code-130\r\n")
        self.leave(terminal)
        terminal, _ = self.picker(f"-- touch {self.marker}")
        terminal.send("\x04")
        terminal.expect("no profile was chosen")
        terminal.expect(r"ended-\d+")
        self.leave(terminal)
        self.assertFalse(os.path.exists(self.marker))

    def test_what_fits_no_profile_or_several_is_asked_again(self):
        terminal, _ = self.picker()
        for typed, said in (("no-such\n", "no profile is called no-such"), ("ledger-\n", "is the beginning of ledger-"), ("\n", "nothing was typed")):
            terminal.send(typed)
            terminal.expect(said)
            terminal.expect(ASKS)
        terminal.send("ledger-pr\n")
        terminal.expect("profile=ledger-prod")
        terminal.expect("ended-0")
        self.leave(terminal)

    def test_a_number_chooses_and_the_list_is_that_of_profiles(self):
        terminal, _ = self.picker()
        numbers = self.numbers(terminal)
        self.assertEqual({"marta", "otto", "ledger-prod", "ledger-audit", "ledger-external", "ledger-short", "ledger-denied",
                          "ledger-no-source-identity", "ledger-chained"}, set(numbers))
        terminal.send(numbers["otto"] + "\n")
        terminal.expect("profile=otto")
        terminal.expect("ended-0")
        self.leave(terminal)

    def test_whoami_asks_too(self):
        terminal, _ = self.picker("", "whoami")
        terminal.send("otto\n")
        terminal.expect(r"profile:  otto\r\n")
        terminal.expect("ended-0")
        self.leave(terminal)

    def test_a_shell_begins_with_a_line_and_other_commands_do_not(self):
        line = 'sentinel: profile ledger-prod, role ledger-prod of 111122223333, rule "the-rule", '
        environment_keys = self.options.replace("--server --unix-socket ", "")
        for options, how in ((self.options, "Unix socket"), (self.options.replace("--unix-socket ", ""), r"TCP on 127\.0\.0\.1"),
                             (environment_keys, "keys in the environment until 20")):
            terminal = self.start(f"exec --profile ledger-prod {options}", "-- bash --norc --noprofile")
            terminal.expect(re.escape(line) + how + r".*; exit leaves\r\n")
            terminal.expect("ready> ")
            self.leave_twice(terminal)
        for options, command in ((self.options + " --quiet", "-- bash --norc --noprofile"), (self.options, "-- bash -c 'PS1= ; echo \"ready> \"; read x'")):
            terminal = self.start(f"exec --profile ledger-prod {options}", command)
            terminal.expect("ready> ")
            self.assertNotIn("exit leaves", terminal.text)
            self.leave_twice(terminal)

    def leave_twice(self, terminal):
        terminal.send("exit\n")
        terminal.expect("ended-0")
        self.leave(terminal)


if __name__ == "__main__":
    unittest.main()
