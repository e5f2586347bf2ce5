"""How a run ends when something will not: the tree is frozen before it is killed, and what outlived the command is named; a
helper that another program stopped is told, and ended in time."""
import contextlib
import os
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
from harness import children_of, needs_own_home, shell, state_of, wait_until  # noqa: E402

TCP = ("exec", "--profile", "ok", "--policy-file", "policy", "--server", "--log-file", "decisions")
OUTLIVED = "that outlived the command: "


def behind(program):
    """Starts it in the background, and goes on when it has become that program: until then its name is the shell's."""
    name = program.split()[0].rsplit("/", 1)[-1] if not program.startswith("setsid ") else program.split()[1]
    return f"{program} & until [ $(cat /proc/$!/comm) = {name} ]; do sleep 0.01; done"


class EndOfRun(harness.ProcessTest):
    doubles = True

    def start_sentinel(self, *arguments, **more):
        temporary = os.path.join(self.user.home, "tmp")  # of the scripts, which goes with the user
        os.makedirs(temporary, exist_ok=True)
        os.chown(temporary, self.user.uid, self.user.gid)
        return super().start_sentinel(*arguments, environment={"TMPDIR": temporary}, **more)

    def run_sentinel(self, *arguments, **more):
        return self.start_sentinel(*arguments, **more).finish()

    def told(self, run):
        """What was ended, by the one line that says so."""
        lines = [line for line in run.stderr.splitlines() if OUTLIVED in line]
        self.assertEqual(1, len(lines), run.stderr)
        return lines[0]


class Named(EndOfRun):
    def test_what_outlived_the_command_is_named(self):
        script = "; ".join(map(behind, ("sleep 1000", "sleep 1000", "setsid tail -f /dev/null")))
        run = self.run_sentinel(*TCP, *shell(script + "; exit 3"))
        self.assertEqual(3, run.code)
        self.assertEqual(f"sentinel: ended 3 processes {OUTLIVED}sleep (2), tail", self.told(run))

    def test_one_is_one(self):
        run = self.run_sentinel(*TCP, *shell(behind("sleep 1000") + "; exit 0"))
        self.assertEqual(f"sentinel: ended 1 process {OUTLIVED}sleep", self.told(run))

    def test_one_that_ignores_the_first_signal_is_named_once(self):
        stubborn = "sh -c 'trap \"\" TERM; echo up > up; read line < never'"
        run = self.run_sentinel(*TCP, *shell(f"cd $(mktemp -d); mkfifo up never; {stubborn} & read line < up; exit 0"))
        self.assertEqual(f"sentinel: ended 1 process {OUTLIVED}sh", self.told(run))

    def test_nothing_is_said_where_nothing_outlived_it(self):
        for script in ("true", "sleep 0.01 & wait", "sleep 1000 & kill -INT $!; kill -KILL $!; wait; exit 0"):
            run = self.run_sentinel(*TCP, *shell(script))
            self.assertEqual((0, ""), (run.code, run.stderr), script)

    def test_quiet_hides_it(self):
        run = self.run_sentinel(*TCP, "--quiet", *shell("sleep 1000 & exit 0"))
        self.assertEqual((0, ""), (run.code, run.stderr))

    def test_a_name_that_steers_a_terminal_does_not(self):
        program = ("import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'\\x1b[2J\\n), (\\xff\\x07', 0, 0, 0)\n"
                   "os.setsid()\nprint('up', flush=True)\ntime.sleep(1000)\n")
        path = os.path.join(self.user.home, "odd.py")
        with open(path, "w") as file:
            file.write(program)
        run = self.run_sentinel(*TCP, *shell(f"cd $(mktemp -d); mkfifo up; /usr/bin/python3 {path} > up & read line < up; exit 0"))
        self.assertEqual(f"sentinel: ended 1 process {OUTLIVED}?[2J?), (??", self.told(run))

    def test_the_face_names_them_when_the_keeper_was_killed(self):
        run = self.start_sentinel(*TCP, *shell(behind("sleep 1000") + "; echo up; sleep 1000"))
        self.assertEqual("up", run.line())
        os.kill(run.keeper, signal.SIGKILL)
        run.finish()
        self.assertIn("sleep", self.told(run))

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to have a program of another user in the tree")
    def test_what_cannot_be_ended_is_named(self):
        # As sudo is: it belongs to root, and the run does not.
        sleeper = os.path.join(self.user.folder, "as-root")
        shutil.copy("/usr/bin/sleep", sleeper)
        starter = os.path.join(self.user.folder, "starter")
        with open(starter + ".c", "w") as file:
            file.write("#include <unistd.h>\nint main(int c, char** v) { return setreuid(0, 0) || execv(v[1], v + 1); }\n")
        if not shutil.which("cc"):
            self.skipTest("no compiler for a program that belongs to root")
        import subprocess
        subprocess.run(["cc", "-o", starter, starter + ".c"], check=True)
        os.chmod(starter, 0o4755)
        run = self.start_sentinel(*TCP, *shell(f"{starter} {sleeper} 1000 >/dev/null 2>&1 & echo $!; until [ $(cat /proc/$!/comm) = as-root ]; do sleep 0.01; done; exit 0"))
        pid = int(run.line())
        self.addCleanup(lambda: os.path.exists(f"/proc/{pid}") and os.kill(pid, signal.SIGKILL))
        run.finish()
        self.assertIn(f"process {pid} (as-root) of the command could not be ended", run.stderr)


