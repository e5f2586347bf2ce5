"""What tests of whole runs against AWS share: the stand-in, the profiles, a command inside the run that asks for
credentials when it is told to, the decision log, and the question whether a secret is where it must not be.
"""
import json
import os
import resource
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "fakes")]

from harness import PATIENCE, SANITIZED, ProcessTest, Run, wait_until  # noqa: E402,F401
from standin_client import Standin, write_profiles  # noqa: E402

PYTHON = "/usr/bin/python3"
PARAMETER = "/sentinel/policies/default"
TRANSPORTS = ("tcp", "unix")
# The search for leaks stops all threads with ptrace, for which the helpers' filter ends them; the unit tests search.
WITHOUT_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"} if SANITIZED else {}

# Takes one order per line of stdin, and answers with one line of JSON. Asks as an SDK does: a new connection each time,
# and for 'again' seconds once more where the answer is 503.
ASKER = r"""
import json, os, socket, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor
def ask(order):
    if 'SENTINEL_UNIX_SOCKET' in os.environ:
        s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect(os.environ['SENTINEL_UNIX_SOCKET'])
        token = os.environ['SENTINEL_AUTH_TOKEN']
    else:
        port = os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'].split(':')[2].split('/')[0]
        s = socket.create_connection(('127.0.0.1', int(port)), timeout=60)
        token = os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN']
    token = order.get('token', token)
    path = order.get('path', '/creds')
    lines = [f'GET {path} HTTP/1.1', 'Host: localhost', 'Connection: close'] + ([f'Authorization: {token}'] if token else [])
    with s:
        s.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        data = b''
        while part := s.recv(65536): data += part
    head, _, body = data.decode().partition('\r\n\r\n')
    return {'status': int(head.split()[1]), 'body': json.loads(body)}
def ask_again(order):
    answer = ask(order)
    end = time.monotonic() + order.get('again', 0)
    while answer['status'] == 503 and time.monotonic() < end:
        time.sleep(0.05)
        answer = ask(order)
    return answer
def asks(order):
    with ThreadPoolExecutor(order.get('at_once', 1)) as pool:
        return list(pool.map(lambda _: ask_again(order), range(order.get('times', 1))))
def run(order):
    done = subprocess.run(order['argv'], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return {'code': done.returncode, 'stdout': done.stdout, 'stderr': done.stderr}
print('"up"', flush=True)
for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps({'asks': asks, 'run': run, 'environment': lambda _: dict(os.environ)}[order['do']](order)), flush=True)
"""


def rule(effect="allow", name="the-rule", reason="a test", conditions="{ profiles: [ledger-prod] }", more=""):
    """One rule of a policy, as text."""
    return (f"  - name: {name}\n    effect: {effect}\n    reason: {reason}\n    conditions: {conditions}\n"
            + (f"    {more}\n" if more else ""))


def policy(*rules):
    return 'version: "1"\nrules:\n' + "".join(rules)


class Asker:
    """A running sentinel whose command asks for credentials when told to."""

    def __init__(self, case, *arguments, **more):
        self.run = case.start(*arguments, command=(PYTHON, "-c", ASKER), **more)
        if self.run.line() != '"up"':
            self.run.finish()
            raise AssertionError(f"the command did not start: code {self.run.code}\n{self.run.stderr}")

    def order(self, do, **members):
        self.begin(do, **members)
        return self.answer()

    def begin(self, do, **members):
        self.run.process.stdin.write(json.dumps({"do": do, **members}) + "\n")
        self.run.process.stdin.flush()

    def answer(self):
        return json.loads(self.run.line())

    def ask(self, **members):
        return self.order("asks", **members)[0]

    def asks(self, times, at_once=1):
        return self.order("asks", times=times, at_once=at_once)

    def statuses(self, times, at_once=1):
        return [answer["status"] for answer in self.asks(times, at_once)]

    def end(self):
        """Ends the command; afterwards run.code and run.stderr are there."""
        return self.run.finish()


