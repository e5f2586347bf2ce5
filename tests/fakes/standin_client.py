"""Starts and steers the AWS stand-in from a test.

    with Standin(tls=False) as aws:
        aws.write_profiles(home)                       # ~/.aws/config and credentials of the default world
        run(..., env={"AWS_ENDPOINT_URL": aws.url, "HOME": home, **aws.ca_environment()})
        aws.control.fault("error", action="AssumeRole", code="Throttling", count=2)
        assert len(aws.calls("AssumeRole")) == 3

Beside aws.url (STS, IAM, SSM, KMS, DynamoDB, and Identity Center by its paths) there are aws.urls: "tvm" (--remote-server),
"imds", "container" and, each when asked for, "container_tls" (tls=True), "proxy" (tls=True, proxy=True), and the metadata
services' own addresses (link_local=True). One world and one log stand behind all of them, so keys from one are known to all.

The stand-in is a process of its own on ports of its own, so tests run in parallel; it is gone when the `with` ends, or
when the thread that started it does. Where the caller's Python is the stand-in's it is a fork of the caller, which reads the
stand-in's modules once for all that it starts: a new Python would take half a second each time.
"""
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from identity_center import ACCOUNT as SSO_ACCOUNT, START_URL, role_behind  # noqa: E402,F401
from container_endpoint import ECS_PATH, EKS_PATH, TOKEN as CONTAINER_TOKEN  # noqa: E402,F401
from world import ACCOUNT, POLICY_PARAMETER, key_id_of, mfa_serial, role_arn, secret_of, user_arn, world_of  # noqa: E402,F401

