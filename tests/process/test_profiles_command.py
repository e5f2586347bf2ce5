#!/usr/bin/python3
"""`sentinel profiles`: the real program, as an ordinary user, over files that are written here. No value of a key and no
command line of a profile may be in what it says, and while it holds the files' bytes nobody may look into it."""
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import CLEAN_ENVIRONMENT, PATIENCE, SANITIZED, ProcessTest, main, needs_own_home, wait_until  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../hostile"))
from test_memory import memory  # noqa: E402

SECRETS = ("secretOfTheBase0123456789", "secretOfTheConfigFile01234", "tokenThatIsNotShown0123456", "passwordInACommand01234567")
ROLE = "arn:aws:iam::111122223333:role/"
CREDENTIALS = f"""[base]
aws_access_key_id = AKIABASEEXAMPLE
aws_secret_access_key = {SECRETS[0]}
[with-token]
aws_access_key_id = ASIATOKENEXAMPLE
aws_secret_access_key = {SECRETS[1]}
aws_session_token = {SECRETS[2]}
"""
CONFIG = f"""[profile base]
region = eu-north-1
[profile one]
role_arn = {ROLE}one
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me
[profile two]
role_arn = {ROLE}two
source_profile = one
region = us-east-2
[profile program]
credential_process = /opt/bin/keys --password {SECRETS[3]}
[profile pod]
role_arn = {ROLE}pod
web_identity_token_file = /run/token
[profile portal]
sso_session = ledger
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session ledger]
sso_start_url = https://ledger.awsapps.com/start
sso_region = eu-central-1
"""
BROKEN = f"""[profile loop-a]
role_arn = {ROLE}a
source_profile = loop-b
[profile loop-b]
role_arn = {ROLE}b
source_profile = loop-a
[profile nothing]
region = eu-west-1
"""


