#!/usr/bin/python3
"""Keys in each place that another program guards, with its real program: a key goes there and back, a run is served from it,
and the file of Sentinel's own store says where the key is, and nothing secret."""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
from aws_case import policy, rule  # noqa: E402
from harness import main, needs_own_home, wait_until  # noqa: E402
from keys_case import KeysTest  # noqa: E402

CREDENTIAL_SECRET = "credential.secret"  # of systemd-creds, in MACHINE_FOLDER
MACHINE_FOLDER = "/var/lib/systemd"
# root's home, and what makes this machine itself to systemd-creds, are a test's own.
ANOTHER_MACHINE = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
                   f'mount --bind "$1" "$HOME" && mount --bind "$2" {MACHINE_FOLDER} && shift 2 && exec "$@"', "sh")
# Runs each [argv, stdin] of a JSON file, and prints [code, stdout, stderr].
STEPS = """import json, subprocess, sys
with open(sys.argv[1]) as file:
    steps = json.load(file)
for argv, text in steps:
    done = subprocess.run(argv, input=text, capture_output=True, text=True)
    print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)
"""


class StoresTest(KeysTest):
    def setUp(self):
        super().setUp()
        self.policy = self.write("policy.yaml", policy(rule(conditions='{ profiles: [{ glob: "*" }] }')))
        self.who_am_i = ("/usr/bin/aws", "--no-cli-pager", "--endpoint-url", self.aws.url, "sts", "get-caller-identity")

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def run_with_key(self, command, **more):
        return self.start(command=command, profile=self.name, transport="unix", policy=("--policy-file", self.policy), **more).finish()

    def there_and_back(self, *options, environment=None):
        self.add(*options, passphrase=None, environment=environment)
        self.assert_not_on_disk(self.secret)
        self.assertEqual(self.id, self.stored_id())
        for step in ("added", "rotated"):
            run = self.run_with_key(self.who_am_i, environment=environment)
            self.assertEqual(0, run.code, run.stderr)
            self.assertIn("user/" + self.name, run.stdout, step)
            if step == "added":
                run = self.keys("rotate", self.name, environment=environment)
                self.assertEqual(0, run.code, run.stderr)
        self.assertNotEqual(self.id, self.stored_id())
        self.assertEqual({self.stored_id()}, self.iam_ids())
        self.assert_not_on_disk(*self.own_secrets())
        run = self.keys("remove", self.name, environment=environment)
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual([], os.listdir(self.store))

    def assert_not_opened(self, program, environment=None):
        """Neither the tool nor a run opens the key, and both say whose fault it is."""
        self.refused("rotate", self.name, environment=environment, says=program + " did not do it")
        run = self.run_with_key(("touch", self.marker), environment=environment)
        self.assertNotEqual(0, run.code)
        self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assertIn(f"sentinel: profile {self.name}: the key store's program: ", run.stderr)
        self.assertIn(f", by {program})", run.stderr)
        self.assertEqual([], self.aws.calls("GetSessionToken"))


