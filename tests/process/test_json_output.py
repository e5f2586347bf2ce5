#!/usr/bin/python3
"""Whatever is printed with --json is one object in one form (`ok`, `findings`, then what was asked for), also where the command
fails or its command line is wrong, and nothing in it steers a terminal: every command that has the option, asked about files
and texts with such characters in their names. And each ends with the code that the manual gives it."""
import json
import os
import re
import subprocess
import sys
import unicodedata
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import policy, rule  # noqa: E402
from harness import AS_INSTALLED, BUILD, Run, copy_program, main, needs_own_home  # noqa: E402
from keys_case import KeysTest  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Right to left, C1's start of a sequence, two line separators, DEL, escape, a zero-width blank, a tag above U+FFFF.
HOSTILE = "\u202e\u009b\u2028\u2066\u200b\u007f\u001b[2J\U000e0001"
TOOLS = {"sentinel-audit": "broker", "sentinel-policy": "broker", "sentinel-keys": "broker", "sentinel-profiles": "broker",
         "sentinel-cache": "broker", "sentinel-host": "broker", "sentinel-doctor": "supervisor"}


def commands():
    """Every command but those that hand out credentials, and init, which prints files; from the table that makes them."""
    with open(os.path.join(TOP, "ipc/commands/commands.def")) as file:
        words = re.findall(r"COMMAND\(\s*\w+, \"([^\"]+)\"", file.read())
    return {word for word in words if word not in ("exec", "credentials", "init", "login")}


