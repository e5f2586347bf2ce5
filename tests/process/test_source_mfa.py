"""MFA: a long-term key and a one-time code make a session; roles that demand MFA are assumed from it. One code serves the
run, its renewals, and the user's other runs. The real program, the stand-in's device."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from aws_case import PYTHON, Run
from harness import Terminal, needs_own_home
from source_case import SourceTest, policy, role_arn, rule
from standin_client import mfa_serial, user_arn

SHARED = ("--share-mfa",)

# Looks for the key of the shared sessions wherever a process of this user may look, and says whether it is there.
KEY_OF_SESSIONS = r"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
SESSION, USER, USER_SESSION, SEARCH, SYS_KEYCTL = -3, -4, -5, 10, 250
found = [libc.syscall(SYS_KEYCTL, SEARCH, ring, b"user", b"sentinel:sessions", 0) for ring in (SESSION, USER, USER_SESSION)]
print("key" if any(key > 0 for key in found) else "none", found, flush=True)
"""
CLEAR_KEYRING = "import ctypes; ctypes.CDLL(None).syscall(250, 7, -4)"  # KEYCTL_CLEAR of the user's
# A login as PAM makes it: a session keyring of the user's own. Runs the words twice in it, and then looks for the key itself.
LOGIN = r"""
import ctypes, json, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
assert libc.syscall(250, 1, None) > 0, ctypes.get_errno()  # KEYCTL_JOIN_SESSION_KEYRING
for _ in range(2):
    subprocess.run(json.loads(sys.argv[1]), check=True)
""" + KEY_OF_SESSIONS


