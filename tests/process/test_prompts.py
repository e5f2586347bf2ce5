#!/usr/bin/python3
"""What the supervisor asks the user for the broker: in windows, and on the terminal."""
import os
import re
import signal
import sys
import termios

sys.path.insert(0, os.path.dirname(__file__))
import harness
from errand_case import AGAIN, DEVICE, MODES, ErrandTest
from harness import children_of, command_line, state_of, wait_until


class Windows(ErrandTest):
    """Programs that ask in a window; here they are scripts."""

    def setUp(self):
        super().setUp()
        # First of its kind, and so before any real one of this host.
        for name in ("pinentry-gnome3", "zenity", "kdialog", "ykman"):
            path = os.path.join(self.user.home, "bin", name)
            if os.path.exists(path):
                os.remove(path)
        self.program("pinentry-gnome3", "#!/bin/sh\nexit 2\n")  # it cannot work, and the next is asked

    def test_without_terminal_display_or_program_it_is_said_what_would_help(self):
        for mode in MODES:
            told = self.told(self.ask(f"errand:1:{DEVICE}", mode=mode))
            self.assertIn(f"the code of MFA device {DEVICE}: there is no terminal to ask on, and no display", told)
            self.assertIn("--mfa-token", told)

    def test_the_token_of_the_command_line_answers_once(self):
        for mode in MODES:
            run = self.ask(f"errand:1:{DEVICE}&&1:{DEVICE}", "--mfa-token", "123456", mode=mode)
            self.assertEqual("answer 654321", self.told(run, 1))
            self.assertIn("there is no terminal", self.told(run, 2))

    def test_the_token_does_not_stay_in_the_process_list(self):
        run = self.start_sentinel("exec", "--profile", "silent", "--policy-file", "p", "--mfa-token", "123456", "--", "true")
        wait_until(lambda: children_of(run.pid), "the broker")
        self.assertIn("--mfa-token ******", command_line(run.pid))
        run.process.kill()

    def test_a_window_asks_and_its_answer_is_the_code(self):
        self.program("zenity", "#!/bin/sh\ncase \"$*\" in *'--hide-text'*'Code of the MFA device " + DEVICE + ", for profile ledger'*) echo ' 123456 ';; esac\n")
        self.program("kdialog", "#!/bin/sh\necho 222222\n")
        self.program("ykman", f"#!/bin/sh\n[ \"$*\" = 'oath accounts code --single -- {DEVICE}' ] && echo 333333\n")
        for mode in MODES:
            self.assertEqual("answer 654321", self.told(self.ask(f"errand:1:{DEVICE}", mode=mode, DISPLAY=":0")))
            self.assertEqual("answer 222222", self.told(self.ask(f"errand:1:{DEVICE}", "--prompt", "kdialog", mode=mode, DISPLAY=":0")))
            self.assertEqual("answer 333333", self.told(self.ask(f"errand:1:{DEVICE}", "--prompt", "ykman", mode=mode)))

    def test_a_window_says_why_it_asks_again(self):
        seen = os.path.join(self.user.home, "seen")
        self.program("zenity", f"#!/bin/sh\nfor word; do case $word in --text=*) echo \"$word\" >> {seen};; esac; done\necho 123456\n")
        for mode in MODES:
            for detail in (AGAIN, AGAIN + "\u202e", ""):
                self.assertEqual("answer 654321", self.told(self.ask(f"errand:1:{DEVICE}{detail}", mode=mode, DISPLAY=":0")))
            self.ask(f"errand:2:the pass store{AGAIN}", mode=mode, DISPLAY=":0")
            asked = f"Code of the MFA device {DEVICE}, for profile ledger: \n"
            with open(seen) as file:
                self.assertEqual(f"--text=The last code was refused. {asked}--text=The last code was refused???. {asked}--text={asked}"
                                 "--text=The last code was refused. Passphrase of the pass store, for profile ledger: \n", file.read())
            os.remove(seen)

    def test_a_closed_window_is_an_answer_and_a_broken_one_is_not(self):
        self.program("kdialog", "#!/bin/sh\necho 222222\n")
        for mode in MODES:
            self.program("zenity", "#!/bin/sh\nexit 1\n")
            self.assertIn("closed without an answer", self.told(self.ask(f"errand:1:{DEVICE}", mode=mode, DISPLAY=":0")))
            self.program("zenity", "#!/bin/sh\nexit 255\n")
            self.assertEqual("answer 222222", self.told(self.ask(f"errand:1:{DEVICE}", mode=mode, DISPLAY=":0")))
            self.assertIn("zenity ended with code 255", self.told(self.ask(f"errand:1:{DEVICE}", "--prompt", "zenity", mode=mode, DISPLAY=":0")))
            self.program("zenity", "#!/bin/sh\nexec yes 2>/dev/null\n")
            self.assertTrue(self.told(self.ask(f"errand:1:{DEVICE}", "--prompt", "zenity", mode=mode, DISPLAY=":0")).startswith("bad: "))

    def test_an_answer_that_is_too_long_is_refused_and_never_cut(self):
        self.program("kdialog", "#!/bin/sh\necho 222222\n")
        store = "errand:2:the pass store"
        for mode in MODES:
            for size in (1025, 4096, 70000):
                self.program("zenity", f"#!/bin/sh\nhead -c {size} /dev/zero | tr '\\0' x\nsleep 1000\n" if size > 4096 else
                             f"#!/bin/sh\nhead -c {size} /dev/zero | tr '\\0' x\necho\n")
                told = self.told(self.ask(store, mode=mode, DISPLAY=":0"))
                self.assertIn("bad: profile ledger: the passphrase of the pass store: the answer of zenity is longer than 1024 bytes, and "
                              "such an answer is not taken | try again", told)
            self.program("zenity", "#!/bin/sh\nhead -c 1024 /dev/zero | tr '\\0' x\necho\n")
            self.assertEqual("answer " + 1024 * "x", self.told(self.ask(store, mode=mode, DISPLAY=":0")))

    def test_pinentry_is_spoken_to_in_its_own_protocol(self):
        talk = "#!/usr/bin/python3\nimport os, sys\nassert 'GPG_TTY' not in os.environ\nprint('OK hello', flush=True)\n" \
               "for line in sys.stdin:\n    if line == 'GETPIN\\n': print('D 12%334 6')\n    if line.startswith('SETDESC') and 'marta' not in line: break\n    print('OK', flush=True)\n"
        self.program("pinentry-gnome3", talk)
        for mode in MODES:
            told = self.told(self.ask(f"errand:2:the store of marta&&1:{DEVICE}", mode=mode, DISPLAY=":0", GPG_TTY="/dev/tty"))
            self.assertEqual("answer 6 4321", told)
        self.program("pinentry-gnome3", "#!/bin/sh\necho 'OK hello'; read l; echo 'ERR 83886179 cancelled'\n")
        self.assertIn("closed without an answer", self.told(self.ask(f"errand:1:{DEVICE}", DISPLAY=":0")))
        self.program("pinentry-gnome3", "#!/bin/sh\necho nonsense; sleep 1000\n")
        self.assertIn("says what no pinentry says", self.told(self.ask(f"errand:1:{DEVICE}", DISPLAY=":0")))

    def test_one_question_at_a_time(self):
        count = os.path.join(self.user.home, "count")
        self.program("zenity", f"#!/bin/sh\nmkdir {count} || {{ echo 000000; exit; }}\nsleep 0.2\nrmdir {count}\necho 123456\n")
        for mode in MODES:
            run = self.ask("&&".join(["errand:1:a", "1:b", "1:c"]), mode=mode, DISPLAY=":0")
            self.assertEqual(["answer 654321"] * 3, [self.told(run, number) for number in (1, 2, 3)])

    def test_once_the_command_runs_a_window_asks(self):
        self.program("zenity", "#!/bin/sh\necho 123456\n")
        run = self.ask_beside(f"1:{DEVICE}", "errand 1 ", DISPLAY=":0")
        self.assertEqual("answer 654321", self.told(run))