class Stubborn(EndOfRun):
    @needs_own_home
    def test_what_forks_as_fast_as_it_is_killed_ends(self):
        storm = os.path.join(self.user.folder, "fork_storm")
        shutil.copy(os.path.join(harness.BUILD, "tests/fork_storm"), storm)
        os.chmod(storm, 0o755)
        for how in ("bomb 100", "chains 20", "reapers 30"):
            with self.subTest(how=how):
                run = self.run_sentinel(*TCP, *shell(f"cd $(mktemp -d); mkfifo up; {storm} {how} > up & read line < up; exit 4"))
                self.assertEqual(4, run.code, run.stderr)
                self.assertRegex(self.told(run), "fork_storm")
                self.assertNotIn("could not be ended", run.stderr)
                self.assertEqual([], self.own_processes())


def cgroups():
    """Where cgroup v2 is mounted; empty where it is not."""
    with open("/proc/self/mountinfo") as file:
        return next((line.split()[4] for line in file if " - cgroup2 " in line), "")


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists(os.path.join(cgroups(), "cgroup.procs")),
                     "needs root and cgroup v2, to delegate a subtree of it to a user")
class Cgroup(EndOfRun):
    def setUp(self):
        super().setUp()
        self.delegated = os.path.join(cgroups(), f"sentinel-test-{os.getpid()}-{id(self)}")
        os.mkdir(self.delegated)
        self.addCleanup(self.remove)
        if not os.path.exists(os.path.join(self.delegated, "cgroup.kill")):
            self.skipTest("this kernel has no cgroup.kill")

    def remove(self):
        for folder, _, _ in os.walk(self.delegated, topdown=False):
            wait_until(lambda: self.try_to_remove(folder), f"{folder} to be empty")

    @staticmethod
    def try_to_remove(folder):
        try:
            os.rmdir(folder)
            return True
        except OSError:
            return not os.path.exists(folder)

    def delegate(self):
        for name in ("", "cgroup.procs", "cgroup.subtree_control"):
            os.chown(os.path.join(self.delegated, name), self.user.uid, self.user.gid)
        with contextlib.suppress(OSError):
            os.setxattr(self.delegated, "user.delegate", b"1")

    def start_inside(self, script):
        """A run that begins in the cgroup; its shell waits until it has been put there."""
        run = self.start_sentinel(*TCP, *shell(script), command_line_prefix=("sh", "-c", 'read go; exec "$@"', "sh"))
        with open(os.path.join(self.delegated, "cgroup.procs"), "w") as file:
            file.write(str(run.pid))
        run.process.stdin.write("go\n")
        run.process.stdin.flush()
        return run

    def test_the_command_has_a_cgroup_of_its_own_where_one_is_delegated(self):
        self.delegate()
        storm = os.path.join(self.user.folder, "fork_storm")
        shutil.copy(os.path.join(harness.BUILD, "tests/fork_storm"), storm)
        os.chmod(storm, 0o755)
        run = self.start_inside(f"grep ^0:: /proc/self/cgroup; mkdir {cgroups()}$(grep ^0:: /proc/self/cgroup | cut -c4-)/mine; "
                                f"cd $(mktemp -d); mkfifo up; {storm} bomb 100 > up & read line < up; exit 4")
        self.assertRegex(run.line(), f"^0::.*/{os.path.basename(self.delegated)}/sentinel-......$")
        run.finish()
        self.assertEqual(4, run.code, run.stderr)
        self.assertRegex(self.told(run), "fork_storm")
        self.assertEqual([], [name for name in os.listdir(self.delegated) if name.startswith("sentinel-")])

    def test_the_face_removes_it_when_the_keeper_was_killed(self):
        self.delegate()
        run = self.start_inside("echo up; sleep 1000")
        self.assertEqual("up", run.line())
        os.kill(run.keeper, signal.SIGKILL)
        run.finish()
        self.assertEqual([], [name for name in os.listdir(self.delegated) if name.startswith("sentinel-")])

    def test_where_none_is_delegated_the_command_stays_where_it_is(self):
        run = self.start_inside("grep ^0:: /proc/self/cgroup")
        self.assertRegex(run.line(), f"/{os.path.basename(self.delegated)}$")
        self.assertEqual(0, run.finish().code, run.stderr)


