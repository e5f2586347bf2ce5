"""Where secrets lie in memory while a run lasts: in the broker's arena and in the command, and nowhere else. Root reads the
memory of every process of the run, as a debugger would."""
import base64
import json
import os
import re
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import SANITIZED, needs_own_home
from source_case import SourceTest
from standin_client import login_cache_file, user_arn

MOST_OF_A_MAPPING = 256 << 20   # a sanitizer's shadow is larger, and holds no bytes of ours


def mappings(pid):
    """(name, bytes) of each mapping that can be read."""
    with open(f"/proc/{pid}/maps") as file:
        lines = file.read().splitlines()
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in lines:
            start, end, mode, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            size = int(end, 16) - int(start, 16)
            if mode.startswith("r") and size < MOST_OF_A_MAPPING:
                try:
                    memory.seek(int(start, 16))
                    yield name or "anonymous", memory.read(size)
                except (OSError, ValueError, OverflowError):
                    pass   # memfd_secret, or the kernel's own


def places(pid, secret):
    wanted = secret if isinstance(secret, bytes) else secret.encode()
    return [name for name, data in mappings(pid) if wanted in data]


@needs_own_home
class SecretsInMemoryTest(SourceTest):
    def processes(self):
        """{name: pid} of the run's own processes."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/status") as file:
                    status = file.read()
            except OSError:
                continue
            name = re.search(r"^Name:\t(.*)$", status, re.M)[1]
            if re.search(rf"^Uid:\t{self.user.uid}\t", status, re.M) and name.startswith("sentinel"):
                found[name] = pid
        self.assertLessEqual({"sentinel", "sentinel-keeper", "sentinel-broker"}, set(found))
        return found

    def test_the_keys_of_the_environment_and_the_runs_token_are_in_no_process_that_has_passed_them_on(self):
        key = next(key for key in self.aws.control.keys() if key["kind"] == "user" and key["arn"].endswith("/marta"))
        environment = {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"]}
        asker = self.asker("--env-keys", profile="nowhere", policy=self.policy_for("nowhere"), transport="unix",
                           environment=environment)
        issued = asker.ask()["body"]
        environment = asker.order("environment")
        token, answer_key = environment["SENTINEL_AUTH_TOKEN"], environment["SENTINEL_ANSWER_KEY"]
        processes = self.processes()
        self.assertEqual([], [name for name in places(processes["sentinel-broker"], key["secret"]) if name == "[stack]"])
        for name, pid in processes.items():
            for what, secret in (("the environment's secret", key["secret"]), ("the issued secret", issued["SecretAccessKey"]),
                                 ("the run's token", token), ("the run's answer key", answer_key)):
                # The broker keeps all four, and clients send the token to the frontend.
                if name == "sentinel-broker" or (name.startswith("sentinel-fronte") and secret == token):
                    continue
                if SANITIZED and secret == key["secret"]:   # a sanitizer copies the environment before main() begins
                    continue
                with self.subTest(f"{what} in {name}"):
                    self.assertEqual([], places(pid, secret))
        asker.end()

    def test_what_aws_login_keeps_is_in_no_memory_that_can_be_read_once_keys_were_renewed_with_it(self):
        self.add_profile("console", login_session=user_arn("marta"))
        before = self.aws.write_login(self.user.home, user_arn("marta"), lifetime=-60)
        path = login_cache_file(self.user.home, user_arn("marta"))
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".aws", "login"))
        for part in (path, *(os.path.join(self.user.home, folder) for folder in (".aws/login/cache", ".aws/login", ".aws"))):
            self.owned(part)
        asker = self.served("console")
        self.assert_served(asker.ask())
        with open(path) as file:
            after = json.load(file)
        self.assertNotEqual(before["refreshToken"], after["refreshToken"])
        lines = after["dpopKey"].splitlines()[1:-1]
        secrets = [before["refreshToken"], after["refreshToken"], before["accessToken"]["secretAccessKey"], *lines,
                   base64.b64decode("".join(lines))[7:39]]
        processes = self.processes()
        for name, pid in processes.items():
            for number, secret in enumerate(secrets):
                self.assertEqual([], places(pid, secret), f"{name}, secret {number}")
        asker.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