class OnTheTerminal(ErrandTest):
    """A question on a real terminal, under a real shell."""

    def shell(self):
        terminal = harness.Terminal(self, ["bash", "--norc", "--noprofile", "-i"])
        terminal.expect("ready> ")
        return terminal

    def start(self, terminal, mode, profile=f"errand:1:{DEVICE}", behind="", command="true"):
        terminal.send(f"{self.layout.sentinel} exec {' '.join(mode)} --profile '{profile}' --policy-file p --log-file d -- {command}{behind}; "
                      "echo ended-$?\n")

    def echo(self, terminal):
        return bool(termios.tcgetattr(terminal.master)[3] & termios.ECHO)

    def question(self, terminal):
        terminal.expect(re.escape(f"Code of the MFA device {DEVICE}, for profile ledger: "))
        wait_until(lambda: not self.echo(terminal), "silence")

    def sound(self, terminal):
        """The shell goes on as if nothing had been."""
        terminal.send("echo sou''nd\n")
        terminal.expect("^sound\r")

    def bring_forward_and_answer(self, terminal):
        terminal.send("fg\n")
        self.question(terminal)
        terminal.send("123456\n")
        terminal.expect("answer 654321")
        self.sound(terminal)
        terminal.close()

    def test_the_code_is_asked_before_the_command_starts_and_never_shown(self):
        for mode in MODES:
            with self.subTest(mode):
                terminal = self.shell()
                self.start(terminal, mode, command="echo ran")
                self.question(terminal)
                terminal.send("123456\n")
                terminal.expect("answer 654321")
                terminal.expect("^ran\r")
                terminal.expect("ended-0")
                self.assertNotIn("123456", terminal.text)
                self.sound(terminal)
                terminal.close()

    def test_it_says_why_it_asks_again(self):
        for mode in MODES:
            with self.subTest(mode):
                terminal = self.shell()
                self.start(terminal, mode, profile=f"errand:1:{DEVICE}&&1:{DEVICE}{AGAIN}")
                self.question(terminal)
                self.assertNotIn("The last code", terminal.text)
                terminal.send("111111\n")
                terminal.expect("^The last code was refused\\. (?=Code of)")
                self.question(terminal)
                terminal.send("123456\n")
                terminal.expect("answer 654321")
                self.sound(terminal)
                terminal.close()

    def test_the_code_is_in_no_argument_and_no_environment(self):
        for mode in MODES:
            terminal = self.shell()
            self.start(terminal, mode, profile=f"errand:1:{DEVICE}&&3:sleep 1000")
            self.question(terminal)
            terminal.send("491827\n")
            terminal.expect("answer 728194")
            for pid in self.own_processes():
                for part in ("cmdline", "environ"):
                    with open(f"/proc/{pid}/{part}", "rb") as file:
                        self.assertNotIn(b"491827", file.read())
            terminal.send("\x03")
            terminal.expect("ended-130" if mode else "ready> ")
            terminal.close()

    def test_control_c_ends_the_run_and_gives_the_terminal_back(self):
        for mode in MODES:
            for key, code in (("\x03", 130), ("\x1c", 131)):
                terminal = self.shell()
                self.start(terminal, mode, command="echo ran")
                self.question(terminal)
                terminal.send("12" + key)
                # Without a server sentinel itself dies of the signal, and of SIGINT bash drops the rest of the line.
                terminal.expect(f"ended-{code}" if mode or code == 131 else "ready> ")
                self.assertNotIn("ran\r", terminal.text)
                self.sound(terminal)
                terminal.close()

    def test_who_asks_ends_before_the_run_hears_of_the_key(self):
        """As with Control-C on a busy machine. A served run ends with its waiting command; another has a reason to tell."""
        for mode, told in (("--server",), "^ended-130"), ((), "bad: profile ledger: .*: the process that asks on the terminal was killed"):
            with self.subTest(mode):
                terminal = self.shell()
                self.start(terminal, mode)
                self.question(terminal)
                face = wait_until(lambda: children_of(terminal.process.pid), "the run")[0]
                os.kill(self.asker(children_of(face)[0] if mode else face), signal.SIGINT)
                terminal.expect(told)
                self.assertNotIn("ran\r", terminal.text)
                self.sound(terminal)
                terminal.close()

    def test_an_end_of_file_is_no_code(self):
        for mode in MODES:
            terminal = self.shell()
            self.start(terminal, mode)
            self.question(terminal)
            terminal.send("\n")  # nothing: asked again
            self.question(terminal)
            terminal.send("\x04")
            terminal.expect("bad: profile ledger: the code of MFA device .*nothing was typed")
            self.sound(terminal)
            terminal.close()

    def test_an_answer_that_is_too_long_is_refused_and_never_cut(self):
        for mode in MODES:
            for size in (1025, 1500, 3000):
                with self.subTest(mode, size=size):
                    terminal = self.shell()
                    self.start(terminal, mode)
                    self.question(terminal)
                    terminal.send(size * "7" + "\n")
                    terminal.expect("bad: profile ledger: the code of MFA device .*: what was typed is longer than 1024 bytes, and such an "
                                    "answer is not taken")
                    terminal.expect("ended-0")
                    self.sound(terminal)
                    self.assertNotIn("77", terminal.text)
                    terminal.close()
            terminal = self.shell()
            self.start(terminal, mode)
            self.question(terminal)
            terminal.send(1024 * "7" + "\n")
            terminal.expect("answer 7{1024}\r")
            terminal.close()

    def test_control_z_and_fg(self):
        for mode in MODES:
            with self.subTest(mode):
                terminal = self.shell()
                self.start(terminal, mode)
                self.question(terminal)
                terminal.send("\x1a")
                terminal.expect("Stopped")
                terminal.expect("ready> ")
                self.sound(terminal)
                self.bring_forward_and_answer(terminal)

    def test_a_job_in_the_background_stops_until_it_is_brought_forward(self):
        for mode in MODES:
            with self.subTest(mode):
                terminal = self.shell()
                terminal.send(f"{self.layout.sentinel} exec {' '.join(mode)} --profile 'errand:1:{DEVICE}' --policy-file p --log-file d -- true &\n")
                terminal.expect("ready> ")
                wait_until(lambda: all(state_of(pid) in "TSR" for pid in children_of(terminal.process.pid)) and
                           any(state_of(pid) == "T" for pid in children_of(terminal.process.pid)), "the stop")
                self.assertNotIn("Code of", terminal.text)
                self.sound(terminal)
                self.bring_forward_and_answer(terminal)

    def kill_while_asking(self, mode, whom):
        terminal = harness.Terminal(self, [self.layout.sentinel, "exec", *mode, "--profile", f"errand:1:{DEVICE}", "--policy-file", "p",
                                           "--log-file", "d", "--", "true"])
        held = os.open(os.ptsname(terminal.master) if hasattr(os, "ptsname") else os.readlink(f"/proc/{terminal.process.pid}/fd/0"),
                       os.O_RDWR | os.O_NOCTTY)  # so that it outlives the run
        self.addCleanup(os.close, held)
        self.question(terminal)
        os.kill(whom(terminal.process.pid), signal.SIGKILL)
        wait_until(lambda: termios.tcgetattr(held) == terminal.at_first, "the terminal as it was")
        terminal.process.wait(timeout=harness.PATIENCE)
        wait_until(lambda: not self.own_processes(), "the end of all")
        terminal.close()

    @staticmethod
    def asker(parent):
        """The child that is no helper; one that is about to become a helper looks like it for a moment."""
        def alone():
            others = [pid for pid in children_of(parent) if not command_line(pid).endswith(("sentinel-broker", "sentinel-frontend"))]
            return others[0] if len(others) == 1 else None
        return wait_until(alone, "the asker alone")

    def test_a_sudden_end_gives_the_terminal_back(self):
        keeper = lambda face: children_of(face)[0]
        asker = self.asker
        for name, mode, whom in (("sentinel", [], lambda pid: pid), ("asker", [], asker), ("face", ["--server"], lambda pid: pid),
                                 ("keeper", ["--server"], keeper), ("asker", ["--server"], lambda pid: asker(keeper(pid)))):
            with self.subTest(name, mode=mode):
                self.kill_while_asking(mode, whom)

    def test_a_question_that_is_open_when_the_command_starts_goes_to_a_window(self):
        # The double asks late: from when the command runs the terminal is the command's, and its own read gets what is typed.
        self.program("zenity", "#!/bin/sh\necho 123456\n")
        terminal = self.shell()
        terminal.send(f"PATH={self.path} DISPLAY=:0 {self.layout.sentinel} exec --server --profile 'later:1:{DEVICE}' --policy-file p "
                      "--log-file d -- sh -c 'echo runs; read line; echo got-$line'; echo ended-$?\n")
        terminal.expect("answer 654321")
        terminal.send("typed\n")
        terminal.expect("got-typed")
        terminal.expect("ended-0")
        before, runs, after = terminal.text.partition("\nruns\r")
        self.assertEqual(("\nruns\r", False), (runs, "Code of" in after), terminal.text)


if __name__ == "__main__":
    harness.main()