class StoppedHelpers(EndOfRun):
    def start(self, script="echo up; read line"):
        run = self.start_sentinel(*TCP, *shell(script))
        self.assertEqual("up", run.line())
        return run

    def test_a_stopped_broker_is_told_and_goes_on(self):
        run = self.start()
        broker = run.helper("broker")
        os.kill(broker, signal.SIGSTOP)
        run.hear(f"the broker was stopped by another program: nothing is handed out; continue it with kill -CONT {broker}")
        os.kill(broker, signal.SIGCONT)
        run.hear("the broker goes on")
        self.assertEqual(0, run.finish(stdin="\n").code, run.stderr)

    def test_a_broker_that_stays_stopped_ends_the_run(self):
        run = self.start("echo up; exec sleep 1000")
        os.kill(run.helper("broker"), signal.SIGSTOP)
        run.finish()
        self.assertEqual(128 + signal.SIGTERM, run.code)
        self.assertIn("the broker was stopped by another program", run.stderr)
        self.assertIn("the broker was killed by signal 9 (Killed): no more credentials", run.stderr)

    def test_a_keeper_that_stays_stopped_is_told_and_ends_the_run(self):
        run = self.start("echo up; exec sleep 1000")
        os.kill(run.keeper, signal.SIGSTOP)
        run.finish()
        self.assertEqual(run.own_failure, run.code)
        self.assertIn("the supervisor's keeper was stopped by another program: nothing of this run is watched", run.stderr)
        self.assertIn("keeper was killed by signal 9", run.stderr)

    def test_what_is_stopped_for_a_moment_only_goes_on(self):
        run = self.start()
        for pid in (run.helper("broker"), run.keeper):
            for _ in range(20):
                os.kill(pid, signal.SIGSTOP)
                wait_until(lambda: state_of(pid) == "T", "the stop")
                os.kill(pid, signal.SIGCONT)
        run.finish(stdin="\n")
        self.assertEqual(0, run.code, run.stderr)

    def test_a_frontend_that_stays_stopped_is_started_again(self):
        run = self.start()
        stopped = run.helper("frontend")
        os.kill(stopped, signal.SIGSTOP)
        run.hear("the frontend was stopped by another program")
        run.hear("started again on the same socket")
        self.assertNotEqual(stopped, run.helper("frontend"))
        self.assertEqual(0, run.finish(stdin="\n").code, run.stderr)

    def test_a_helper_that_is_stopped_at_the_end_does_not_keep_the_run(self):
        run = self.start()
        os.kill(run.helper("frontend"), signal.SIGSTOP)
        run.finish(stdin="\n")
        self.assertEqual(0, run.code, run.stderr)

    def test_all_that_is_stopped_and_continued_as_one_goes_on(self):
        run = self.start()
        everything = [run.pid, run.keeper, *children_of(run.keeper)]
        for pid in everything:
            os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: all(state_of(pid) == "T" for pid in everything), "the stop of all")
        for pid in everything:
            os.kill(pid, signal.SIGCONT)
        run.finish(stdin="\n")
        self.assertEqual((0, ""), (run.code, run.stderr))


if __name__ == "__main__":
    harness.main()