@needs_own_home
class OfTheUser(StoresTest):
    def test_pass(self):
        self.need("pass", "gpg")
        self.refused("add", self.name, "--store", "pass", lines=[self.id, self.secret], says="pass did not do it")
        self.make_password_store()
        self.there_and_back("--store", "pass")
        left = [names for _, _, names in os.walk(os.path.join(self.user.home, ".password-store")) if names]
        self.assertEqual([[".gpg-id"]], left, "an entry is left behind")

    def in_credentials_file(self):
        """The key as `--from-credentials-file` finds it, and nowhere else."""
        self.write(".aws/credentials", f"[{self.name}]\naws_access_key_id = {self.id}\naws_secret_access_key = {self.secret}\n")

    def assert_key_is_kept(self, *options, says, left="", **more):
        """What is stored cannot be opened again: the only copy of the key stays where it was, and none is listed."""
        self.in_credentials_file()
        run = self.refused("add", self.name, "--from-credentials-file", *options, says=says, **more)
        self.assertIn("nothing is stored", run.stderr)
        self.assertEqual(bool(left), "something of it is left" in run.stderr, run.stderr)
        self.assertIn(left, run.stderr)
        with open(self.aws_file("credentials")) as file:
            self.assertIn(self.secret, file.read())
        self.assertEqual({}, self.listed())
        if not left:
            self.assertEqual([], os.listdir(self.store) if os.path.isdir(self.store) else [])

    def test_pass_that_encrypts_for_a_key_nobody_has_costs_no_key(self):
        self.need("pass", "gpg")
        self.make_password_store()
        told = self.as_user("gpg", "--list-keys", "--with-colons", "keys@test").stdout
        fingerprint = next(line.split(":")[9] for line in told.splitlines() if line.startswith("fpr"))
        self.as_user("gpg", "--batch", "--yes", "--delete-secret-keys", fingerprint)
        self.assert_key_is_kept("--store", "pass", says="cannot be opened again as a run would open it: pass did not do it")

    def test_a_tpm_that_seals_and_does_not_unseal_costs_no_key(self):
        self.need("swtpm", "tpm2_unseal")
        environment = self.make_tpm()
        for name, text in (("tpm2_unseal", "exit 1"), ("tpm2_unseal", "echo 00; exit 0")):
            with self.subTest(it=text):
                with self.program(name, text) as path:
                    self.assert_key_is_kept("--protect", "tpm2", says="cannot be opened again",
                                            environment={**environment, "PATH": path})

    def test_systemd_creds_that_encrypts_and_does_not_decrypt_costs_no_key(self):
        for action in ("exit 1", "read line </dev/tty && exit 0; exit 1"):
            with self.subTest(it=action), self.program("systemd-creds", f'case "$1" in encrypt) for f; do :; done; cat >"$f";; '
                                                                       f'*) {action};; esac') as path:
                self.assert_key_is_kept("--protect", "systemd-creds", says="systemd-creds did not do it", environment={"PATH": path})

    def test_what_cannot_be_cleaned_up_is_told_and_not_listed(self):
        self.need("pass", "gpg")
        with self.program("pass", 'case "$1" in insert) cat >/dev/null;; *) exit 1;; esac') as path:
            self.assert_key_is_kept("--store", "pass", says="pass did not do it", left="remove by hand", environment={"PATH": path})

    @contextlib.contextmanager
    def program(self, name, text):
        """A program of root's that goes before the real one; gives the PATH with it."""
        folder = tempfile.mkdtemp(prefix="bin-", dir=self.user.folder)
        os.chmod(folder, 0o755)
        with open(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        yield folder + ":" + harness.CLEAN_ENVIRONMENT["PATH"]
        shutil.rmtree(folder)

    def make_tpm(self):
        """A TPM in software; returns where it is, as an environment."""
        state = os.path.join(self.folder, "tpm")
        os.mkdir(state)
        self.owned(state)
        socket = os.path.join(state, "socket")
        tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server", f"type=unixio,path={socket}",
                                "--ctrl", f"type=unixio,path={socket}.ctrl", "--flags", "not-need-init,startup-clear"],
                               env={**harness.CLEAN_ENVIRONMENT, harness.MARK: self.mark}, stderr=subprocess.DEVNULL,
                               **self.user.popen_arguments())
        self.addCleanup(tpm.wait)
        self.addCleanup(tpm.kill)
        environment = {"TPM2TOOLS_TCTI": f"swtpm:path={socket}"}
        wait_until(lambda: self.as_user("tpm2_getrandom", "--hex", "4", environment=environment, check=False).returncode == 0, "the TPM")
        return environment

    def test_tpm2_and_a_seal_of_another_one(self):
        self.need("swtpm", "tpm2_unseal")
        environment = self.make_tpm()
        self.add("--protect", "tpm2", passphrase=None, environment=environment)
        with open(self.file(suffix=".tpm-private"), "r+b") as half:
            half.seek(40)
            byte = half.read(1)
            half.seek(40)
            half.write(bytes([byte[0] ^ 1]))
        self.assert_not_opened("tpm2_unseal", environment)
        self.assertEqual(0, self.keys("remove", self.name, environment=environment).code)
        self.there_and_back("--protect", "tpm2", environment=environment)

    def test_systemd_creds(self):
        self.need("systemd-creds")
        able = self.as_user("systemd-creds", "encrypt", "--user", "--name=probe", "-", "-", input="x", check=False)
        if able.returncode == 0:
            self.there_and_back("--protect", "systemd-creds")
            return
        run = self.refused("add", self.name, "--protect", "systemd-creds", lines=[self.id, self.secret], says="256")
        self.assertIn("systemd-creds did not do it", run.stderr)
        self.assertIn("use --protect passphrase or tpm2", run.stderr)
        self.assertEqual([], os.listdir(self.store))

    def test_secret_service(self):
        self.need("secret-tool", "dbus-run-session", "gnome-keyring-daemon")
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".cache"), True)
        keys = [self.layout.sentinel, "keys"]
        in_run = [self.layout.sentinel, "exec", "--server", "--unix-socket", "--profile", self.name, "--policy-file", self.policy, "--",
                  *self.who_am_i]
        steps = self.write("steps", json.dumps([
            [[*keys, "add", self.name, "--store", "secret-service"], f"{self.id}\n{self.secret}\n"], [[*keys, "list", "--json"], ""],
            [in_run, ""], [[*keys, "rotate", self.name], ""], [[*keys, "list", "--json"], ""], [in_run, ""],
            [[*keys, "remove", self.name], ""], [[*keys, "list", "--json"], ""]]))
        # One session for all steps: the keyring is unlocked in it.
        done = self.as_user("dbus-run-session", "--", "sh", "-c", "printf pw | gnome-keyring-daemon --unlock --components=secrets "
                            '>/dev/null 2>&1; exec /usr/bin/python3 -c "$1" "$2"', "sh", STEPS, steps,
                            environment={**self.environment(), "XDG_RUNTIME_DIR": self.folder})
        os.remove(steps)  # it has the secret
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([0] * 8, [step[0] for step in told], told)
        _, added, first, _, rotated, second, _, removed = [step[1] for step in told]
        self.assertEqual(self.id, json.loads(added)["keys"][0]["access_key_id"])
        self.assertNotEqual(self.id, json.loads(rotated)["keys"][0]["access_key_id"])
        self.assertEqual([], json.loads(removed)["keys"])
        for stdout in (first, second):
            self.assertIn("user/" + self.name, stdout)
        self.assert_not_on_disk(self.secret)
        for secret in self.own_secrets():
            self.assertNotIn(secret, done.stdout + done.stderr)


