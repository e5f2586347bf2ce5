"""All real programs against the AWS stand-in: credentials reach the command on both transports, and whatever dies, nothing
is left behind and nothing is lost that should live."""
import contextlib
import json
import os
import signal
import socket
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "fakes")]
import harness
from harness import wait_until
from standin_client import Standin, write_profiles

POLICY = 'version: "1"\nrules:\n  - name: all\n    effect: allow\n    conditions: { profiles: [ledger-prod, marta] }\n'

# Asks as an SDK does, on a new connection for each line of stdin, and prints the answer's status line or "nothing".
ASKER = r"""
import os, socket, sys
def ask():
    if 'SENTINEL_UNIX_SOCKET' in os.environ:
        s = socket.socket(socket.AF_UNIX); s.connect(os.environ['SENTINEL_UNIX_SOCKET'])
        token = os.environ['SENTINEL_AUTH_TOKEN']
    else:
        uri = os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']
        s = socket.create_connection(('127.0.0.1', int(uri.split(':')[2].split('/')[0])))
        token = os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']
    s.settimeout(60)
    s.sendall(f'GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n'.encode())
    data = b''
    while part := s.recv(65536): data += part
    return data.split(b'\r\n')[0].decode()
print('up', flush=True)
for line in sys.stdin:
    try: print(ask() or 'nothing', flush=True)
    except OSError as error: print('nothing', flush=True)
"""
DAEMON = r"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
os.wait()
print('up', flush=True)
time.sleep(1000)
"""


class WholeRun(harness.ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for helper in (cls.layout.broker, cls.layout.frontend):
            if not os.path.exists(helper):
                raise unittest.SkipTest(f"no {helper}")
        cls.aws = Standin()
        cls.aws.start()
        cls.addClassCleanup(cls.aws.stop)
        write_profiles(cls.user.home, cls.aws.url)
        cls.policy = os.path.join(cls.user.home, "policy.yaml")
        with open(cls.policy, "w") as file:
            file.write(POLICY)
        for folder, _, files in os.walk(cls.user.home) if cls.user.made else ():
            for path in [folder] + [os.path.join(folder, name) for name in files]:
                os.chown(path, cls.user.uid, cls.user.gid)

    def start(self, mode, *command, options=()):
        return self.start_sentinel("exec", "--server", *(["--unix-socket"] if mode == "unix" else []), "--profile", "ledger-prod",
                                   "--policy-file", self.policy, "--log-file", "decisions", *options, "--", *command,
                                   environment={"AWS_CONFIG_FILE": self.user.home + "/.aws/config",
                                                "AWS_SHARED_CREDENTIALS_FILE": self.user.home + "/.aws/credentials"})

    def asker(self, mode, options=()):
        run = self.start(mode, "/usr/bin/python3", "-c", ASKER, options=options)
        self.assertEqual("up", run.line(), "the command did not start")
        return run

    @staticmethod
    def ask(run):
        run.process.stdin.write("\n")
        run.process.stdin.flush()
        return run.line()

    def test_credentials_reach_the_command_on_both_transports(self):
        for mode in ("tcp", "unix"):
            with self.subTest(mode=mode):
                run = self.asker(mode)
                answers = [self.ask(run) for _ in range(3)]
                self.assertEqual((0, ""), (run.finish().code, run.stderr))
                self.assertEqual(["HTTP/1.1 200 OK"] * 3, answers)

    def test_the_helper_prints_what_sdks_expect(self):
        run = self.start("unix", self.layout.credential_process).finish()
        self.assertEqual({"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}, set(json.loads(run.stdout)), run.stderr)

    @harness.needs_own_home
    def test_no_descriptor_of_a_helper_is_inherited(self):
        run = self.asker("unix")
        callers = {os.readlink(f"/proc/{run.pid}/fd/{fd}") for fd in range(3)} if os.geteuid() == 0 else set()
        for name in ("broker", "frontend"):
            fds = {}
            for fd in os.listdir(f"/proc/{run.helper(name)}/fd"):
                with contextlib.suppress(OSError):
                    fds[fd] = os.readlink(f"/proc/{run.helper(name)}/fd/{fd}")
            if not harness.SANITIZED:
                self.assertEqual(["/dev/null"] * 3, [fds[str(fd)] for fd in range(3)])
                self.assertEqual(set(), callers & set(fds.values()), fds)
        self.assertEqual(0, run.finish().code)

    def test_after_a_frontend_crash_the_same_address_serves_again(self):
        for mode in ("tcp", "unix"):
            with self.subTest(mode=mode):
                run = self.asker(mode)
                self.assertEqual("HTTP/1.1 200 OK", self.ask(run))
                for _ in range(3):
                    before = run.helper("frontend")
                    os.kill(before, signal.SIGKILL)
                    wait_until(lambda: not os.path.exists(f"/proc/{before}"), "the end of the frontend")
                    self.assertEqual("HTTP/1.1 200 OK", self.ask(run))
                self.assertEqual(0, run.finish().code)

    def test_the_command_ends_with_the_broker(self):
        run = self.start("unix", "sh", "-c", "echo up; exec sleep 1000")
        self.assertEqual("up", run.line())
        os.kill(run.helper("broker"), signal.SIGKILL)
        self.assertEqual(128 + signal.SIGTERM, run.finish().code)
        self.assertIn("the broker was killed by signal 9", run.stderr)

    def test_a_kept_command_outlives_the_broker_and_gets_nothing(self):
        run = self.asker("tcp", options=("--on-broker-exit", "keep"))
        os.kill(run.helper("broker"), signal.SIGKILL)
        wait_until(lambda: self.ask(run) == "nothing", "the end of the service")
        self.assertEqual(0, run.finish().code)

    def test_sigkill_of_any_part_leaves_nothing(self):
        for mode in ("tcp", "unix"):
            for victim in ("face", "keeper"):
                with self.subTest(mode=mode, victim=victim):
                    run = self.start(mode, "/usr/bin/python3", "-c", DAEMON)
                    self.assertEqual("up", run.line())
                    os.kill(run.pid if victim == "face" else run.keeper, signal.SIGKILL)
                    run.finish()
                    self.assert_nothing_left()

    def test_sigkill_of_face_and_keeper_at_once_ends_the_helpers(self):
        run = self.start("unix", "sleep", "1000")
        wait_until(lambda: "sleep" in map(harness.name_of, self.own_processes()), "the command")
        broker, frontend, keeper = run.helper("broker"), run.helper("frontend"), run.keeper
        os.kill(keeper, signal.SIGSTOP)  # so that it cannot act between the two
        os.kill(run.pid, signal.SIGKILL)
        os.kill(keeper, signal.SIGKILL)
        run.finish()
        for pid in (broker, frontend):
            wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the helpers by end of file")
        wait_until(lambda: not self.own_processes(), "the end of the command by its parent-death signal")
        for path in self.own_files():  # nobody is left who could remove these; they hold no secret
            for name in os.listdir(path):
                os.unlink(os.path.join(path, name))
            os.rmdir(path)

    def test_a_start_that_aws_refuses_runs_nothing(self):
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", count=1)
        self.addCleanup(self.aws.control.clear)
        run = self.start("unix", "echo", "ran").finish()
        self.assertEqual((run.own_failure, ""), (run.code, run.stdout))
        self.assertGreaterEqual(len(run.stderr.splitlines()), 2, run.stderr)

    def test_a_taken_port_is_refused_before_aws_is_asked(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            before = len(self.aws.calls())
            run = self.start("tcp", "echo", "ran", options=("--server-port", str(other.getsockname()[1]))).finish()
        self.assertEqual((run.own_failure, ""), (run.code, run.stdout))
        self.assertEqual(before, len(self.aws.calls()))


if __name__ == "__main__":
    unittest.main(verbosity=2)
