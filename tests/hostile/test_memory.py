#!/usr/bin/python3
"""Where the secrets are: in the broker and with the verified caller, and nowhere else.

The stand-in for AWS knows every secret that exists; what a process holds is read from /proc/PID/mem by root.
"""
import json
import os
import re
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import POLICY, HostileTest, main, needs_root, wait_until  # noqa: E402
from harness import SANITIZED  # noqa: E402
from standin_client import REGION, role_arn, secret_of  # noqa: E402

TABLE = "sentinel-sessions"   # of the stand-in's world
LARGEST = 256 << 20  # larger maps are a sanitizer's, and empty


def regions(pid):
    """(start, end, permissions, name) of each."""
    found = []
    with open(f"/proc/{pid}/maps", errors="replace") as maps:
        for line in maps:
            start, end, permissions, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            found.append((int(start, 16), int(end, 16), permissions, name))
    return found


def memory(pid):
    """Yields (name, bytes) of each region that can be read."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for start, end, permissions, name in regions(pid):
            if "r" not in permissions or end - start > LARGEST or name == "[vvar]":
                continue
            try:
                mem.seek(start)
                data = mem.read(end - start)
                while len(data) < end - start and (more := mem.read(end - start - len(data))):
                    data += more
            except (OSError, ValueError):
                continue  # memfd_secret; pages that the kernel shows to nobody
            yield name, data


def pieces(secret):
    """A secret that was cut in two is one, too."""
    return {secret.encode(), secret[:20].encode(), secret[-20:].encode()}


class Memory(HostileTest):
    def places(self, pid, secrets):
        """Where in a process: names of regions, once per piece found."""
        wanted = [piece for secret in secrets for piece in pieces(secret)]
        return [name or "anonymous" for name, data in memory(pid) for piece in wanted if piece in data]

    def serve_a_while(self, transport):
        stage = self.stage(transport=transport)
        for _ in range(20):
            self.assert_served(stage.order("fetch"))
        self.assert_refused(stage.order("fetch", token="wrong"))
        return stage

    @needs_root
    def test_the_scan_finds_a_secret_where_there_is_one(self):
        stage = self.serve_a_while("unix")
        self.assertNotEqual([], self.places(stage.puppet, self.aws.secrets()), "the command has the credentials")
        stage.end()

    @needs_root
    def test_no_process_but_the_broker_and_the_caller_ever_holds_a_secret(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.serve_a_while(transport)
                secrets = self.aws.secrets()
                self.assertGreater(len(secrets), 3)
                for name, pid in stage.helpers().items():
                    if name != "broker":
                        self.assertEqual([], self.places(pid, secrets), f"a secret is in the memory of the {name}")
                stage.end()

    @needs_root
    def test_the_bearer_token_is_nowhere_in_the_frontend_once_its_request_was_answered(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.serve_a_while(transport)
                line = f"Authorization: {stage.token}\r\n"
                half = f"GET /creds HTTP/1.1\r\nHost: localhost\r\n{line}"
                stage.order("open_connection", name="kept")
                self.assert_served(stage.order("ask_on", name="kept"))  # and the connection stays open
                for refused in (f"{half}no colon\r\n\r\n", f"{half}Origin: x\r\n\r\n", f"GET / HTTP/1.1\r\n{line}\r\n" * 9):
                    stage.order("raw", data=refused)
                helpers = {name: pid for name, pid in stage.helpers().items() if name != "broker"}
                for name, pid in helpers.items():
                    self.assertEqual([], self.places(pid, [stage.token]), f"the token is in the memory of the {name}")
                # The scan sees one that is not answered yet; nor does it outlive its connection.
                stage.order("open_connection", name="half", data=half)
                frontend = helpers["frontend"]
                wait_until(lambda: self.places(frontend, [stage.token]), "the half request")
                stage.order("close_connection", name="half")
                wait_until(lambda: not self.places(frontend, [stage.token]), "the wiped buffer")
                stage.end()

    @needs_root
    @unittest.skipIf(SANITIZED, "a sanitizer copies the environment before main() begins")
    def test_the_keys_of_the_callers_environment_stay_in_no_process_but_the_broker(self):
        secrets = {"AWS_SECRET_ACCESS_KEY": "environ+secret/" + "q7Zk" * 6, "AWS_SESSION_TOKEN": "environ+token/" + "Jw4x" * 90,
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN": "environ+container/" + "0Vbn" * 8}
        ordinary = self.environment()
        self.environment = lambda: {**ordinary, "AWS_ACCESS_KEY_ID": "AKIAOFTHECALLER00000", **secrets}
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.serve_a_while(transport)
                for name, pid in {**stage.helpers(), "command": stage.puppet}.items():
                    if name != "broker":
                        self.assertEqual([], self.places(pid, secrets.values()), f"a key of the environment is in the {name}")
                stage.end()

    @needs_root
    def test_no_secret_is_an_argument_or_an_environment_variable(self):
        for transport in ("unix", "tcp"):
            stage = self.serve_a_while(transport)
            for name, pid in {**stage.helpers(), "command": stage.puppet}.items():
                for part in ("cmdline", "environ"):
                    with open(f"/proc/{pid}/{part}", "rb") as file:
                        self.assert_no_secret(file.read(), f"{part} of the {name}")
            stage.end()

    @needs_root
    def test_the_brokers_secrets_are_in_no_memory_that_root_can_read(self):
        # They are in memfd_secret; copies that libraries made are wiped when freed.
        if SANITIZED:
            self.skipTest("sanitizers keep freed memory")
        stage = self.serve_a_while("unix")
        broker = stage.run.helper("broker")
        if not any("secretmem" in name for _, _, _, name in regions(broker)):
            self.skipTest("this kernel has no memfd_secret: locked pages are readable to root")
        self.assertTrue(any(b"ledger-prod" in data for _, data in memory(broker)), "the scan sees what is not secret")
        self.assertEqual([], self.places(broker, [secret_of("marta")]), "long-term secret")
        self.assertEqual([], self.places(broker, [s for s in self.aws.secrets() if s != secret_of("marta")]), "issued")
        stage.end()

    def temporary_profiles(self):
        """Keys that a run was given, as the base keys of two profiles; returns the keys."""
        stage = self.stage(profile="marta")
        keys = json.loads(stage.order("fetch")["body"])
        stage.end()
        text = "".join(f"[profile {name}]\nrole_arn = {role_arn('ledger-prod')}\nregion = {REGION}\n{source}\n\n" for name, source in
                       (("of-the-file", "source_profile = temporary"), ("of-the-environment", "credential_source = Environment")))
        for name, more in (("config", text), ("credentials", f"[temporary]\naws_access_key_id = {keys['AccessKeyId']}\n"
                           f"aws_secret_access_key = {keys['SecretAccessKey']}\naws_session_token = {keys['Token']}\n")):
            with open(os.path.join(self.user.home, ".aws", name), "a") as file:
                file.write(more)
        return keys

    @needs_root
    def test_temporary_base_keys_are_in_no_memory_that_root_can_read_once_calls_were_signed_with_them(self):
        # Each call of the broker sends the token as a header: through several copies, none of which may outlive the call.
        if SANITIZED:
            self.skipTest("sanitizers keep freed memory")
        keys = self.temporary_profiles()
        policy = os.path.join(self.user.home, "policy", "temporary.yaml")
        with open(policy, "w") as file:
            file.write(POLICY.replace("ledger-prod, marta", "of-the-file, of-the-environment"))
        os.chown(policy, self.user.uid, self.user.gid)
        ordinary = self.environment()
        environ = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                   "AWS_SESSION_TOKEN": keys["Token"]}
        for profile, environment in (("of-the-file", ordinary), ("of-the-environment", {**ordinary, **environ})):
            with self.subTest(profile):
                self.environment = lambda environment=environment: environment
                stage = self.stage("--session-table", TABLE, profile=profile, policy=policy)
                for _ in range(5):
                    self.assert_served(stage.order("fetch"))
                broker = stage.run.helper("broker")
                if not any("secretmem" in name for _, _, _, name in regions(broker)):
                    self.skipTest("this kernel has no memfd_secret: locked pages are readable to root")
                self.assertEqual([], self.places(broker, [keys["SecretAccessKey"]]), "secret")
                self.assertEqual([], self.places(broker, [keys["Token"]]), "session token")
                self.assertTrue(any(keys["AccessKeyId"].encode() in data for _, data in memory(broker)), "the scan sees the id")
                stage.end()

    @needs_root
    def test_no_core_is_ever_written(self):
        stage = self.serve_a_while("unix")
        for name, pid in stage.helpers().items():
            if name in ("broker", "witness", "frontend"):
                with open(f"/proc/{pid}/limits", errors="replace") as limits:
                    self.assertRegex(limits.read(), r"Max core file size +0 +0 ", name)
            self.assertEqual(0, os.stat(f"/proc/{pid}/environ").st_uid, f"the {name} is dumpable")
        stage.end()

    def test_the_same_user_cannot_look_into_our_processes(self):
        stage = self.serve_a_while("unix")
        helpers = stage.helpers()
        for where, look in (("outside", lambda pid: self.as_stranger("look_into", {}, pid=pid)),
                            ("inside", lambda pid: stage.order("look_into", pid=pid))):
            for name, pid in helpers.items():
                with self.subTest(name, attacker=where):
                    self.assertEqual({"refused"}, set((got := look(pid)).values()), got)
        victim = self.as_stranger("look_into", {}, pid=stage.order("sleeper"))
        self.assertEqual(["attached", "opened"], [victim["attach"], victim["mem"]], "the attack works on any other process")
        self.assert_still_serves(stage)
        stage.end()

    def test_a_broker_that_is_killed_by_a_fault_leaves_no_core(self):
        stage = self.stage("--on-broker-exit", "keep")
        os.kill(stage.run.helper("broker"), signal.SIGSEGV)
        wait_until(lambda: stage.order("fetch")["status"] == 0, "the end of service")
        stage.end()
        self.assertNotIn("core dumped", stage.run.stderr)


class Files(HostileTest):
    def files_of_the_run(self, stage):
        folders = [self.user.home]
        if "SENTINEL_UNIX_SOCKET" in stage.environment:
            folders.append(os.path.dirname(stage.environment["SENTINEL_UNIX_SOCKET"]))
        folders.append(os.path.dirname(stage.environment["AWS_CONFIG_FILE"]))
        return {os.path.join(top, name) for folder in folders for top, _, names in os.walk(folder) for name in names
                if name != "credentials" or top != os.path.join(self.user.home, ".aws")}

    def read(self, path):
        if not os.path.isfile(path):  # a socket
            return b""
        with open(path, "rb") as file:
            return file.read()

    def test_no_file_and_no_output_of_a_run_contains_a_secret(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.stage("--log-stderr", transport=transport)
                self.assert_served(stage.order("fetch"))
                self.assert_refused(stage.order("fetch", token="wrong"))
                names = self.files_of_the_run(stage)
                self.assertIn(stage.log_path, names)
                for path in names:
                    self.assert_no_secret(self.read(path), path)
                    if path == stage.log_path:
                        self.assertNotIn(stage.token.encode(), self.read(path), "the token is in the log")
                stage.end()
                self.assert_no_secret(stage.run.stderr, "stderr")
                self.assertNotIn(stage.token, stage.run.stderr)

    def test_an_error_of_aws_brings_no_secret_into_log_or_terminal(self):
        self.aws.control.fault("error", action="AssumeRole", code="AccessDenied", count=20)
        self.addCleanup(self.aws.control.clear)
        stage = self.stage("--lazy")
        stage.order("fetch")
        stage.end()
        for text in (stage.run.stderr, self.read(stage.log_path)):
            self.assert_no_secret(text, "what the user sees of a failure")


class Descriptors(HostileTest):
    """Each helper holds what the plan says, and nothing that it inherited."""

    # Kinds, with the most of each. The pipe is libevent's own; pidfds are of callers seen lately.
    PLAN = {
        "broker": {"/dev/null": 3, "socket": 8, "eventpoll": 1, "pidfd": 80, "inotify": 1, "log": 1,
                   "secretmem": 1, "pipe": 2, "sessions": 1, "log lock": 1, "log head": 1},
        "witness": {"socket": 1, "/proc": 1, "pidfd": 8},
        "frontend": {"/dev/null": 3, "socket": 5, "eventpoll": 1, "pipe": 2},
    }

    def kind(self, stage, target):
        if target == stage.log_path:
            return "log"
        if target == stage.log_path + "-head":
            return "log head"
        if target == os.path.join(os.path.dirname(stage.log_path), "." + os.path.basename(stage.log_path) + ".lock"):
            return "log lock"
        if target.endswith("/.local/state/sentinel/sessions"):
            return "sessions"
        for kind in ("socket", "pipe", "anon_inode:[eventpoll]", "anon_inode:[pidfd]", "pidfd",
                     "anon_inode:inotify"):
            if target.startswith(kind):
                return re.sub(r"anon_inode:|\W", "", kind)
        return "secretmem" if "secretmem" in target else target

    @needs_root
    def test_no_helper_holds_a_descriptor_beyond_its_plan(self):
        if SANITIZED:
            self.skipTest("sanitizers keep stderr")
        reader, writer = os.pipe()  # what a careless caller leaves open
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        stage = self.stage(pass_fds=(reader, writer))
        self.assert_served(stage.order("fetch"))
        foreign = {os.readlink(f"/proc/self/fd/{reader}")} | {os.readlink(f"/proc/{stage.puppet}/fd/{i}") for i in range(3)}
        for name, pid in stage.helpers().items():
            if name not in self.PLAN:
                continue
            targets = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
            self.assertEqual(set(), foreign & set(targets), f"the {name} has inherited")
            kinds = [self.kind(stage, target) for target in targets]
            counts = {kind: kinds.count(kind) for kind in kinds}
            beyond = {kind: count for kind, count in counts.items() if count > self.PLAN[name].get(kind, 0)}
            self.assertEqual({}, beyond, f"{name}: {counts}")
        stage.end()

    def test_the_command_inherits_nothing_of_ours(self):
        stage = self.stage()
        opened = {number: os.readlink(f"/proc/{stage.puppet}/fd/{number}")
                  for number in os.listdir(f"/proc/{stage.puppet}/fd")}
        self.assertEqual({"0", "1", "2"}, set(opened), opened)
        stage.end()


if __name__ == "__main__":
    main()
