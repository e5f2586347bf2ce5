"""The life of a run, with real processes and doubles of the helpers: exit codes, signals, stragglers, deaths of each part."""
import contextlib
import os
import signal
import socket
import stat
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import harness
from harness import children_of, command_line, name_of, shell, wait_until

TCP = ("exec", "--profile", "ok", "--policy-file", "policy", "--server", "--log-file", "decisions")
UNIX = TCP + ("--unix-socket",)

# Forks twice, begins a session of its own, ignores what can be ignored, and says its number.
DAEMON = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        os.close(1); os.close(2)
        time.sleep(1000)
    os._exit(0)
os.wait()
"""


def python(script):
    return ("--", "/usr/bin/python3", "-c", script)


def alive(pid):
    return os.path.exists(f"/proc/{pid}") and harness.command_line(pid) != ""


def ask(port, path="/creds", token="double-token"):
    """One request over TCP; the whole answer, empty where the server hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n\r\n".encode())
            return client.makefile("rb").read().decode()
    return ""


class ExitStatus(harness.ProcessTest):
    doubles = True

    def test_the_commands_own_code_comes_back(self):
        for code in (0, 1, 2, 42, 125, 126, 127, 255):
            with self.subTest(code=code):
                self.assertEqual(code, self.run_sentinel(*TCP, *shell(f"exit {code}")).code)

    def test_a_signal_becomes_128_and_its_number(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGUSR1, signal.SIGPIPE):
            with self.subTest(number=number):
                self.assertEqual(128 + number, self.run_sentinel(*TCP, *shell(f"kill -{int(number)} $$")).code)

    def test_stdin_and_stdout_pass_untouched(self):
        run = self.start_sentinel(*TCP, "--", "cat").finish(stdin="line\n" * 10000)
        self.assertEqual("line\n" * 10000, run.stdout)
        self.assertEqual("", run.stderr)

    def test_arguments_reach_the_command_as_typed(self):
        run = self.run_sentinel(*TCP, "--", "printf", "%s|", "--server", "a b", "", "-x")
        self.assertEqual("--server|a b||-x|", run.stdout)

    def test_no_command_means_the_shell_of_the_caller(self):
        run = self.start_sentinel(*TCP, environment={"SHELL": "/bin/echo"}).finish()
        self.assertEqual((0, "\n"), (run.code, run.stdout))

    def test_an_inherited_descriptor_reaches_the_command_and_none_of_ours_does(self):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        run = self.start_sentinel(*TCP, *shell(f"echo through >&{write}; ls -l /proc/self/fd"), pass_fds=(write,)).finish()
        os.close(write)
        self.assertEqual(b"through\n", os.read(read, 100))
        os.close(read)
        numbers = [line.split()[8] for line in run.stdout.splitlines()[1:]]
        # 3 is ls's own look at the folder, or write itself
        self.assertEqual([], [number for number in numbers if int(number) > 3 and int(number) != write], run.stdout)

    def test_a_script_without_interpreter_line_runs_as_in_a_shell(self):
        path = os.path.join(self.user.home, "script")
        with open(path, "w") as file:
            file.write("exit 9\n")
        os.chmod(path, 0o755)
        self.assertEqual(9, self.run_sentinel(*TCP, "--", path).code)


