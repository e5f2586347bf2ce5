#!/usr/bin/python3
"""What the supervisor does for the broker: programs, files, questions on the terminal and in windows, login pages. The
broker is a double that tells what it got, answers backwards."""
import os
import re
import select
import signal
import stat
import sys
import termios

sys.path.insert(0, os.path.dirname(__file__))
import harness
from harness import children_of, command_line, state_of, wait_until

MODES = ([], ["--server"])
AGAIN = "|the last code was refused"  # how the double is told what a question's errand says beside
DEVICE = "arn:aws:iam::111122223333:mfa/marta"


class ErrandTest(harness.ProcessTest):
    doubles = True

    def program(self, name, text):
        """A program of the user's in a folder that is first in PATH."""
        folder = os.path.join(self.user.home, "bin")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    @property
    def path(self):
        return os.path.join(self.user.home, "bin") + ":/usr/local/bin:/usr/bin:/bin"

    def ask(self, profile, *more, mode=(), command=("true",), **environment):
        return self.run_sentinel("exec", *mode, "--profile", profile, "--policy-file", "p", *more, "--", *command,
                                 environment={"PATH": self.path, **environment}, start_new_session=True)

    def ask_beside(self, profile, told, until=lambda: None, **environment):
        """Likewise, once the command runs; that ends when `told` was said and `until` returns."""
        end = os.path.join(self.user.home, "end")
        run = self.start_sentinel("exec", "--server", "--profile", f"later:{profile}", "--policy-file", "p", "--", "sh", "-c",
                                  f"while [ ! -e {end} ]; do sleep 0.02; done",
                                  environment={"PATH": self.path, **environment}, start_new_session=True)
        said = bytearray()

        def hear():
            if select.select([run.process.stderr], [], [], 0.1)[0]:
                said.extend(os.read(run.process.stderr.fileno(), 4096))
            return told.encode() in said
        wait_until(hear, told)
        until()
        with open(end, "w"):
            pass
        run.finish()
        os.remove(end)
        run.stderr = said.decode() + run.stderr
        return run

    def told(self, run, number=1):
        return next(line.split(" ", 3)[3] for line in run.stderr.splitlines() if line.startswith(f"sentinel: errand {number} "))


class Programs(ErrandTest):
    def wait_for_program(self, line):
        # Not only in a command line: sentinel's own names the program, and has it from the start.
        wait_until(lambda: any(command_line(pid) == line for pid in self.own_processes()), line)

    def test_how_a_program_fails_is_said_with_profile_and_program(self):
        for line, what in (("/bin/false", "/bin/false ended with code 1"), ("sh -c 'kill -9 $$'", "sh was killed by signal 9"),
                           ("none-such x", "command none-such was not found"), ("/etc/passwd", "cannot be executed"),
                           ("'sh", "a quotation in it is not closed"), ("''", "no program is named")):
            for mode in MODES:
                with self.subTest(line, mode=mode):
                    told = self.told(self.ask(f"errand:3:{line}", mode=mode))
                    self.assertTrue(told.startswith("bad: profile ledger: credential_process: "), told)
                    self.assertIn(what, told)

    def test_its_words_environment_folder_and_descriptors(self):
        look = self.program("look", "#!/bin/sh\necho \"$#:$1:$2:$OWN:$AWS_SECRET_ACCESS_KEY:$(pwd)\"; ls /proc/self/fd | tr '\\n' ' '\n"
                                    "readlink /proc/self/fd/0\n[ $(ps -o sid= -p $$) = $$ ] && echo apart\n")
        for mode in MODES:
            told = self.told(self.ask(f"errand:3:{look} 'a  b' $HOME", mode=mode, OWN="mine", AWS_SECRET_ACCESS_KEY="not-for-it"))
            self.assertIn(f"2:a  b:$HOME:mine::{self.user.home}?0 1 2 3 /dev/null?apart?", told)

    def test_endless_output_is_cut_and_the_run_goes_on(self):
        for mode in MODES:
            run = self.ask("errand:3:yes&&3:echo fine", mode=mode)
            self.assertEqual(0, run.code, run.stderr)
            self.assertIn("yes was killed by signal 13", self.told(run, 1))
            self.assertIn("good output 5 fine", self.told(run, 2))

    def test_what_a_program_leaves_running_is_not_the_commands_tree(self):
        mark = os.path.join(self.user.home, "left")
        leave = self.program("leave", f"#!/bin/sh\nsetsid sh -c 'echo $$ > {mark}; exec sleep 1000' > /dev/null 2>&1 &\n"
                                      f"while [ ! -s {mark} ]; do sleep 0.01; done\necho left\n")
        for mode in MODES:
            run = self.ask(f"errand:3:{leave}", mode=mode)
            self.assertEqual(0, run.code, run.stderr)
            self.assertIn("good output 5 left", self.told(run))
            with open(mark) as file:
                left = int(file.read())
            os.kill(left, signal.SIGKILL)  # it was there still: this would raise
            os.remove(mark)

    def test_a_program_that_runs_still_ends_with_the_run(self):
        for mode in MODES:
            run = self.start_sentinel("exec", *mode, "--profile", "errand:3:sleep 1000", "--policy-file", "p", "--", "echo", "ran",
                                      start_new_session=True)
            self.wait_for_program("sleep 1000")
            os.kill(run.pid, signal.SIGTERM)
            run.finish()
            self.assertIn(run.code, (143, -15))
            self.assertNotIn("ran", run.stdout)
            wait_until(lambda: not self.own_processes(), "the end of all")

    def test_nothing_of_it_survives_the_sudden_end_of_sentinel(self):
        for mode, victim in (([], "pid"), (["--server"], "pid"), (["--server"], "keeper")):
            run = self.start_sentinel("exec", *mode, "--profile", "errand:3:sleep 1000", "--policy-file", "p", "--", "true",
                                      start_new_session=True)
            self.wait_for_program("sleep 1000")
            os.kill(getattr(run, victim), signal.SIGKILL)
            wait_until(lambda: not self.own_processes(), "the end of all")
            run.finish()

    def test_programs_run_beside_the_command_and_do_not_keep_the_run_alive(self):
        run = self.ask_beside("3:echo now&&3:sleep 1000", "good output 4 now", lambda: self.wait_for_program("sleep 1000"))
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn("good output 4 now", self.told(run))

    def test_an_errand_that_is_none_ends_the_run(self):
        for mode in MODES:
            for profile, what in (("unknown-errand", "of a kind that is none"), ("errand-twice", "was used already")):
                run = self.ask(profile, "--stdout", "--auto-login", mode=mode)
                self.assertEqual(1, run.code)
                self.assertIn("broke the protocol: an errand", run.stderr)
                self.assertIn(what, run.stderr)


