#!/usr/bin/python3
"""What the supervisor does for the broker without asking the user: programs, files, login pages. Questions: test_prompts.py."""
import errno
import os
import shutil
import signal
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
import harness
from errand_case import MODES, ErrandTest
from harness import command_line, wait_until


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
            run = self.ask("errand:3:sh -c 'exec yes 2>/dev/null'&&3:echo fine", mode=mode)
            self.assertEqual(0, run.code, run.stderr)
            # By SIGPIPE, or by the error that a socket has instead where the reader left something unread.
            self.assertRegex(self.told(run, 1), "sh (was killed by signal 13|ended with code 1)")
            self.assertIn("good output 5 fine", self.told(run, 2))

    def test_a_thief_of_the_same_user_opens_no_output_of_a_program(self):
        """Of a pipe, /proc gives it a reading end of its own, and with that the keys."""
        go = os.path.join(self.user.home, "go")
        keys = self.program("keys", f"#!/bin/sh\necho $$ > {go}.pid\n"
                                    f"while [ ! -e {go} ]; do sleep 0.01; done\necho the-secret-key\n")
        thief = ("import os, sys\n"
                 "for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):\n"
                 "    try:\n"
                 "        got = os.open(f'/proc/{sys.argv[1]}/fd/1', flags | os.O_NONBLOCK)\n"
                 "        print('opened', flags)\n"
                 "    except OSError as error:\n"
                 "        print(error.errno)\n")
        for mode in MODES:
            run = self.start_sentinel("exec", *mode, "--profile", f"errand:3:{keys}", "--policy-file", "p", "--", "true",
                                      environment={"PATH": self.path}, start_new_session=True)
            wait_until(lambda: os.path.exists(go + ".pid") and os.path.getsize(go + ".pid"), "the program")
            with open(go + ".pid") as file:
                pid = file.read().strip()
            stolen = subprocess.run([sys.executable, "-c", thief, pid], capture_output=True, text=True,
                                    env={"PATH": self.path}, cwd="/", **self.user.popen_arguments())
            self.assertEqual([str(errno.ENXIO)] * 3, stolen.stdout.split(), stolen.stderr)
            with open(go, "w"):
                pass
            run.finish()
            self.assertIn("good output 15 the-secret-key", self.told(run))
            os.remove(go)
            os.remove(go + ".pid")

    def test_one_that_opens_dev_stdout_by_name_is_told_what_to_do_instead(self):
        for line in ("sh -c 'echo keys > /dev/stdout'", "bash -c 'echo keys > /dev/fd/1'"):
            for mode in MODES:
                told = self.told(self.ask(f"errand:3:{line}", mode=mode))
                self.assertIn("ended with code", told)
                self.assertIn("let it print to its standard output (>&1)", told)

    def leaver(self, mark, before=""):
        """A program that leaves a sleeping process, whose number is in the file `mark`."""
        return self.program("leave", f"#!/bin/sh\n{before}sh -c 'echo $$ > {mark}; exec sleep 1000' > /dev/null 2>&1 &\n"
                                     f"while [ ! -s {mark} ]; do sleep 0.01; done\necho left\n")

    def test_what_stays_in_its_session_ends_with_it(self):
        mark = os.path.join(self.user.home, "left")
        leave = self.leaver(mark)
        for mode in MODES:
            run = self.ask(f"errand:3:{leave}", mode=mode)
            self.assertIn("good output 5 left", self.told(run))
            with open(mark) as file:
                left = int(file.read())
            wait_until(lambda: harness.state_of(left) in ("", "Z"), "its end")
            os.remove(mark)

    def test_a_daemon_that_a_program_leaves_is_not_the_commands_tree(self):
        mark = os.path.join(self.user.home, "left")
        leave = self.leaver(mark, "setsid ")
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
            for profile, what in (("unknown-errand", "Errand is malformed"),
                                  ("errand-twice", "an errand whose number was used already")):
                run = self.ask(profile, "--stdout", "--auto-login", mode=mode)
                self.assertEqual(run.own_failure, run.code)
                self.assertIn("broke the protocol: " + what, run.stderr)


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

    @harness.needs_own_home
    def test_the_file_of_aws_login_is_made_only_where_the_user_is_to_sign_in(self):
        name = "0123456789abcdef" * 4
        path = os.path.join(self.user.home, ".aws/login/cache", name + ".json")
        for mode in MODES:
            self.assertIn(f"nobody is signed in with aws login: there is no {path} | run `aws login --profile ledger`",
                          self.told(self.ask(f"errand:10:{name}", mode=mode)))
            self.assertFalse(os.path.exists(path))
            self.assertEqual("file ", self.told(self.ask(f"errand:10:{name}|make", mode=mode)) + "")
            self.assertEqual((0o600, 0o700), (stat.S_IMODE(os.stat(path).st_mode), stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode)))
            os.remove(path)
            chosen = os.path.join(self.user.home, "chosen")
            self.assertEqual("file ", self.told(self.ask(f"errand:10:{name}|make", mode=mode, AWS_LOGIN_CACHE_DIRECTORY=chosen)) + "")
            self.assertEqual([name + ".json"], os.listdir(chosen))
            shutil.rmtree(chosen)
            for bad in ("chosen", "$HOME/chosen", "~other/chosen"):
                self.assertIn("AWS_LOGIN_CACHE_DIRECTORY is no absolute path, or has a variable in it",
                              self.told(self.ask(f"errand:10:{name}|make", mode=mode, AWS_LOGIN_CACHE_DIRECTORY=bad)))
            self.assertTrue(self.told(self.ask("errand:10:../../../x", mode=mode)).startswith("bad: "))
            self.assertTrue(self.told(self.ask("errand:10:" + name[:40], mode=mode)).startswith("bad: "))


class Login(ErrandTest):
    def test_a_browser_that_comes_back_brings_its_code(self):
        self.program("browse", "#!/bin/sh\nport=$(expr \"$1\" : '.*&redirect_uri=http%3A%2F%2F127.0.0.1%3A\\([0-9]*\\)%2Foauth%2Fcallback$')\n"
                               "for state in guessed state-of-this-login; do curl -s --noproxy '*' "
                               "\"http://127.0.0.1:$port/oauth/callback?code=the%2Dcode&state=$state\"; done\n")
        for mode in MODES:
            run = self.ask("errand:11:https://login.example/authorize?x=1|state-of-this-login", "--auto-login", mode=mode, DISPLAY=":0", BROWSER="browse")
            self.assertIn("log in at https://login.example/authorize?x=1&redirect_uri=http%3A%2F%2F127.0.0.1%3A", run.stderr)
            self.assertRegex(self.told(run), r"^good output \d+ [0-9]{1,5} the-code$")

    def test_a_sign_in_without_a_state_or_to_no_web_page_is_shown_to_nobody(self):
        for subject in ("https://login.example/authorize?x=1", "https://login.example/authorize?x=1|short", "file:///etc/passwd?x=1|state-of-this-login",
                        "https://login.example/authorize?x=1|state of this login"):
            run = self.ask(f"errand:11:{subject}", "--auto-login", DISPLAY=":0", BROWSER="false")
            self.assertTrue(self.told(run).startswith("bad: "), self.told(run))
            self.assertNotIn("log in at", run.stderr)

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


if __name__ == "__main__":
    harness.main()