class Signals(harness.ProcessTest):
    doubles = True

    def test_a_signal_reaches_the_command_once_and_the_command_decides(self):
        for name in ("TERM", "HUP", "USR1", "INT", "QUIT"):
            with self.subTest(name=name):
                run = self.start_sentinel(*TCP, *shell(f"trap 'echo got' {name}; trap 'exit 5' USR2; echo up; "
                                                       "while :; do sleep 0.05; done"))
                self.assertEqual("up", run.line())
                os.kill(run.pid, getattr(signal, "SIG" + name))
                self.assertEqual("got", run.line())
                os.kill(run.pid, signal.SIGUSR2)
                run.finish()
                self.assertEqual((5, ""), (run.code, run.stdout))

    def test_an_ignored_signal_stays_ignored_for_the_command(self):
        run = self.start_sentinel(*TCP, *shell("kill -HUP $$; echo survived"), command_line_prefix=("nohup",)).finish()
        self.assertIn("survived", run.stdout)

    def test_the_commands_mask_and_dispositions_are_the_callers(self):
        run = self.run_sentinel(*TCP, "--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
        for line in run.stdout.splitlines():
            self.assertEqual(0, int(line.split()[1], 16) & ~(1 << (signal.SIGPIPE - 1)) & ~(1 << (signal.SIGXFSZ - 1)), line)

    def test_a_signal_during_the_start_ends_the_run_before_the_command(self):
        run = self.start_sentinel("exec", "--profile", "silent", "--policy-file", "p", "--server", "--log-file", "d", *shell("echo ran"))
        run.helper("broker")
        run.helper("frontend")
        os.kill(run.pid, signal.SIGTERM)
        run.finish()
        self.assertEqual((128 + signal.SIGTERM, ""), (run.code, run.stdout))

    def test_stop_and_continue_without_a_terminal(self):
        run = self.start_sentinel(*TCP, *shell("echo $$; kill -STOP $$; echo on"))
        command = int(run.line())
        wait_until(lambda: harness.state_of(command) == "T" and harness.state_of(run.pid) == "T",
                   "command and supervisor both stopped")
        os.kill(run.pid, signal.SIGCONT)
        self.assertEqual("on", run.line())
        self.assertEqual(0, run.finish().code)

    def test_a_command_continued_by_another_process_continues_the_supervisor(self):
        run = self.start_sentinel(*TCP, *shell("echo $$; kill -STOP $$; echo on; read line"))
        command = int(run.line())
        wait_until(lambda: harness.state_of(run.pid) == "T", "the stop")
        os.kill(command, signal.SIGCONT)
        self.assertEqual("on", run.line())
        wait_until(lambda: harness.state_of(run.pid) == "S", "the supervisor to go on")
        self.assertEqual(0, run.finish(stdin="\n").code)


class NothingOutlivesTheCommand(harness.ProcessTest):
    doubles = True

    def test_a_daemon_that_ignores_everything_ends_with_the_command(self):
        run = self.run_sentinel(*TCP, *python(DAEMON))
        self.assertEqual(0, run.code, run.stderr)
        self.assertFalse(alive(int(run.stdout)))

    def test_stragglers_are_told_before_they_are_killed(self):
        script = ("(trap 'echo told > told; exit' TERM; touch trapped; while :; do sleep 0.05; done) & "
                  "while [ ! -e trapped ]; do sleep 0.01; done")
        self.assertEqual(0, self.run_sentinel(*TCP, *shell(script)).code)
        with open(os.path.join(self.user.home, "told")) as file:
            self.assertEqual("told\n", file.read())

    def test_a_stopped_straggler_ends_too(self):
        self.assertEqual(3, self.run_sentinel(*TCP, *shell("sleep 1000 & kill -STOP $!; exit 3")).code)

    def test_a_tree_that_forks_while_it_dies_ends(self):
        script = ("f() { trap '' TERM; while :; do sleep 1000 & touch forked-$1; sleep 0.01; done; }; f 1 & f 2 & f 3 & "
                  "while [ ! -e forked-1 -o ! -e forked-2 -o ! -e forked-3 ]; do sleep 0.01; done")
        self.assertEqual(0, self.run_sentinel(*TCP, *shell(script)).code)

    def _after_a_kill(self, mode, whom):
        run = self.start_sentinel(*mode, *python(DAEMON + "\nprint('up', flush=True)\ntime.sleep(1000)"))
        daemon = int(next(line for line in sorted((run.line(), run.line())) if line != "up"))
        self.assertTrue(self.own_files() or not self.user.made)
        victim = {"face": lambda: run.pid, "keeper": lambda: run.keeper}[whom]()
        os.kill(victim, signal.SIGKILL)
        run.finish()
        wait_until(lambda: not alive(daemon), "the end of the daemon")
        return run  # assert_nothing_left follows

    def test_sigkill_of_the_supervisor_leaves_nothing(self):
        for mode in (TCP, UNIX):
            self.assertEqual(-signal.SIGKILL, self._after_a_kill(mode, "face").code)
            self.assert_nothing_left()

    def test_sigkill_of_the_keeper_leaves_nothing(self):
        for mode in (TCP, UNIX):
            run = self._after_a_kill(mode, "keeper")
            self.assertEqual(run.own_failure, run.code)
            self.assertIn("keeper was killed by signal 9", run.stderr)
            self.assert_nothing_left()

    def test_sigkill_of_the_whole_job_leaves_nothing(self):
        run = self.start_sentinel(*UNIX, *python(DAEMON + "\nprint('up', flush=True)\ntime.sleep(1000)"),
                                  start_new_session=True)
        daemon = int(next(line for line in sorted((run.line(), run.line())) if line != "up"))
        os.killpg(run.pid, signal.SIGKILL)
        run.finish()
        wait_until(lambda: not alive(daemon), "the end of the daemon")

    def test_sigkill_during_the_start_leaves_nothing(self):
        for whom in ("face", "keeper"):
            run = self.start_sentinel("exec", "--profile", "silent", "--policy-file", "p", "--server", "--log-file", "d", "--unix-socket",
                                      *shell("echo ran"))
            run.helper("broker")
            os.kill(run.pid if whom == "face" else run.keeper, signal.SIGKILL)
            self.assertEqual("", run.finish().stdout)
            self.assert_nothing_left()


class Helpers(harness.ProcessTest):
    doubles = True

    @harness.needs_own_home
    def test_a_helper_has_its_channel_and_nothing_else(self):
        run = self.start_sentinel(*UNIX, *shell("echo up; read line"), environment={"AWS_SECRET_ACCESS_KEY": "key"})
        self.assertEqual("up", run.line())
        for name, more in (("broker", 1), ("frontend", 2)):  # the frontend's channel; the broker's channel and the listener
            pid = run.helper(name)
            wait_until(lambda: len(os.listdir(f"/proc/{pid}/fd")) >= 4 + more, "what it is handed")
            fds = {fd: os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
            standard = [fds.pop(str(fd)) for fd in range(3)]
            if not harness.SANITIZED:
                self.assertEqual(["/dev/null"] * 3, standard)
            self.assertEqual(1 + more, len(fds), fds)
            self.assertTrue(all(target.startswith("socket:") for target in fds.values()), fds)
            with open(f"/proc/{pid}/environ") as file:
                self.assertNotIn("AWS_", file.read())
            self.assertEqual("/", os.readlink(f"/proc/{pid}/cwd"))
            self.assertEqual(pid, os.getsid(pid))
            with open(f"/proc/{pid}/status") as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            self.assertEqual(0, int(status["SigBlk"], 16))
            self.assertEqual(0, int(status["SigIgn"], 16))
        self.assertEqual(0, run.finish(stdin="\n").code)

    def test_neither_half_of_the_supervisor_can_be_read(self):
        run = self.start_sentinel(*UNIX, *shell("echo $PPID; echo $$; read line"))
        keeper, command = int(run.line()), int(run.line())
        self.assertEqual("sentinel-keeper", name_of(keeper))
        for pid in (run.pid, keeper):
            self.assertEqual(0, os.stat(f"/proc/{pid}/mem").st_uid, "the kernel gives what cannot be read to root")
        self.assertEqual(self.user.uid, os.stat(f"/proc/{command}/mem").st_uid, "a debugger of its user may look at the command")
        self.assertEqual(0, run.finish(stdin="\n").code)

    def test_a_frontend_crash_loses_neither_port_nor_command(self):
        run = self.start_sentinel(*TCP, "--server-port", "0", *shell(
            "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; read line"))
        port = int(run.line().split(":")[2].split("/")[0])
        self.assertIn("ASIADOUBLE", ask(port))
        for _ in range(3):
            before = run.helper("frontend")
            self.assertEqual("", ask(port, "/crash"))
            wait_until(lambda: not alive(before), "the crash")
            self.assertIn("ASIADOUBLE", ask(port))
        run.finish(stdin="\n")
        self.assertEqual(0, run.code)
        self.assertEqual(3, run.stderr.count("started again on the same socket"), run.stderr)

    def test_a_frontend_that_crashes_again_and_again_ends_the_run(self):
        run = self.start_sentinel(*TCP, *shell("echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; sleep 1000"))
        port = int(run.line().split(":")[2].split("/")[0])
        with contextlib.suppress(OSError):
            for _ in range(10):
                ask(port, "/crash")
        run.finish()
        self.assertEqual(128 + signal.SIGTERM, run.code)
        self.assertIn("too often", run.stderr)

    def test_the_command_ends_with_the_broker(self):
        run = self.start_sentinel(*TCP, *shell("echo up; sleep 1000"))
        self.assertEqual("up", run.line())
        os.kill(run.helper("broker"), signal.SIGKILL)
        run.finish()
        self.assertEqual(128 + signal.SIGTERM, run.code)
        self.assertEqual(1, run.stderr.count("the broker was killed by signal 9"), run.stderr)

    def test_a_kept_command_goes_on_and_the_port_stays_taken(self):
        run = self.start_sentinel(*TCP, "--on-broker-exit", "keep", *shell(
            "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; read line; exit 4"))
        port = int(run.line().split(":")[2].split("/")[0])
        os.kill(run.helper("broker"), signal.SIGKILL)
        wait_until(lambda: not [pid for pid in children_of(run.keeper) if command_line(pid).endswith("sentinel-frontend")],
                   "the end of the frontend")
        self.assertEqual("", ask(port), "a client is hung up on at once, not left waiting")
        with socket.socket() as thief, self.assertRaises(OSError):
            thief.bind(("127.0.0.1", port))
        run.finish(stdin="\n")
        self.assertEqual(4, run.code)
        self.assertIn("is left running", run.stderr)

    def test_the_port_is_held_until_the_last_straggler_is_gone(self):
        run = self.start_sentinel(*TCP, *shell(
            "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & read line"))
        port = int(run.line().split(":")[2].split("/")[0])
        straggler = int(run.line())
        run.process.stdin.write("\n")  # the shell ends, and the straggler does not
        run.process.stdin.flush()
        taken = 0
        while alive(straggler):
            with socket.socket() as thief:
                try:
                    thief.bind(("127.0.0.1", port))
                    self.assertFalse(alive(straggler), "the port became free while the straggler lived")
                except OSError:
                    taken += 1
        self.assertGreater(taken, 0)
        run.finish()

    def test_notices_are_shown_and_quiet_hides_all_but_warnings(self):
        arguments = ("exec", "--profile", "chatty", "--policy-file", "p", "--server", "--log-file", "decisions")
        def told(*more):
            run = self.start_sentinel(*arguments, *more, *shell("read line"))
            run.hear("double: warning\n")  # the last of them
            return run.finish(stdin="\n").stderr.splitlines()
        self.assertEqual(["sentinel: double: information", "sentinel: double: refused, ?[31mpolicy",
                          "sentinel: double: warning"], told())
        self.assertEqual(["sentinel: double: warning"], told("--quiet"))


class UnixSocket(harness.ProcessTest):
    doubles = True

    def test_socket_and_folder_are_private(self):
        run = self.start_sentinel(*UNIX, *shell("echo $SENTINEL_UNIX_SOCKET; read line"), umask=0)
        path = run.line()
        for file, mode in ((path, 0o600), (os.path.dirname(path), 0o700), (os.path.dirname(path) + "/config", 0o400),
                           (os.path.dirname(path) + "/credentials", 0o400)):
            self.assertEqual(mode, stat.S_IMODE(os.lstat(file).st_mode), file)
            self.assertEqual(self.user.uid, os.lstat(file).st_uid)
        run.finish(stdin="\n")

    def test_what_took_the_sockets_place_is_not_removed(self):
        path = os.path.join(self.user.home, "sock")
        run = self.run_sentinel(*UNIX, "--unix-socket-path", path, "--on-tamper", "warn", *shell(f"rm {path}; echo mine > {path}"))
        self.assertIn(f"not ours any more: {path}", run.stderr)
        with open(path) as file:
            self.assertEqual("mine\n", file.read())
        os.unlink(path)

    def test_a_path_of_ones_own_is_removed_at_the_end(self):
        path = os.path.join(self.user.home, "sock2")
        run = self.run_sentinel(*UNIX, "--unix-socket-path", "sock2", *shell("echo $SENTINEL_UNIX_SOCKET"))
        self.assertEqual((0, path + "\n"), (run.code, run.stdout))
        self.assertFalse(os.path.lexists(path))

    def test_the_runtime_folder_is_used_where_it_is_private(self):
        runtime = os.path.join(self.user.home, "runtime")
        os.mkdir(runtime, 0o700)
        os.chown(runtime, self.user.uid, self.user.gid)
        for mode, inside in ((0o700, True), (0o755, False)):
            os.chmod(runtime, mode)
            run = self.run_sentinel(*UNIX, *shell("echo $SENTINEL_UNIX_SOCKET"), environment={"XDG_RUNTIME_DIR": runtime})
            self.assertEqual(inside, run.stdout.startswith(runtime), run.stdout)
        self.assertEqual([], os.listdir(runtime))


if __name__ == "__main__":
    unittest.main(verbosity=2)
