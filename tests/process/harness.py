"""What process tests share: build paths, an ordinary user, a place to run sentinel in, terminals, and the check that
nothing is left behind.

Started as root, tests create a user of their own (removed at exit) and run sentinel as it; every process of that user
that is left after a test is a failure. Started as an ordinary user they run as that user, and look for processes that
carry the test's mark. Needs: SENTINEL_BUILD, the build folder.
"""
import atexit
import contextlib
import glob
import os
import pty
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import fcntl
import struct
import termios

BUILD = os.environ.get("SENTINEL_BUILD") or os.path.join(os.path.dirname(__file__), "../../build/dev")
SANITIZED = bool(os.environ.get("SENTINEL_SANITIZE"))
# Of a program as it is installed: not readable, so never dumpable. A sanitizer reads its options in /proc/self, which such a
# program may not open.
AS_INSTALLED = 0o755 if SANITIZED else 0o711
PATIENCE = 60.0  # seconds until a wait is a failure, on a busy machine, too; nothing is asserted about speed
MARK = "SENTINEL_TEST_MARK"
EXEC_FAILED = 125  # of `sentinel exec` itself; every other code is its command's. Commands that run none fail with 1, tools with 2
CLEAN_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
if SANITIZED:
    CLEAN_ENVIRONMENT["ASAN_OPTIONS"] = "detect_leaks=0"  # the search for leaks cannot look into an unreadable process

# A job that was started in the background ignores these, and its children would, too; a terminal's programs do not.
for interruption in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(interruption) == signal.SIG_IGN:
        signal.signal(interruption, signal.SIG_DFL)


# The sentences of a run whose policy, or whose judge, its own user can change: all but a few tests have such runs.
AT_START = re.compile(r"^sentinel: (?:the command can change this policy: |what judges this run is asked where variables say: "
                      r"|whose key this is, STS is asked at ).*\n", re.M)

# Sentinel hides its processes from their own user, and a user's own home is no test's to write in: tests that look there
# need root, and a user made for them.
needs_own_home = unittest.skipUnless(os.geteuid() == 0, "needs root, to look on and to make a user: start the tests as root")


def wait_until(condition, what, patience=None):
    """Waits until condition() is true, and returns its value. Looks less often the longer it lasts: a condition may cost a core's
    while, which the awaited process needs."""
    end, pause = time.monotonic() + (patience or PATIENCE), 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(pause)
        pause = min(0.1, pause * 1.3)


class OrdinaryUser:
    """The user that tests run as: a new one when we are root, else ourselves; or ourselves also as root, if told so."""

    def __init__(self, folder=None, ourselves=False):
        self.made = os.geteuid() == 0 and not ourselves
        self.born = time.time()
        self.removed = False
        self.folder = folder or tempfile.mkdtemp(prefix="stest-")
        os.chmod(self.folder, 0o755)
        self.home = os.path.join(self.folder, "home")
        os.mkdir(self.home)
        if self.made:
            self.name = f"stest{os.getpid()}x{id(self) % 1000}"
            self._useradd()
            entry = pwd.getpwnam(self.name)
            os.chown(self.home, entry.pw_uid, entry.pw_gid)
        else:
            entry = pwd.getpwuid(os.geteuid())
            self.name = entry.pw_name
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        atexit.register(self.remove)

    def _useradd(self):
        def add():
            done = subprocess.run(["useradd", "--no-create-home", "--no-log-init", "--home-dir", self.home, "--shell",
                                   "/bin/bash", self.name], capture_output=True, text=True)
            if done.returncode != 0 and "lock" not in done.stderr:
                raise RuntimeError(done.stderr)
            return done.returncode == 0
        wait_until(add, "useradd: another one holds the lock")

    def remove(self):
        if self.removed:  # by now the uid may be another test's
            return
        self.removed = True
        if self.made:
            self.kill_all()
            for _ in range(100):  # userdel fails while another holds the lock
                if subprocess.run(["userdel", self.name], capture_output=True).returncode in (0, 6):
                    break
                time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)

    def popen_arguments(self):
        if not self.made:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def kill_all(self):
        for pid in processes_of_user(self.uid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def processes_of_user(uid):
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError, StopIteration):
            with open(f"/proc/{entry}/status", errors="replace") as status:
                text = status.read()
            uids = re.search(r"^Uid:\t(\d+)\t(\d+)", text, re.M)
            state = re.search(r"^State:\t(\w)", text, re.M)
            if uid in map(int, uids.groups()) and state.group(1) != "Z":
                found.append(int(entry))
    return found