@needs_own_home
class OfRoot(StoresTest):
    """systemd-creds below version 256 keeps credentials for root alone."""

    ourselves = True

    def setUp(self):
        super().setUp()
        # Not a tmpfs, where systemd-creds makes no secret that it would lose.
        self.machine = tempfile.mkdtemp(prefix="stest-machine-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.machine)
        self.need("systemd-creds")
        able = self.in_machine("systemd-creds", "encrypt", "--name=probe", "-", "-", input="x")
        if able.returncode != 0:
            self.skipTest(able.stderr)

    def machine_prefix(self):
        return *ANOTHER_MACHINE, self.user.home, self.machine

    def in_machine(self, *argv, **more):
        return subprocess.run([*self.machine_prefix(), *argv], capture_output=True, text=True,
                              env={**harness.CLEAN_ENVIRONMENT, "HOME": os.path.expanduser("~root")}, **more)

    def environment(self):
        return {**super().environment(), "HOME": os.path.expanduser("~root")}

    def start_keys(self, *arguments, **more):
        return super().start_keys(*arguments, command_line_prefix=self.machine_prefix(), **more)

    def start(self, *options, **more):
        return super().start(*options, command_line_prefix=self.machine_prefix(), **more)

    def test_systemd_creds_of_another_machine(self):
        self.add("--protect", "systemd-creds", passphrase=None)
        os.remove(os.path.join(self.machine, CREDENTIAL_SECRET))
        self.in_machine("systemd-creds", "setup")
        self.assert_not_opened("systemd-creds")

    def test_systemd_creds(self):
        self.there_and_back("--protect", "systemd-creds")


if __name__ == "__main__":
    main()