@needs_own_home
class Profiles(ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.layout.profiles = cls.layout._copy("broker/sentinel-profiles", "broker/sentinel-profiles")

    def setUp(self):
        super().setUp()
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".aws"), True)

    def plant(self, config, credentials=CREDENTIALS, mode=0o600):
        folder = os.path.join(self.user.home, ".aws")
        os.makedirs(folder, exist_ok=True)
        os.chown(folder, self.user.uid, self.user.gid)
        for name, text in (("config", config), ("credentials", credentials)):
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write(text)
            os.chown(path, self.user.uid, self.user.gid)
            os.chmod(path, mode)

    def start(self, *arguments, environment=None, **more):
        return subprocess.Popen([self.layout.sentinel, "profiles", *arguments], cwd="/",
                                env={**CLEAN_ENVIRONMENT, "HOME": self.user.home, **(environment or {})},
                                **self.user.popen_arguments(), **more)

    def run_profiles(self, *arguments, environment=None):
        run = self.start(*arguments, environment=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = run.communicate(timeout=PATIENCE)
        for secret in SECRETS:
            self.assertNotIn(secret, out + err)
        return run.returncode, out, err

    def rows(self, *arguments, **more):
        code, out, _ = self.run_profiles("--json", *arguments, **more)
        return code, {row["name"]: row for row in json.loads(out)["profiles"]}

    def test_what_it_does_not_know_it_refuses(self):
        for arguments in (("--nonsense",), ("something",), ("--color", "pink"), ("--profile", "x")):
            code, out, err = self.run_profiles(*arguments)
            self.assertEqual((2, ""), (code, out), arguments)
            self.assertTrue(err.startswith("sentinel: "), err)

    def test_a_file_that_cannot_be_read_as_one_is_refused_with_its_line(self):
        self.plant("[profile a]\nregion = eu-west-1\n[profile a]\n")
        code, out, err = self.run_profiles()
        self.assertEqual((1, ""), (code, out))
        self.assertIn(".aws/config:3: ", err)

    def test_a_file_that_others_may_write_is_refused(self):
        self.plant(CONFIG, mode=0o666)
        code, out, err = self.run_profiles()
        self.assertEqual((1, ""), (code, out))
        self.assertIn(f"can be written by others than root or uid {self.user.uid}", err)

    def test_what_does_not_resolve_says_why_and_ends_with_1(self):
        self.plant(CONFIG + BROKEN)
        code, rows = self.rows()
        self.assertEqual(1, code)
        self.assertEqual({"loop-a", "loop-b", "nothing"}, {name for name, row in rows.items() if not row["resolves"]})
        self.assertIn("loop-a → loop-b → loop-a", rows["loop-a"]["error"])
        self.assertRegex(rows["nothing"]["error"], r"\.aws/config:\d+: profile 'nothing' has neither")
        self.assertIn("sentinel keys add nothing", rows["nothing"]["next_step"])
        code, out, _ = self.run_profiles()
        self.assertEqual(1, code)
        self.assertIn("loop-a: does not resolve\n    ", out)
        self.assertIn("\n    next: ", out)

    def test_each_profile_has_its_source_its_roles_and_its_region(self):
        self.plant(CONFIG)
        code, rows = self.rows()
        self.assertEqual(0, code)
        told = {name: (row["source"], row["base_profile"], row["region"], [role["role_arn"] for role in row["roles"]])
                for name, row in rows.items()}
        self.assertEqual({
            "base": ("static", "base", "eu-north-1", []),
            "one": ("static", "base", "eu-north-1", [ROLE + "one"]),
            "two": ("static", "base", "us-east-2", [ROLE + "one", ROLE + "two"]),
            "program": ("credential_process", "program", None, []),
            "pod": ("web_identity", "pod", None, []),
            "portal": ("sso", "portal", None, []),
            "with-token": ("static", "with-token", None, []),
        }, told)
        self.assertEqual("arn:aws:iam::111122223333:mfa/me", rows["two"]["mfa_serial"])
        self.assertEqual(ROLE + "pod", rows["pod"]["source_is"])
        self.assertEqual("Reader in account 111122223333 by sso-session ledger", rows["portal"]["source_is"])

    def test_people_read_a_line_for_each_profile_and_role(self):
        self.plant(CONFIG)
        code, out, err = self.run_profiles()
        self.assertEqual((0, ""), (code, err))
        self.assertIn(f"two: static of profile base, us-east-2, MFA arn:aws:iam::111122223333:mfa/me\n    role {ROLE}one\n"
                      f"    role {ROLE}two\n", out)
        self.assertIn("program: credential_process, no region\n", out)

    def test_the_environment_counts_as_it_does_for_a_run(self):
        self.plant(CONFIG)
        elsewhere = os.path.join(self.user.home, ".aws/elsewhere")
        with open(elsewhere, "w") as file:
            file.write("[profile other]\ncredential_process = /bin/true\n")
        os.chown(elsewhere, self.user.uid, self.user.gid)
        code, rows = self.rows(environment={"AWS_CONFIG_FILE": "~/.aws/elsewhere", "AWS_REGION": "sa-east-1"})
        self.assertEqual(0, code)
        self.assertEqual({"base", "other", "with-token"}, set(rows))
        self.assertEqual({"sa-east-1"}, {row["region"] for row in rows.values()})

    def test_without_files_there_is_nothing_wrong(self):
        code, out, err = self.run_profiles()
        self.assertEqual((0, ""), (code, out))
        self.assertIn("no profiles", err)
        self.assertEqual((0, {}), self.rows())

    def test_a_key_of_the_store_is_a_profile(self):
        self.plant(BROKEN, "")
        folder = self.user.home
        for part in (".local", "share", "sentinel", "keys"):
            folder = os.path.join(folder, part)
        if not os.path.isdir(os.path.dirname(folder)):
            self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".local"), True)
        os.makedirs(folder, 0o700, exist_ok=True)
        for name in ("nothing", "only-stored"):
            with open(os.open(os.path.join(folder, name + ".json"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write("{}")
        subprocess.run(["chown", "-R", f"{self.user.uid}:{self.user.gid}", os.path.join(self.user.home, ".local")], check=True)
        _, rows = self.rows()
        self.assertEqual(("store", "store"), (rows["nothing"]["source"], rows["only-stored"]["source"]))

    def test_it_speaks_to_a_terminal(self):
        self.plant(CONFIG)
        ours, theirs = pty.openpty()
        run = self.start("--color", "always", stdout=theirs, stderr=theirs)
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(ours)
        self.assertEqual(0, run.wait(PATIENCE), text)
        self.assertIn(b"eu-north-1", text)

    @unittest.skipIf(SANITIZED, "a sanitizer's memory is its own")
    def test_nobody_may_look_into_it_and_no_secret_is_left_there(self):
        many = "".join(f"[profile extra{i}]\nrole_arn = {ROLE}{'x' * 40}{i}\nsource_profile = base\n" for i in range(3000))
        self.plant(CONFIG + many)
        run = self.start("--json", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # blocked once the pipe is full
        try:
            def status():
                with open(f"/proc/{run.pid}/status", errors="replace") as file:
                    return file.read()

            wait_until(lambda: re.search(r"^Seccomp:\t2$", status(), re.M), "the filter is in force")
            wait_until(lambda: re.search(r"^State:\tS", status(), re.M), "it waits for its reader")
            self.assertRegex(status(), r"(?m)^NoNewPrivs:\t1$")
            looked = subprocess.run(["cat", f"/proc/{run.pid}/environ", f"/proc/{run.pid}/maps"], capture_output=True,
                                    **self.user.popen_arguments())
            self.assertNotEqual(0, looked.returncode)
            self.assertEqual(b"", looked.stdout)
            held = b"".join(data for _, data in memory(run.pid))
            self.assertIn(b"111122223333", held)  # it is the right memory
            for secret in SECRETS[:3]:
                self.assertNotIn(secret.encode(), held)
        finally:
            out, _ = run.communicate(timeout=PATIENCE)
        self.assertEqual(3007, len(json.loads(out)["profiles"]))


if __name__ == "__main__":
    main()