class AwsTest(ProcessTest):
    """Each class has a user and the programs, each test a stand-in of its own with the default world."""

    tls = False
    world = None  # another world (world.py) than the default one
    standin = {}  # further members of Standin: link_local, proxy

    def setUp(self):
        super().setUp()
        self.aws = Standin(tls=self.tls, config=self.world, **self.standin)
        self.aws.start()
        self.addCleanup(self.aws.stop)
        self.folder = tempfile.mkdtemp(prefix="test-", dir=self.user.home)
        self.owned(self.folder)
        self.log_path = os.path.join(self.folder, "decisions.jsonl")
        self.marker = os.path.join(self.folder, "the-command-ran")
        write_profiles(self.folder)
        self.owned(os.path.join(self.folder, ".aws"))
        for name in ("config", "credentials"):
            self.owned(self.aws_file(name))

    def owned(self, path):
        """Gives a file that the test made to the user who runs sentinel."""
        if self.user.made:
            os.chown(path, self.user.uid, self.user.gid)
        return path

    def aws_file(self, name):
        return os.path.join(self.folder, ".aws", name)

    def write(self, name, text, mode=0o600):
        """A file of the user, changed in one step."""
        path = os.path.join(self.folder, name)
        with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        os.rename(self.owned(path + ".new"), path)
        return path

    def full_log(self):
        """A decision log that takes no line more, and what to start a run with so that this is so. A device is no log."""
        limit, line = 4 << 20, '{"timestamp":"2026-01-01T00:00:00Z","effect":"deny"}\n'
        path = self.write("full.jsonl", line * (limit // len(line)))
        return path, {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))}

    def add_to_config(self, text, name="config"):
        with open(self.aws_file(name), "a") as file:
            file.write(text)

    def environment(self):
        return {"AWS_CONFIG_FILE": self.aws_file("config"), "AWS_SHARED_CREDENTIALS_FILE": self.aws_file("credentials"),
                "AWS_ENDPOINT_URL": self.aws.url, **self.aws.ca_environment(), **WITHOUT_LEAKS}

    def start(self, *options, command, transport="tcp", profile="ledger-prod", policy=("--policy-parameter", PARAMETER), log=True,
              environment=None, **more):
        arguments = ["exec", "--server", *(["--unix-socket"] if transport == "unix" else []), "--profile", profile, *policy,
                     *(["--log-file", self.log_path] if log else []), *options, "--", *command]
        return Run(self, arguments, environment={**self.environment(), **(environment or {})}, cwd=self.folder, **more)

    def asker(self, *options, **more):
        return Asker(self, *options, **more)

    def with_policy(self, text, **more):
        """An asker under this policy, in a file."""
        return self.asker(policy=("--policy-file", self.write("policy.yaml", text)), **more)

    def refused_start(self, *options, **more):
        """A run that must not start its command; returns it, ended. Says what, says what next, leaves nothing."""
        run = self.start(*options, command=("touch", self.marker), **more).finish()
        self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assertNotEqual(0, run.code)
        self.assertEqual("", run.stdout)
        told = [line for line in run.stderr.splitlines() if not line.startswith("{")]
        self.assertTrue(told and all(line.startswith("sentinel: ") for line in told), run.stderr)
        self.assertGreaterEqual(len(told), 2, "no next step: " + run.stderr)
        self.assert_no_secret(run.stderr, "stderr")
        self.assert_nothing_left()
        return run

    def decisions(self):
        with open(self.log_path) as file:
            return [json.loads(line) for line in file]

    def assume_role(self, outcome=None):
        return self.aws.calls("AssumeRole", outcome)

    def assert_served(self, answer):
        self.assertEqual(200, answer["status"], answer)
        self.assertIn(answer["body"]["SecretAccessKey"], self.aws.secrets())

    def assert_no_secret(self, text, where):
        for secret in self.aws.secrets():
            self.assertNotIn(secret, text, f"a secret is in {where}")
