"""What cannot work is refused before the command starts: one sentence, the next step, a code that is not 0, nothing left."""
import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import harness

LEAST = ("--profile", "ok", "--policy-file", "p", "--log-file", "decisions")
TOUCH = ("--", "touch", "the-command-ran")


class BadInput(harness.ProcessTest):
    doubles = True

    def refused(self, arguments, *sentences, code=None, **more):
        """Runs with these arguments, and expects a refusal that says `sentences`."""
        run = self.start_sentinel(*arguments, **more).finish()
        self.assertEqual((run.own_failure if code is None else code, ""), (run.code, run.stdout), run.stderr)
        for sentence in sentences:
            self.assertIn(sentence, run.stderr)
        lines = run.stderr.splitlines()
        self.assertGreaterEqual(len(lines), 2, "a next step is missing: " + run.stderr)
        self.assertTrue(all(line.startswith("sentinel: ") for line in lines), run.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.user.home, "the-command-ran")))
        self.assertEqual([], self.own_files())
        self.assertEqual([], self.own_processes())
        return run

    def exec_refused(self, *options_and_sentences, **more):
        options, sentences = options_and_sentences
        return self.refused(("exec", "--server", *LEAST, *options, *TOUCH), *sentences, **more)

    def test_senseless_combinations(self):
        for arguments, sentence in (
                ((), "no command is given"),
                (("exce",), "unknown command exce"),
                (("exec", "--server"), "--profile is missing"),
                (("exec", "--server", "--profile", "x"), "--policy-parameter or --policy-file or --remote-server is missing"),
                (("exec", "--server", "--profile="), "empty value"),
                (("exec", *LEAST, "--lazy"), "--lazy does nothing without --server"),
                (("exec", *LEAST, "--server", "--policy-parameter", "/p"), "both given"),
                (("exec", *LEAST, "--server", "--unix-socket-path", "s"), "does nothing without --unix-socket"),
                (("exec", *LEAST, "--server", "--unix-socket", "--server-port", "1"), "does nothing with --unix-socket"),
                (("exec", *LEAST, "--server", "--server-duration", "1m"), "outside what AWS grants"),
                (("exec", *LEAST, "--sever"), "did you mean --server?")):
            with self.subTest(arguments=arguments):
                self.refused((*arguments,), sentence)

    def test_a_tools_command_line_is_refused_with_its_own_code(self):
        for arguments, sentence in (
                (("policy",), "no command is given"), (("audit", "shw"), "did you mean `sentinel audit show`?"),
                (("policy", "lint"), "policy lint needs FILE"), (("policy", "lint", "a", "--jsn"), "did you mean --json?"),
                (("policy", "explain", "f"), "--user is missing"), (("policy", "lint", "a", "b"), "unexpected argument b"),
                (("audit", "show", "a", "--effect", "maybe"), "--effect maybe is unknown")):
            with self.subTest(arguments=arguments):
                self.refused(arguments, sentence, code=2)

    def test_a_tool_gets_the_line_in_order_with_the_callers_surroundings_and_answers_itself(self):
        tool = os.path.join(self.layout.folder, "broker/sentinel-policy")
        self.addCleanup(os.remove, tool)
        self.refused(("policy", "lint", "f"), "sentinel-policy: No such file or directory", code=2)
        with open(tool, "w") as script:
            script.write("#!/bin/sh\nprintf '<%s>' \"$@\"; echo \" $OF_MINE\"; exit 9\n")
        os.chmod(tool, 0o777)
        self.refused(("policy", "lint", "f"), "may be written by others", code=2)
        os.chmod(tool, 0o755)
        run = self.start_sentinel("policy", "lint", "--json", "f f", environment={"OF_MINE": "kept"}).finish()
        self.assertEqual((9, "<lint><--json=true><--color=auto><--><f f> kept\n"), (run.code, run.stdout), run.stderr)

    def test_every_option_of_a_mode_is_refused_outside_it(self):
        for option in (("--unix-socket",), ("--unix-socket-path", "s"), ("--allow-tcp-fallback",), ("--server-port", "1"), ("--lazy",),
                       ("--server-duration", "15m"), ("--on-broker-exit", "kill"), ("--on-tamper", "warn")):
            with self.subTest(option=option):
                self.refused(("exec", *LEAST, *option, *TOUCH), f"{option[0]} does nothing without --server")
        for option in (("--unix-socket-path", "s"), ("--allow-tcp-fallback",)):
            with self.subTest(option=option):
                self.exec_refused(option, (f"{option[0]} does nothing without --unix-socket",))

    def test_values_that_make_no_sense(self):
        for options, sentence in (
                (("--server-port", "65536"), "is not a port"), (("--server-port", "-1"), "is not a port"),
                (("--server-port", "80x"), "is not a port"), (("--server-duration", "12h1s"), "outside what AWS grants"),
                (("--server-duration", "15m0.5s"), "not whole seconds"), (("--server-duration", "soon"), "--server-duration soon"),
                (("--server-duration", "900"), "--server-duration 900"), (("--on-broker-exit", "shrug"), "--on-broker-exit shrug is unknown"),
                (("--on-tamper", "shrug"), "--on-tamper shrug is unknown"),
                (("--lazy=yes",), "--lazy takes no value"), (("--profile", "other"), "only over the Unix socket"),  # which may be given again
                (("--region", "a", "--region", "b"), "given twice with different values"),
                (("--no-server",), "given twice with different values"), (("--version",), "wrong side of the word exec"),
                (("--region", "x" * 65), "--region is longer"), (("--server-port",), "--server-port"),
                (("--remote-server", "https://x"), "--server and --remote-server are both given"), (("--no-session",), "unknown option --no-session"),
                (("--duration", "1h"), "--duration does nothing with --server"), (("-x",), "unknown option -x")):
            with self.subTest(options=options):
                self.exec_refused(options, (sentence,))
        self.refused(("exec", "--server", *LEAST, "--", ""), "the command's name is empty")
        self.refused(("exec", "--server", "--profile", "a\nb", *LEAST[2:], *TOUCH), "control character")

    def test_a_run_inside_a_run(self):
        self.exec_refused((), ("already inside a sentinel run, for profile outer",), environment={"AWS_SENTINEL": "outer"})
        run = self.start_sentinel("exec", "--server", *LEAST, "--", self.layout.sentinel, "exec", "--server", *LEAST).finish()
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("already inside a sentinel run, for profile ok", run.stderr)

    def test_a_command_that_is_not_there_is_127_and_one_that_cannot_run_is_126(self):
        plain = os.path.join(self.user.home, "plain")
        with open(plain, "w"):
            pass
        for command, code, sentence in (("no-such-command", 127, "was not found"), ("./no-such-file", 127, "was not found"),
                                        (plain, 126, "cannot be executed"), ("/tmp", 126, "cannot be executed")):
            with self.subTest(command=command):
                run = self.refused(("exec", "--server", *LEAST, "--", command), sentence, code=code)
                self.assertNotIn("double", run.stderr)

    def test_a_broken_program_file_is_126_and_leaves_nothing(self):
        broken = os.path.join(self.user.home, "broken")
        with open(broken, "wb") as file:
            file.write(b"#!/no/such/interpreter\n")
        os.chmod(broken, 0o755)
        run = self.start_sentinel("exec", "--server", *LEAST, "--", broken).finish()
        self.assertIn(run.code, (126, 127), run.stderr)
        self.assertIn("sentinel: command", run.stderr)

    def test_a_taken_port(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.exec_refused(("--server-port", str(port)), (f"port {port} of 127.0.0.1 is in use", "choose another"))

    def test_a_taken_socket_path_is_kept(self):
        path = os.path.join(self.user.home, "taken")
        with open(path, "w") as file:
            file.write("theirs")
        self.exec_refused(("--unix-socket", "--unix-socket-path", path), ("is taken", "--allow-tcp-fallback"))
        with open(path) as file:
            self.assertEqual("theirs", file.read())

    def test_socket_folders_that_will_not_do(self):
        shared = os.path.join(self.user.home, "shared")
        os.makedirs(shared, exist_ok=True)
        os.chmod(shared, 0o777)
        for path, sentence in ((shared + "/s", "can be written by others"), ("/no/such/folder/s", "No such file"),
                               ("/tmp/" + "x" * 120, "longer than 107 bytes")):
            with self.subTest(path=path):
                self.exec_refused(("--unix-socket", "--unix-socket-path", path), (sentence,))

    def test_the_fallback_serves_over_tcp_and_says_so(self):
        run = self.run_sentinel("exec", "--server", *LEAST, "--unix-socket", "--unix-socket-path", "/no/such/folder/s",
                                "--allow-tcp-fallback", "--", "sh", "-c", "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI")
        self.assertEqual(0, run.code)
        self.assertRegex(run.stdout, r"^http://127\.0\.0\.1:\d+/creds\n$")
        self.assertIn("serving over TCP", run.stderr)

    def test_logs_that_cannot_be_written(self):
        for path in ("/no/such/folder/log", "/", "/proc/version"):
            with self.subTest(path=path):
                self.refused(("exec", "--server", "--profile", "ok", "--policy-file", "p", "--log-file", path, *TOUCH),
                             "decision log " + path, "--log-file")

    def test_a_broker_that_refuses_is_quoted_with_its_next_step(self):
        run = self.refused(("exec", "--server", "--profile", "fail", "--policy-file", "p", "--log-file", "d", *TOUCH),
                           "the double refuses?to serve", "choose another profile")
        self.assertEqual(2, len(run.stderr.splitlines()), run.stderr)

    def test_helpers_that_break_the_rules_end_the_start(self):
        for profile, sentence in (("early-exit", "broker ended before it was ready: it ended with code 7"),
                                  ("foreign-build", "broker is of another build"),
                                  ("unprotected", "the kernel says that it is not"),
                                  ("stray-message", "broke the protocol: FrontendLockedDown does not travel this way")):
            with self.subTest(profile=profile):
                self.refused(("exec", "--server", "--profile", profile, "--policy-file", "p", "--log-file", "d", *TOUCH), sentence)

    def test_a_broker_that_breaks_the_protocol_later_ends_the_run(self):
        run = self.start_sentinel("exec", "--server", "--profile", "ready-twice", "--policy-file", "p", "--log-file", "d",
                                  "--", "sleep", "1000").finish()
        self.assertNotEqual(0, run.code)
        self.assertIn("broke the protocol", run.stderr)

    def test_missing_or_foreign_helpers(self):
        os.rename(self.layout.frontend, self.layout.frontend + ".away")
        try:
            self.exec_refused((), ("helper program " + self.layout.frontend, "install Sentinel again"))
        finally:
            os.rename(self.layout.frontend + ".away", self.layout.frontend)
        os.chmod(self.layout.broker, 0o777)
        try:
            self.exec_refused((), ("may be written by others", "chmod go-w"))
        finally:
            os.chmod(self.layout.broker, 0o755)

    def test_a_helper_on_the_path_is_not_taken(self):
        trap = os.path.join(self.user.home, "trap")
        os.makedirs(trap, exist_ok=True)
        for name in ("sentinel-broker", "sentinel-frontend"):
            with open(os.path.join(trap, name), "w") as file:
                file.write("#!/bin/sh\ntouch " + trap + "/taken\n")
            os.chmod(os.path.join(trap, name), 0o755)
        run = self.run_sentinel("exec", "--server", *LEAST, "--", "true",
                                environment={"PATH": trap + ":/usr/bin:/bin", "LD_LIBRARY_PATH": trap})
        self.assertEqual(0, run.code)
        self.assertFalse(os.path.exists(trap + "/taken"))

    def test_closed_standard_descriptors_do_no_harm(self):
        run = harness.Run(self, ["exec", "--server", *LEAST, "--", "sh", "-c", "echo done > closed"],
                          command_line_prefix=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")).finish()
        self.assertEqual(0, run.code)
        self.assertTrue(os.path.exists(os.path.join(self.user.home, "closed")))

    def test_help_and_version_are_no_errors(self):
        for arguments in (("--help",), ("exec", "--help"), ("exec", "-h"), ("policy", "--help"),
                          ("audit", "show", "--help"), ("credentials", "-h"), ("--version",), ("--print-man",),
                          ("--print-bash",), ("--print-zsh",), ("--print-fish",), ("exec", "--help-all")):
            run = self.run_sentinel(*arguments)
            self.assertEqual((0, ""), (run.code, run.stderr))
            self.assertTrue(run.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
