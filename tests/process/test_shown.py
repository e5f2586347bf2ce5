#!/usr/bin/python3
"""What people see: colour on a terminal that shows it and nowhere else, and lines as wide as that terminal."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import BUILD, Run, Terminal, copy_program, main, needs_own_home  # noqa: E402
from keys_case import KeysTest  # noqa: E402

INK = "\x1b["


@needs_own_home
class Shown(KeysTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for tool in ("broker/sentinel-profiles", "supervisor/sentinel-doctor", "broker/sentinel-audit"):
            path = os.path.join(cls.layout.folder, tool)
            copy_program(os.path.join(BUILD, tool), path)
            os.chmod(path, 0o711)

    def commands(self):
        """Each with what it colours."""
        run = Run(self, ("keys", "add", self.name), environment=self.environment(), cwd=self.folder)
        run.finish(f"{self.id}\n{self.secret}\nthree plain words\n")
        self.assertEqual(0, run.code, run.stderr)
        return {("profiles",): f"{INK}1mmarta{INK}0m: ", ("keys", "list"): f"{INK}1m{self.name}{INK}0m  ",
                ("whoami", "--profile", "marta"): f"identity: {INK}1marn:aws:iam::",
                ("exec", "--no-such-option"): f"{INK}1;31msentinel:{INK}0m unknown option --no-such-option",
                ("audit", "show", "/none"): f"{INK}1;31msentinel:{INK}0m "}

    def shown(self, arguments, columns=400, **environment):
        around = {**self.environment(), "TERM": "xterm-256color", **environment}
        terminal = Terminal(self, [self.layout.sentinel, *arguments], environment={k: v for k, v in around.items() if v is not None},
                            columns=columns)
        terminal.wait()
        return terminal.text.replace("\r\n", "\n")

    def test_colour_is_for_a_terminal_that_shows_it(self):
        for arguments, coloured in self.commands().items():
            with self.subTest(arguments):
                self.assertIn(coloured, self.shown(arguments))
                for otherwise in ({"NO_COLOR": "1"}, {"CLICOLOR": "0"}, {"TERM": "dumb"}, {"TERM": ""}):
                    told = self.shown(arguments, **otherwise)
                    self.assertNotIn(INK, told, otherwise)
                    self.assertIn(re.sub(r"\x1b\[[0-9;]*m", "", coloured), told)
                self.assertIn(coloured, self.shown(arguments, NO_COLOR="", CLICOLOR="1"), "an empty NO_COLOR is none")
                run = Run(self, arguments, environment={**self.environment(), "TERM": "xterm", "CLICOLOR_FORCE": "1"}, cwd=self.folder).finish("")
                self.assertNotIn(INK, run.stdout + run.stderr, "a file or a pipe")

    def test_a_word_of_the_command_line_decides_for_the_tools(self):
        self.assertNotIn(INK, self.shown(("profiles", "--color", "never")))
        self.assertNotIn(INK, self.shown(("audit", "show", "--color", "never", "/none")))
        run = Run(self, ("profiles", "--color", "always"), environment={**self.environment(), "NO_COLOR": "1"}, cwd=self.folder).finish("")
        self.assertIn(INK, run.stdout)

    def test_lines_are_as_wide_as_the_terminal(self):
        for columns in (60, 85):
            for arguments in (("profiles",), ("doctor", "--offline"), ("exec", "--help"), ("--help",)):
                with self.subTest(arguments, columns=columns):
                    told = self.shown(arguments, columns=columns, TERM="dumb")
                    lines = told.splitlines()
                    self.assertGreater(len(lines), 5)
                    # A word is never cut, so one that is longer than the room stands alone.
                    long = [line for line in lines if len(line) > columns and len(line.split()) > 2]
                    self.assertEqual([], [line for line in long if len(line.rsplit(None, 1)[0]) > columns], told)
        wide = Run(self, ("profiles",), environment=self.environment(), cwd=self.folder).finish("")
        rows = [line for line in wide.stdout.splitlines() if not line.startswith(" ")]
        self.assertTrue(all(": " in row for row in rows), "a program reads one line for each")

    def test_a_stored_key_has_its_day_in_the_zone_of_its_reader(self):
        self.commands()
        run = Run(self, ("keys", "list"), environment={**self.environment(), "TZ": "Asia/Kolkata"}, cwd=self.folder).finish("")
        self.assertRegex(run.stdout, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d IST")
        self.assertRegex(self.listed()[self.name]["added"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


if __name__ == "__main__":
    main()