def processes_with_mark(mark):
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        for part in ("environ", "cmdline"):
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/{part}", "rb") as file:
                    if mark.encode() in file.read():
                        found.append(int(entry))
                        break
    return found


def command_line(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    return "(gone)"


def children_of(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    return []


def name_of(pid):
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/comm", errors="replace") as file:
            return file.read().strip()
    return ""


def for_people(moment):
    """As Sentinel shows it to people: in the zone of an environment that says none."""
    return subprocess.run(["date", "-d", moment, "+%F %T %Z"], env=CLEAN_ENVIRONMENT, capture_output=True, text=True, check=True).stdout.strip()


def shell(script):
    """The words that end a command line with a command of the shell's."""
    return ("--", "sh", "-c", script)


def state_of(pid):
    """R, S, T, Z and so on; empty for a process that is gone."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/stat", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    return ""


def copy_program(source, target):
    """Without what a debugger wants, which is nineteen parts of twenty; a sanitizer wants it, too."""
    if SANITIZED or not shutil.which("strip"):
        shutil.copy(source, target)
    else:
        subprocess.run(["strip", "--strip-debug", "-o", target, source], check=True)


class Layout:
    """A private copy of the programs, laid out as a build folder, with the real helpers or their doubles."""

    def __init__(self, user, doubles):
        self.folder = os.path.join(user.folder, "double" if doubles else "real")
        self.sentinel = self._copy("supervisor/sentinel", "supervisor/sentinel")
        self.credential_process = self._copy("supervisor/sentinel-credential-process",
                                             "supervisor/sentinel-credential-process")
        self.broker = self._copy("tests/helper_double" if doubles else "broker/sentinel-broker",
                                 "broker/sentinel-broker")
        self.frontend = self._copy("tests/helper_double" if doubles else "frontend/sentinel-frontend",
                                   "frontend/sentinel-frontend")
        if os.geteuid() == 0 and not doubles:
            for program in (self.broker, self.frontend, self.sentinel, self.credential_process):
                os.chmod(program, AS_INSTALLED)

    def _copy(self, source, target):
        path = os.path.join(self.folder, target)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        copy_program(os.path.join(BUILD, source), path)
        os.chmod(path, 0o755)
        return path


class Run:
    """One running sentinel, its output collected."""

    def __init__(self, case, arguments, environment=None, cwd=None, command_line_prefix=(), **more):
        env = dict(CLEAN_ENVIRONMENT, **{MARK: case.mark}, HOME=case.user.home)
        if not case.user.made:  # XDG_STATE_HOME of whoever runs the tests is no test's to write in
            env["XDG_STATE_HOME"] = case.user.home
        env.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})
        env.update(environment or {})
        self.process = subprocess.Popen([*command_line_prefix, case.layout.sentinel, *arguments], env=env,
                                        cwd=cwd or case.user.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, **case.user.popen_arguments(), **more)
        self.pid = self.process.pid
        self.heard = bytearray()
        self.own_failure = EXEC_FAILED if arguments and arguments[0] == "exec" else 1
        case.addCleanup(self._end)

    def _end(self):
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.process.wait()

    def finish(self, stdin=None, patience=PATIENCE):
        """Waits for the end; afterwards code, stdout and stderr are there."""
        self.stdout, self.stderr = self.process.communicate(stdin, timeout=patience)
        self.stderr = self.heard.decode(errors="replace") + self.stderr
        # What a run says of itself at its start, beside what the test is about; test_who_decides.py looks at it.
        self.at_start = "".join(AT_START.findall(self.stderr))
        self.stderr = AT_START.sub("", self.stderr)
        self.code = self.process.returncode
        return self

    def line(self):
        """The next line of stdout."""
        return self.process.stdout.readline().rstrip("\n")

    def hear(self, text):
        """Waits until stderr says `text`, while the command runs; what it said is in stderr when it has ended."""
        wait_until(lambda: self.said(text, 0.05), f"{text!r} on stderr")

    def said(self, text, seconds=0):
        """Whether stderr has said `text` by now, or does within these seconds."""
        if select.select([self.process.stderr], [], [], seconds)[0]:
            self.heard.extend(os.read(self.process.stderr.fileno(), 4096))
        return text.encode() in self.heard

    @property
    def keeper(self):
        return wait_until(lambda: next(iter(children_of(self.pid)), None), "the keeper")

    def helper(self, name):
        """The pid of the broker or frontend."""
        wanted = f"sentinel-{name}"
        return wait_until(lambda: next((pid for pid in children_of(self.keeper)
                                        if command_line(pid).endswith(wanted)), None), wanted)


class Terminal:
    """A program in a new session on a pty of its own."""

    def __init__(self, case, argv, environment=None, rows=24, columns=400):
        env = dict(CLEAN_ENVIRONMENT, **{MARK: case.mark}, HOME=case.user.home, PS1="ready> ", HISTFILE="/dev/null")
        env.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})
        env.update(environment or {})
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.at_first = termios.tcgetattr(slave)  # the program may have changed them before anybody could ask
        if case.user.made:
            os.fchown(slave, case.user.uid, case.user.gid)
        self.process = subprocess.Popen(argv, env=env, cwd=case.user.home, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, preexec_fn=self._take_terminal,
                                        **case.user.popen_arguments())
        os.close(slave)
        self.text = ""
        self.seen = 0
        case.addCleanup(self.close)

    @staticmethod
    def _take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def send(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return True
        try:
            part = os.read(self.master, 4096)
        except OSError:  # EIO: the last process that had the terminal is gone
            return False
        self.text += part.decode(errors="replace")
        return bool(part)

    def expect(self, pattern):
        """Waits for `pattern` behind what was matched before; returns the match."""
        end = time.monotonic() + PATIENCE
        while True:
            match = re.compile(pattern, re.M).search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if time.monotonic() > end or not self.read(0.1):
                raise AssertionError(f"terminal never showed {pattern!r}; it shows:\n{self.text[self.seen:]}")

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self):
        wait_until(lambda: not self.read(0.05) or self.process.poll() is not None, "the program on the terminal")
        return self.process.wait(timeout=PATIENCE)

    def close(self):
        if self.master >= 0:
            os.close(self.master)
            self.master = -1
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class ProcessTest(unittest.TestCase):
    """Gives each test class a user and a layout, and each test the check that nothing is left behind."""

    doubles = False
    ourselves = False  # no user is made for it: what only root can do

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(os.path.join(BUILD, "supervisor/sentinel")):
            raise unittest.SkipTest(f"no build in {BUILD}")
        cls.user = OrdinaryUser(ourselves=cls.ourselves)
        cls.layout = Layout(cls.user, cls.doubles)

    @classmethod
    def tearDownClass(cls):
        cls.user.remove()
        atexit.unregister(cls.user.remove)

    def setUp(self):
        self.mark = f"{os.getpid()}-{id(self)}"
        self.addCleanup(self.user.kill_all if self.user.made else lambda: None)
        self.addCleanup(self.assert_nothing_left)

    def run_sentinel(self, *arguments, **more):
        return Run(self, arguments, **more).finish()

    def start_sentinel(self, *arguments, **more):
        return Run(self, arguments, **more)

    def own_processes(self):
        if self.user.made:
            return processes_of_user(self.user.uid)
        return processes_with_mark(self.mark)

    def own_files(self):
        found = []
        for pattern in ("/tmp/sentinel-*", f"/run/user/{self.user.uid}/sentinel-*",
                        f"{self.user.home}/.local/state/sentinel/run/sentinel-*"):
            for path in glob.glob(pattern):
                with contextlib.suppress(OSError):
                    status = os.lstat(path)
                    # A killed test of long ago may have had the same uid.
                    if status.st_uid == self.user.uid and status.st_mtime >= self.user.born:
                        found.append(path)
        return found if self.user.made else []  # an ordinary user may have runs of his own

    def assert_nothing_left(self):
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self.own_processes() and not self.own_files(), "an empty process table")
        left = [f"{pid}: {command_line(pid)}" for pid in self.own_processes()]
        self.assertEqual([], left, "processes are left behind")
        self.assertEqual([], self.own_files(), "files are left behind")


def main():
    unittest.main(module=sys.modules["__main__"], verbosity=2)