class MfaTest(SourceTest):
    word = "static"

    def setUp(self):
        super().setUp()
        if self.user.made:
            self.clear_keyring()  # of who had this uid before
            self.addCleanup(self.clear_keyring)
        self.add_profile("guarded", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"))

    def clear_keyring(self):
        subprocess.run([PYTHON, "-c", CLEAR_KEYRING], check=True, **self.user.popen_arguments())

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

    def on_command_line(self, run, code):
        """Whether the code stands in the list of processes: of the program that was started, and of each that it has made."""
        return any(code in harness.command_line(pid) for pid in (run.pid, *self.own_processes()))

    def test_a_code_from_stdin_or_a_descriptor_is_in_no_list_of_processes_and_the_rest_is_the_commands(self):
        command = ("/bin/sh", "-c", "read line; echo \"$line\"; read end")
        for transport in ("tcp", "unix"):
            with self.subTest(transport=transport):
                code = self.aws.mfa_code("marta")
                run = self.start("--mfa-token", "-", command=command, profile="guarded", policy=self.policy_for("guarded"),
                                 transport=transport)
                run.process.stdin.write(f" {code} \nthe command's own\n")
                run.process.stdin.flush()
                self.assertEqual("the command's own", run.line())
                self.assertFalse(self.on_command_line(run, code))
                run.finish("\n")
                self.assertEqual(0, run.code, run.stderr)
                self.assertNotIn("command line", run.stderr)
        reading, writing = os.pipe()
        os.write(writing, self.aws.mfa_code("marta").encode())
        os.close(writing)
        run = self.start("--mfa-token-fd", str(reading), command=("/bin/sh", "-c", f"ls /proc/self/fd/{reading} 2>&1; true"),
                         profile="guarded", policy=self.policy_for("guarded"), pass_fds=(reading,)).finish()
        os.close(reading)
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn("No such file", run.stdout, "the command has the descriptor")

    def test_what_is_no_code_there_is_refused_with_its_place(self):
        for text, options, said in (("12345\n", ("--mfa-token", "-"), "what --mfa-token - reads is not a code"),
                                    ("", ("--mfa-token", "-"), "six digits"), ("1234567\n", ("--mfa-token=-",), "six digits"),
                                    ("x" * 100, ("--mfa-token", "-"), "six digits"),
                                    ("", ("--mfa-token-fd", "77"), "descriptor 77 of --mfa-token-fd is not open"),
                                    ("", ("--mfa-token-fd", "x"), "is not a descriptor"),
                                    ("", ("--mfa-token-fd", "0", "--mfa-token", "123456"), "are both given")):
            with self.subTest(options=options, text=text):
                run = self.start(*options, command=("touch", self.marker), profile="guarded", policy=self.policy_for("guarded"))
                run.finish(text)
                self.assertEqual(run.own_failure, run.code)
                self.assertIn(said, run.stderr)
                self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assertEqual([], self.sessions())

    def test_a_code_in_the_command_line_is_warned_of_and_wiped_there(self):
        code = self.aws.mfa_code("marta")
        asker = self.served("guarded", options=("--mfa-token", code))
        self.assertFalse(self.on_command_line(asker.run, code))
        asker.end()
        self.assertIn("pipe it into --mfa-token -", asker.run.stderr)

    def test_the_profiles_program_is_asked(self):
        self.by_program()
        asker = self.served("by-program")
        self.assertIn("assumed-role/ledger-mfa", self.who_am_i(asker))
        asker.end()
        self.assertEqual(1, len(self.sessions("ok")))

    def state_file(self):
        return os.path.join(self.folder, "state", "sentinel", "sessions")

    def test_without_being_told_to_no_session_is_shared_and_nothing_is_left_that_could_be(self):
        self.by_program()
        for _ in range(2):
            self.served("by-program").end()
        self.assertEqual(2, len(self.sessions("ok")), "the second run asked for itself")
        self.assertFalse(os.path.exists(self.state_file()))
        if self.user.made:
            done = subprocess.run([PYTHON, "-c", KEY_OF_SESSIONS], capture_output=True, text=True, **self.user.popen_arguments())
            self.assertEqual("none", done.stdout.split()[0], done.stderr)

    def test_whoever_was_asked_hears_how_the_next_code_could_be_saved(self):
        for options, told in (((), True), (SHARED, False)):
            asker = self.served("guarded", options=(*options, "--mfa-token", self.aws.mfa_code("marta")))
            asker.end()
            self.assertEqual(told, "--share-mfa lets your runs share one" in asker.run.stderr, asker.run.stderr)

    def test_whoami_says_that_a_session_of_another_run_is_used_and_since_when(self):
        self.by_program()
        self.served("by-program", options=SHARED).end()
        run = Run(self, ["whoami", "--profile", "by-program", "--json", *SHARED], environment=self.environment(), cwd=self.folder).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertRegex(json.loads(run.stdout)["source"], r"that another run made at 20[0-9-]+T[0-9:]+Z \(--share-mfa\)")
        self.assertEqual(1, len(self.sessions("ok")))
        alone = Run(self, ["whoami", "--profile", "by-program", "--json"], environment=self.environment(), cwd=self.folder).finish()
        self.assertNotIn("another run", alone.stdout)

    def test_a_session_of_another_identity_is_never_used(self):
        """It lies in the store under our key's own id: AWS has said nothing about it yet."""
        self.by_program()
        self.served("by-program", options=SHARED).end()
        session = next(key for key in self.aws.control.keys() if key["token"] and key["arn"].endswith("user/marta"))
        self.aws.control.put_user(name="nina")
        self.aws.control.give_key(id=session["id"], user="nina")
        asker = self.served("by-program", options=SHARED)
        self.assert_served(asker.ask())
        asker.end()
        self.assertIn("belongs to " + user_arn("nina"), asker.run.stderr)
        self.assertEqual(2, len(self.sessions("ok")), "a code of its own")

    @needs_own_home
    def test_the_command_has_a_session_keyring_of_its_own(self):
        """In a login that has one (pam_keyinit), the key of the shared sessions is out of the command's reach."""
        self.by_program()
        words = [self.layout.sentinel, "exec", "--profile", "by-program", *self.policy_for("by-program"), "--log-file", self.log_path,
                 *SHARED, "--", PYTHON, "-c", KEY_OF_SESSIONS]
        done = subprocess.run([PYTHON, "-c", LOGIN, json.dumps(words)], capture_output=True, text=True, cwd=self.folder,
                              env={**harness.CLEAN_ENVIRONMENT, "HOME": self.user.home, harness.MARK: self.mark, **self.environment()},
                              **self.user.popen_arguments())
        told = [line for line in done.stdout.splitlines() if line.startswith(("ring", "none", "key"))]
        self.assertEqual(["none", "none", "key"], [line.split()[0] for line in told], (done.stdout, done.stderr))
        self.assertEqual(1, len(self.sessions("ok")), "both runs of the login share the session")

    def test_another_run_of_the_user_finds_the_session(self):
        first = self.served("guarded", options=(*SHARED, "--mfa-token", self.aws.mfa_code("marta")))
        second = self.served("guarded", options=SHARED)
        self.assert_served(second.ask())
        first.end(), second.end()
        self.assertEqual(1, len(self.sessions()), "the second run asked nobody")
        path = self.state_file()
        with open(path, "rb") as file:
            self.assert_no_secret(file.read().decode("latin-1"), path)
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)

    def test_a_session_that_aws_has_forgotten_is_made_anew(self):
        self.by_program()
        self.served("by-program", options=SHARED).end()
        for key in self.aws.control.keys():
            if key["id"].startswith("ASIA"):
                self.aws.control.revoke_key(id=key["id"])
        asker = self.served("by-program", options=SHARED)
        self.assert_served(asker.ask())
        asker.end()
        self.assertEqual(2, len(self.sessions("ok")))

    def test_runs_at_the_same_time_ask_once(self):
        self.by_program()
        askers = [self.served("by-program", options=SHARED) for _ in range(3)]
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