class Files(ErrandTest):
    @harness.needs_own_home
    def test_token_files_and_caches_are_opened_with_the_users_rights(self):
        token = os.path.join(self.user.home, "token")
        with open(token, "w") as file:
            file.write("the-token")
        for mode in MODES:
            self.assertEqual("file the-token", self.told(self.ask(f"errand:8:{token}", mode=mode)))
            self.assertIn("cannot open /etc/shadow", self.told(self.ask("errand:8:/etc/shadow", mode=mode)))
            self.assertIn("is not a file", self.told(self.ask("errand:8:/dev/zero", mode=mode)))
            name = "0123456789abcdef" * 2 + "01234567"
            self.assertEqual("file ", self.told(self.ask(f"errand:7:{name}", mode=mode)) + "")
            path = os.path.join(self.user.home, ".aws/sso/cache", name + ".json")
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))
            os.remove(path)
            self.assertTrue(self.told(self.ask("errand:7:../../../x", mode=mode)).startswith("bad: "))


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
            self.program("zenity", "#!/bin/sh\nexec yes\n")
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


class Login(ErrandTest):
    def test_the_page_is_said_and_the_browser_gets_its_address_alone(self):
        seen = os.path.join(self.user.home, "seen")
        self.program("browse", f"#!/bin/sh\n{{ echo \"$*\"; ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/2; }} > {seen}.part; mv {seen}.part {seen}\n")
        url = "https://login.example/?code=1&x=2"
        for mode in MODES:
            run = self.ask(f"errand:9:{url}", "--auto-login", mode=mode, DISPLAY=":0", BROWSER="browse -n")
            self.assertIn(f"sentinel: profile ledger: log in at {url}\n", run.stderr)
            self.assertIn("WXYZ-1234", run.stderr)
            self.assertIn("good", self.told(run))
            wait_until(lambda: os.path.exists(seen), "the browser")
            with open(seen) as file:
                self.assertEqual(f"-n {url}\n0 1 2 3 /dev/null\n", file.read())
            os.remove(seen)

    def test_no_browser_where_none_is_wanted_or_can_be_seen(self):
        seen = os.path.join(self.user.home, "seen")
        self.program("browse", f"#!/bin/sh\ntouch {seen}\n")
        self.program("xdg-open", f"#!/bin/sh\ntouch {seen}\n")
        for mode in MODES:
            for more, environment in ((["--stdout"], {"DISPLAY": ":0"}), ([], {})):
                run = self.ask("errand:9:https://login.example", "--auto-login", *more, mode=mode, BROWSER="browse", **environment)
                self.assertIn("log in at https://login.example", run.stderr)
        wait_until(lambda: not self.own_processes(), "the end of all")  # also of a browser, if there is one
        self.assertFalse(os.path.exists(seen))
        self.assertTrue(self.told(self.ask("errand:9:file:///etc/passwd", "--auto-login")).startswith("bad: "))


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
        before = termios.tcgetattr(held)
        self.question(terminal)
        os.kill(whom(terminal.process.pid), signal.SIGKILL)
        wait_until(lambda: termios.tcgetattr(held) == before, "the terminal as it was")
        terminal.process.wait(timeout=harness.PATIENCE)
        wait_until(lambda: not self.own_processes(), "the end of all")
        terminal.close()

    def test_a_sudden_end_gives_the_terminal_back(self):
        keeper = lambda face: children_of(face)[0]
        asker = lambda parent: next(pid for pid in children_of(parent) if not command_line(pid).endswith("sentinel-broker")
                                    and not command_line(pid).endswith("sentinel-frontend"))
        for name, mode, whom in (("sentinel", [], lambda pid: pid), ("asker", [], asker), ("face", ["--server"], lambda pid: pid),
                                 ("keeper", ["--server"], keeper), ("asker", ["--server"], lambda pid: asker(keeper(pid)))):
            with self.subTest(name, mode=mode):
                self.kill_while_asking(mode, whom)

    def test_a_question_that_is_open_when_the_command_starts_goes_to_a_window(self):
        # The double asks late, so the terminal is the command's: its own read of a line gets what is typed.
        self.program("zenity", "#!/bin/sh\necho 123456\n")
        terminal = self.shell()
        terminal.send(f"PATH={self.path} DISPLAY=:0 {self.layout.sentinel} exec --server --profile 'later:1:{DEVICE}' --policy-file p "
                      "--log-file d -- sh -c 'read line; echo got-$line'; echo ended-$?\n")
        terminal.expect("answer 654321")
        self.assertNotIn("Code of", terminal.text.replace("later", ""))
        terminal.send("typed\n")
        terminal.expect("got-typed")
        terminal.expect("ended-0")


if __name__ == "__main__":
    harness.main()