@needs_own_home
class Json(KeysTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for tool, folder in TOOLS.items():
            if tool == "sentinel-keys":
                continue
            path = os.path.join(os.path.dirname(os.path.dirname(cls.layout.broker)), folder, tool)
            copy_program(os.path.join(BUILD, folder, tool), path)
            os.chmod(path, AS_INSTALLED)

    def setUp(self):
        super().setUp()
        self.hostile = os.path.join(self.folder, HOSTILE)
        os.mkdir(self.hostile)
        self.owned(self.hostile)
        self.good = self.put("good.yaml", policy(rule()))
        self.bad = self.put("bad.yaml", "version: \"" + HOSTILE)
        self.other = self.put("other.yaml", policy(rule("deny", reason="closed")))

    def put(self, name, text, mode=0o600):
        path = os.path.join(self.hostile, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return self.owned(path)

    def make_key(self):
        path = os.path.join(self.hostile, "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-out", path + ".pub"], check=True)
        for each in (path, path + ".pub"):
            os.chmod(self.owned(each), 0o600)
        return path

    def log_lines(self):
        """As somebody else's program may have written them: JSON, with everything raw that JSON allows."""
        raw = HOSTILE.replace("\u001b", "")
        return "".join(f'{{"timestamp":"2026-01-0{day}T00:00:00Z","user":"{raw}","profile":"p","effect":"deny",\t"rule":"{raw}"}}\n'
                       for day in (1, 2))

    def table(self):
        """Command: how it is asked, what it is told, and the code that it ends with; each where it has something to say."""
        log = self.put("log.jsonl", self.log_lines())
        torn = self.put("torn.jsonl", self.log_lines()[:-1])
        cases = self.put("cases.yaml", "policy: good.yaml\ncases:\n  - { name: a, user: marta, profile: ledger-prod, mode: server, expect: { effect: deny } }\n")
        key = self.make_key()
        parameter = ("--policy-parameter", "/sentinel/policies/json", "--profile", "marta")
        self.aws.control.put_parameter(name="/sentinel/policies/raw", value=HOSTILE)
        asked = ("--user", "marta", "--profile", "ledger-prod")
        return {
            "whoami": [(("--profile", "marta"), "", 0), (("--profile", "marta", "--policy-file", self.bad), "", 1),
                       (("--profile", "marta", "--policy-file", self.hostile + "/none.yaml"), "", 1)],
            "status": [((), "", 3)],
            "policy validate": [((self.good,), "", 0), ((self.good, self.bad, self.hostile), "", 1)],
            "policy lint": [((self.good,), "", 0), ((self.bad,), "", 1)],
            "policy explain": [((*asked, self.good), "", 0), ((*asked, self.bad), "", 1)],
            "policy test": [((cases,), "", 1)],
            "policy diff": [((self.good, self.good), "", 0), ((self.good, self.other), "", 1), ((self.good, self.bad), "", 2)],
            "policy schema": [((), "", 0)],
            "host validate": [((self.bad,), "", 1), ((self.hostile + "/none.yaml",), "", 1)],
            "host principal": [(("0", self.bad), "", 1), (("0", self.hostile + "/none.yaml"), "", 1)],
            "host schema": [((), "", 0)],
            "policy sign": [(("--sign-key", key, "--name", "ledger", self.good), "", 0), (("--sign-key", key, self.good), "", 1)],
            "policy verify": [(("--policy-key", key + ".pub", "--name", "ledger", self.good), "", 0), (("--policy-key", key + ".pub", self.other), "", 1)],
            "policy push": [((*parameter, "--sign-key", key, self.good), "", 0), ((*parameter, self.bad), "", 1)],
            "policy pull": [(parameter, "", 0), (("--policy-parameter", "/sentinel/policies/raw", "--profile", "marta"), "", 0),
                            ((*parameter, "--output", self.hostile + "/pulled.yaml"), "", 0)],
            "audit verify": [((log,), "", 0), ((torn,), "", 1), (("--head", self.good, log), "", 1)],
            "audit show": [((log,), "", 0), ((torn,), "", 1)],
            "audit stats": [((log,), "", 0), ((torn,), "", 1), (("--since", "1h", log), "", 0), ((self.hostile + "/none",), "", 1)],
            "profiles": [((), "", None)],
            "status": [((), "", 3)],
            "doctor": [(("--offline",), "", None)],
            "cache list": [((), "", 0)],
            "cache clear": [(("--all",), "", 0), (("--profile", HOSTILE), "", 1)],
            "keys add": [((self.name,), f"{self.id}\n{self.secret}\nthree plain words\n", 0), ((self.name,), "", 1)],
            "keys list": [((), "", 0)],
            "keys rotate": [((self.name,), "three plain words\n", 0)],
            "keys remove": [((self.name,), "", 0), ((self.name,), "", 1)],
        }

    def assert_json(self, text, code, what):
        """One form: a program that reads it needs to know no command. `ok` is the exit code, and a failure says what it found."""
        answer = json.loads(text)
        self.assertIsInstance(answer, dict, what)
        self.assertEqual(["ok", "findings"], [key for key in answer if key in ("ok", "findings")], what)
        # A list of decisions may be longer than memory, so it is printed before it is known how it ends.
        self.assertTrue("decisions" in answer or list(answer)[:2] == ["ok", "findings"], what)
        self.assertEqual(code == 0, answer["ok"], what)
        for finding in answer["findings"]:
            self.assertEqual(["severity", "what"], list(finding)[:2], what)
            self.assertTrue(all(isinstance(finding[key], str) and finding[key] for key in ("severity", "what")), what)
        self.assertTrue(answer["ok"] or answer["findings"], what)
        steering = [c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or unicodedata.bidirectional(c) in ("RLE", "RLO"))]
        self.assertEqual([], steering, what)
        return answer

    def test_every_command_prints_json_that_steers_no_terminal_and_ends_as_documented(self):
        table = self.table()
        self.assertEqual(commands(), set(table), "each command has a row")
        for command, rows in table.items():
            for arguments, said, code in rows:
                with self.subTest(command=command, arguments=arguments):
                    # Below the folder with that name, so that what is told of the files' own place has it, too.
                    run = Run(self, (*command.split(), *arguments, "--json"), environment=self.environment(), cwd=self.hostile).finish(said)
                    told = f"{command} {arguments!r}: {run.stdout!r} {run.stderr!r}"
                    self.assertIn(run.code, (0, 1) if code is None else (code,), told)
                    answer = self.assert_json(run.stdout, run.code, told)
                    if command == "audit show":
                        self.assertIn(HOSTILE.replace("\u001b", ""), [line["user"] for line in answer["decisions"]], told)

    def test_a_wrong_command_line_is_2_for_every_tool_and_said_as_json_too(self):
        """stdout was empty before errors were JSON, too: a program that asked for JSON had to read sentences then."""
        for command in commands():
            with self.subTest(command=command):
                run = Run(self, (*command.split(), "--json", "--no-such-option"), environment=self.environment()).finish("")
                self.assertEqual(1 if command in ("whoami", "status") else 2, run.code, run.stderr)
                finding, = self.assert_json(run.stdout, run.code, run.stderr)["findings"]
                self.assertEqual("unknown option --no-such-option", finding["what"])
                self.assertIn(finding["what"], run.stderr, "people read it, too")

    def test_a_tool_that_is_started_by_hand_says_its_misuse_as_json(self):
        for tool, folder in TOOLS.items():
            path = os.path.join(os.path.dirname(os.path.dirname(self.layout.broker)), folder, tool)
            if tool == "sentinel-doctor":
                continue  # it reads no options of its own
            done = subprocess.run([path, "nonsense", "--json=true"], capture_output=True, text=True, env=self.environment(),
                                  **self.user.popen_arguments())
            self.assertEqual(2, done.returncode, done.stderr)
            self.assert_json(done.stdout, 2, done.stdout)

    def test_a_json_of_the_commands_own_is_its_own(self):
        run = Run(self, ("exec", "--no-such-option", "--", "true", "--json"), environment=self.environment()).finish("")
        self.assertEqual((125, ""), (run.code, run.stdout))


if __name__ == "__main__":
    main()