REGION = "eu-central-1"
START_LIMIT = 60  # seconds; many test programs may start at once on a small machine
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def write_profiles(home, endpoint_url=None, region=REGION, partition="aws"):
    """Writes home/.aws/{config,credentials} for the default world; the credentials file is private.

    Profiles: marta, otto (static keys); ledger-prod, -audit, -external, -short, -denied, -no-source-identity
    (role + source_profile marta); ledger-chained (from ledger-prod). `endpoint_url` is written into marta and otto and
    the roles when given (Debian's aws ignores it there, newer clients do not).
    """
    directory = os.path.join(home, ".aws")
    os.makedirs(directory, mode=0o700, exist_ok=True)
    common = f"region = {region}\n" + (f"endpoint_url = {endpoint_url}\n" if endpoint_url else "")
    text = "".join(f"[profile {user}]\n{common}\n" for user in ("marta", "otto"))
    for name in ("prod", "audit", "external", "short", "denied", "no-source-identity", "chained"):
        source = "ledger-prod" if name == "chained" else "marta"
        text += f"[profile ledger-{name}]\nrole_arn = {role_arn('ledger-' + name, partition=partition)}\nsource_profile = {source}\n{common}"
        text += "external_id = invoice-77\n\n" if name == "external" else "\n"
    with open(os.path.join(directory, "config"), "w") as file:
        file.write(text)
    with open(os.open(os.path.join(directory, "credentials"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        for user in ("marta", "otto"):
            f.write(f"[{user}]\naws_access_key_id = {key_id_of(user)}\naws_secret_access_key = {secret_of(user)}\n\n")


def sso_profiles(session="ledger", role="LedgerRead"):
    """The text of profiles for Identity Center: sso-read with an [sso-session], sso-legacy without."""
    common = f"sso_account_id = {SSO_ACCOUNT}\nsso_role_name = {role}\nregion = {REGION}\n"
    return (f"[sso-session {session}]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n"
            f"sso_registration_scopes = sso:account:access\n\n[profile sso-read]\nsso_session = {session}\n{common}\n"
            f"[profile sso-legacy]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n{common}\n")


def sso_cache_file(home, session="ledger"):
    """Where the AWS CLI keeps the token of an [sso-session]; for a profile without one `session` is its start URL."""
    return os.path.join(home, ".aws", "sso", "cache", hashlib.sha1(session.encode()).hexdigest() + ".json")


def login_cache_file(home, session, folder=None):
    """Where `aws login` keeps the sign-in of a login_session; `folder`: AWS_LOGIN_CACHE_DIRECTORY."""
    return os.path.join(folder or os.path.join(home, ".aws", "login", "cache"), hashlib.sha256(session.encode()).hexdigest() + ".json")


class Control:
    """The ops of control.py as methods: fault(kind, ...), clear(), clock(offset), put_parameter(name=, value=), ..."""

    def __init__(self, url):
        self.url = url

    def __call__(self, op, **members):
        request = urllib.request.Request(self.url, json.dumps({"op": op, **members}).encode())
        try:
            with NO_PROXY.open(request, timeout=30) as answer:
                return json.load(answer)["ok"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from None

    def __getattr__(self, op):
        return lambda **members: self(op, **members)

    def fault(self, kind, **members):
        return self("fault", kind=kind, **members)


def pauses(longest=0.1):
    """How long to wait before each next look at a state: longer the longer it lasts, so that waiting leaves the cores to others."""
    pause = 0.005
    while True:
        yield pause
        pause = min(longest, pause * 1.3)


class Fork:
    """A child process that runs main(arguments), with the members of Popen that are used here."""

    def __init__(self, main, arguments):
        self.returncode = None
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            return
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            self._close_inherited()
            main(arguments)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    @staticmethod
    def _close_inherited():
        """A pipe that it held would never end. The random device stays: botocore's TLS library would look for its own for ever."""
        for number in map(int, os.listdir("/proc/self/fd")):
            with contextlib.suppress(OSError):   # the listing's own
                if number > 2 and os.readlink(f"/proc/self/fd/{number}") != "/dev/urandom":
                    os.close(number)

    def poll(self):
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def kill(self):
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Standin:
    """One running stand-in. `config`: a world (world.py) in place of the default one. `link_local`: see link_local.py.
    `proxy` (with tls): see forward_proxy.py; a client that is told of it, and of no endpoint, finds AWS's own hosts."""
    PROGRAM = "aws_standin.py"

    def __init__(self, tls=False, config=None, python="/usr/bin/python3", link_local=False, proxy=False):
        self._tls, self._config, self._python, self._link_local, self._proxy = tls, config, python, link_local, proxy
        self._process = self._directory = None
        self.url = self.control = self.ca_file = None
        self.urls = {}   # of all listeners by name: aws, tvm, imds, container; container_tls with TLS; proxy

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._directory = tempfile.mkdtemp(prefix="standin-")
        os.chmod(self._directory, 0o755)   # a client under another uid reads the CA
        ready = os.path.join(self._directory, "ready")
        try:
            self._spawn(ready)
            self._wait(ready)
        except BaseException:
            self.stop()
            raise

    def _spawn(self, ready):
        arguments = ["--ready-file", ready, "--scratch", self._directory]
        if self._tls:
            arguments += ["--tls", "--ca-out", os.path.join(self._directory, "ca.pem")]
        if self._link_local:
            arguments.append("--link-local")
        if self._proxy:
            arguments.append("--proxy")
        if self._config is not None:
            path = os.path.join(self._directory, "world.json")
            with open(path, "w") as file:
                json.dump(self._config, file)
            arguments += ["--config", path]
        if self.PROGRAM == Standin.PROGRAM and os.path.realpath(self._python) == os.path.realpath(sys.executable):
            import aws_standin   # here, because whoever only writes profiles needs none of it
            self._process = Fork(aws_standin.main, arguments)
        else:
            self._process = subprocess.Popen([self._python, os.path.join(HERE, self.PROGRAM), *arguments], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL)

    def _wait(self, ready):
        deadline, pause = time.monotonic() + START_LIMIT, pauses()
        while not os.path.exists(ready):
            if self._process.poll() is not None:
                raise RuntimeError(f"the stand-in ended at once with status {self._process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError("the stand-in did not start")
            time.sleep(next(pause))
        with open(ready) as file:
            told = json.load(file)
        self.urls = told.get("urls", {})
        self.url, self.ca_file, self.control = told["url"], told["ca_file"], Control(told["control_url"])

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    @property
    def pid(self):
        return self._process.pid

    def log(self):
        """Every request in the order of arrival: service, action, params, outcome (ok: it had its effect; refused;
        fault: one came instead; pending), code, status, fault, access_key_id, principal, region, signed_headers,
        user_agent, host, signed (had an Authorization); and of the key it issued, issued (the id) and expires."""
        return self.control.log()

    def calls(self, action=None, outcome=None, **params):
        """The log's requests of that action (all, or only those of one outcome and with these parameters)."""
        return [entry for entry in self.log()
                if action in (None, entry["action"]) and outcome in (None, entry["outcome"])
                and all(entry["params"].get(name) == value for name, value in params.items())]

    def wait_for_calls(self, number, action=None, outcome=None, **params):
        """Waits until that many such requests have arrived; they may still be held. Returns them."""
        deadline, pause = time.monotonic() + START_LIMIT, pauses()
        while len(calls := self.calls(action, outcome, **params)) < number:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(calls)} of {number} calls of {action} arrived")
            time.sleep(next(pause))
        return calls

    def secrets(self):
        """Every secret key and session token that exists: what a memory scan looks for."""
        keys = [secret for key in self.control.keys() for secret in (key["secret"], key["token"]) if secret]
        return keys + self.control.secrets()

    def mfa_code(self, user="marta"):
        """A one-time code of the user's device that is right now and was not used yet."""
        return self.control.mfa_code(serial=mfa_serial(user))

    def ca_environment(self):
        """What makes clients trust the throw-away CA (and forget any other), {} without TLS."""
        if not self.ca_file:
            return {}
        return {"AWS_CA_BUNDLE": self.ca_file, "NODE_EXTRA_CA_CERTS": self.ca_file}

    def mfa_process(self, user="marta"):
        """The command line of an mfa_process that knows the user's codes."""
        return f"{self._python} -B {os.path.join(HERE, 'print_mfa_code.py')} {self.control.url} {mfa_serial(user)}"

    def process_answer(self, role="desk-task", seconds=3600, user=None, session_name="desk", **changes):
        """What a credential_process prints: new keys of a role, or a session of a user; `changes` change members (None: left
        out)."""
        key = (self.control.user_session_keys(user=user, seconds=seconds) if user else
               self.control.role_keys(role=role, seconds=seconds, session_name=session_name))
        answer = {"Version": 1, "AccessKeyId": key["id"], "SecretAccessKey": key["secret"], "SessionToken": key["token"],
                  "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(key["expires"])), **changes}
        return json.dumps({name: value for name, value in answer.items() if value is not None})

    def proxy_environment(self, password=None):
        """How a client is told of the proxy. `password`: user:password, in the URL as curl and the SDKs take it."""
        url = self.urls["proxy"].replace("//", f"//{password}@" if password else "//")
        return {"HTTPS_PROXY": url, "https_proxy": url, **self.ca_environment()}

    def write_sso_token(self, home, session="ledger", **login):
        """Leaves in the cache what an earlier `aws sso login` would have; see control.sso_login. Returns the token's members."""
        return self._leave(self.control.sso_login(**login), sso_cache_file(home, session))

    def write_login(self, home, session, folder=None, **login):
        """Likewise of `aws login`; see control.sign_in_login."""
        return self._leave(self.control.sign_in_login(**login), login_cache_file(home, session, folder))

    @staticmethod
    def _leave(token, path):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(token, file)
        return token

    def approve_login(self, number=1):
        """Waits until that many device authorisations were started, then the user approves those that wait."""
        self.wait_for_calls(number, "StartDeviceAuthorization", "ok")
        return self.control.sso_approve()

    def container_environment(self, token=CONTAINER_TOKEN, path=EKS_PATH):
        """What a container's platform sets, for EKS or (path=ECS_PATH, token=None) ECS; token None: no token."""
        environment = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.urls["container"] + path}
        return environment if token is None else {**environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}

    def instance_environment(self):
        """Where the instance metadata service is."""
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.urls["imds"]}

    def write_profiles(self, home, endpoint=False):
        write_profiles(home, self.url if endpoint else None)
