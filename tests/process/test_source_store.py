#!/usr/bin/python3
"""Credentials from a key of `sentinel keys`: the passphrase is asked for on the terminal before the command starts, a store's
program is asked without a question, and the real aws gets what the policy gives."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Terminal, main, needs_own_home  # noqa: E402
from keys_case import PASSPHRASE, KeysTest  # noqa: E402
from standin_client import REGION, key_id_of, role_arn, secret_of  # noqa: E402

AWS = "/usr/bin/aws"


@needs_own_home
class StoredKeys(KeysTest):
    def setUp(self):
        super().setUp()
        if not os.path.exists(AWS):
            self.skipTest("no aws is installed")
        self.policy = self.write("policy.yaml", 'version: "1"\nrules:\n  - name: all\n    effect: allow\n    reason: a test\n'
                                                '    conditions: { profiles: [{ glob: "*" }] }\n')

    def arguments(self, profile, *command):
        return ["exec", "--server", "--unix-socket", "--profile", profile, "--policy-file", self.policy, "--log-file", self.log_path,
                "--", *command]

    def aws_command(self):
        return AWS, "--no-cli-pager", "--endpoint-url", self.aws.url, "sts", "get-caller-identity", "--output", "json"

    def on_terminal(self, profile=None, *command):
        command = command or self.aws_command()
        return Terminal(self, [self.layout.sentinel, *self.arguments(profile or self.name, *command)], environment=self.environment())

    def assert_no_secret_shown(self, text):
        for secret in (PASSPHRASE, *self.aws.secrets()):
            self.assertNotIn(secret, text)

    def test_three_wrong_passphrases_and_the_command_does_not_start(self):
        self.add("--offline")
        terminal = self.on_terminal(None, "touch", self.marker)
        for left in ("", "2 tries left", "1 try left"):
            terminal.expect(f"Passphrase of the stored key {self.id}.*{left}")
            terminal.send("wrong " + PASSPHRASE + "\n")
        terminal.expect("the passphrase is wrong")
        self.assertNotEqual(0, terminal.wait())
        self.assertFalse(os.path.exists(self.marker))
        self.assertEqual([], self.aws.calls())
        self.assert_no_secret_shown(terminal.text)

    def test_without_a_terminal_the_sentence_says_so(self):
        self.add()
        run = self.start("--log-stderr", command=("touch", self.marker), profile=self.name, transport="unix",
                         policy=("--policy-file", self.policy), start_new_session=True).finish("")
        self.assertNotEqual(0, run.code)
        self.assertFalse(os.path.exists(self.marker))
        self.assertIn("passphrase", run.stderr)

    def test_a_changed_file_ends_the_run_before_anybody_is_asked(self):
        self.add()
        with open(self.file(), "a") as file:
            file.write(" ")
        terminal = self.on_terminal(None, "touch", self.marker)
        terminal.expect("is damaged")
        self.assertNotEqual(0, terminal.wait())
        self.assertNotIn("Passphrase", terminal.text)
        self.assertFalse(os.path.exists(self.marker))

    def test_a_store_below_xdg_data_home_is_another_one(self):
        elsewhere = {"XDG_DATA_HOME": os.path.join(self.user.home, ".local/elsewhere")}
        self.add(environment=elsewhere)
        self.assertEqual([self.name + ".json"], os.listdir(os.path.join(elsewhere["XDG_DATA_HOME"], "sentinel/keys")))
        self.assertFalse(os.path.exists(self.store), "it was put in both")
        self.assertIn(self.id, self.keys("list", environment=elsewhere).stdout)
        self.assertEqual({}, self.listed())
        self.assertIn(self.name, self.keys("list", "--names", environment={"XDG_DATA_HOME": elsewhere["XDG_DATA_HOME"] + "/"}).stdout)
        self.assertIn("no key is stored", self.keys("list", environment={"XDG_DATA_HOME": "relative"}).stderr)
        terminal = Terminal(self, [self.layout.sentinel, *self.arguments(self.name, *self.aws_command())],
                            environment={**self.environment(), **elsewhere})
        terminal.expect("Passphrase of the stored key " + self.id)
        terminal.send(PASSPHRASE + "\n")
        terminal.expect('"Arn"')
        self.assertEqual(0, terminal.wait())

    def test_the_passphrase_once_and_aws_is_served(self):
        self.add()
        terminal = self.on_terminal()
        terminal.expect("Passphrase of the stored key " + self.id)
        terminal.send(PASSPHRASE + "\n")
        terminal.expect("user/" + self.name)
        self.assertEqual(0, terminal.wait(), terminal.text)
        self.assertEqual(1, terminal.text.count("Passphrase"))
        self.assert_no_secret_shown(terminal.text)
        self.assertEqual(1, len(self.aws.calls("GetSessionToken")))
        self.assertIn('"store"', json.dumps(self.decisions()), "the log does not say where the key is from")

    def test_a_role_that_is_assumed_with_a_stored_key(self):
        self.id, self.secret = key_id_of("marta"), secret_of("marta")
        self.add(name="marta-in-store")
        self.add_to_config(f"\n[profile by-store]\nrole_arn = {role_arn('ledger-prod')}\nsource_profile = marta-in-store\nregion = {REGION}\n"
                           f"[profile marta-in-store]\nregion = {REGION}\n")
        terminal = self.on_terminal("by-store")
        terminal.expect("Passphrase of the stored key " + self.id)
        terminal.send(PASSPHRASE + "\n")
        terminal.expect("assumed-role/ledger-prod")
        self.assertEqual(0, terminal.wait(), terminal.text)

    def test_a_stores_program_is_asked_without_a_question(self):
        if not (shutil.which("pass") and shutil.which("gpg")):
            self.skipTest("pass or gpg is not installed")
        self.make_password_store()
        self.add("--store", "pass", passphrase=None)
        run = self.start(command=self.aws_command(), profile=self.name, transport="unix",
                         policy=("--policy-file", self.policy)).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn("user/" + self.name, run.stdout)
        os.rename(os.path.join(self.user.home, ".password-store"), os.path.join(self.folder, "gone"))
        run = self.start(command=("touch", self.marker), profile=self.name, transport="unix",
                         policy=("--policy-file", self.policy)).finish()
        self.assertNotEqual(0, run.code)
        self.assertFalse(os.path.exists(self.marker))
        self.assertIn("pass", run.stderr)


if __name__ == "__main__":
    main()
