#!/usr/bin/python3
"""sentinel keys as people use it: on a terminal and by stdin, with every store whose program is there. Refusals first; no secret
is ever shown, an argument, or on disk as it is."""
import json
import os
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
from harness import Terminal, main, needs_own_home, wait_until  # noqa: E402
from keys_case import PASSPHRASE, KeysTest, text_of  # noqa: E402


@needs_own_home
class Refusals(KeysTest):
    def test_names_that_are_no_file_names(self):
        for name in ("../x", "a/b", ".", "..", ".hidden", "a..b", "caf\u00e9", "a b", "x" * 129, "a\u202eb"):
            self.refused("add", "--", name, lines=[self.id, self.secret, PASSPHRASE], code=2, says="cannot name a stored key")
            self.refused("remove", "--", name, code=2)
            self.refused("rotate", "--", name, code=2)
        self.assertFalse(os.path.exists(self.store))

    def test_what_is_no_long_term_key(self):
        for lines, says in (([], "no access key id"), (["two words", "x"], "no access key id"), ([self.id], "no secret access key"),
                            ([self.id, ""], "no secret access key"), ([self.id, "two words"], "no secret access key"),
                            ([self.id, "x" * 300], "no secret access key"), ([self.id, "x" * 2000], "longer"),
                            (["ASIAEXAMPLE", "x", PASSPHRASE], "temporary"), ([self.id, self.secret], "no passphrase"),
                            ([self.id, self.secret, "short"], "8 characters")):
            # In a session of its own: no terminal is there to be asked.
            self.refused("add", self.name, lines=lines, code=2, says=says, start_new_session=True)
        self.assertEqual({}, self.listed())
        self.assertFalse(os.path.exists(self.store), "something was made")

    def test_a_name_that_is_there_already(self):
        self.add()
        before = text_of(self.file())
        self.refused("add", self.name, lines=["AKIDOTHER", "x" * 40, PASSPHRASE], says="already")
        self.assertEqual(before, text_of(self.file()))

    def test_places_that_do_not_exist(self):
        self.refused("add", self.name, "--store", "cloud", code=2)
        self.refused("add", self.name, "--protect", "hope", code=2)
        self.refused("add", self.name, "--store", "pass", "--protect", "tpm2", code=2, says="--store file")
        for store, package in (("pass", "pass"), ("secret-service", "libsecret-tools")):
            self.refused("add", self.name, "--store", store, lines=[self.id, self.secret], says=package,
                         environment={"PATH": self.folder})
        for protect, package in (("tpm2", "tpm2-tools"), ("systemd-creds", "systemd")):
            self.refused("add", self.name, "--protect", protect, lines=[self.id, self.secret], says=package,
                         environment={"PATH": self.folder})
        self.assertEqual({}, self.listed())

    def test_a_store_that_others_can_write(self):
        self.add()
        os.chmod(self.file(), 0o666)
        self.refused("rotate", self.name, lines=[PASSPHRASE], says="open to others")
        os.chmod(self.file(), 0o600)
        os.chmod(self.store, 0o777)
        self.refused("rotate", self.name, lines=[PASSPHRASE], says="open to others")

    def test_a_damaged_file_is_named_and_can_be_removed(self):
        self.add()
        self.add(name="whole")
        text = text_of(self.file())
        for damaged, says in ((text[:-20], "no JSON"), (text.replace('"log2_n":17', '"log2_n":40'), "would cost"),
                              (text.replace('"log2_n":17', '"log2_n":4'), "would cost"), (text + " ", "not as sentinel keys wrote"),
                              (text.replace(self.name, "whole"), "another profile"), ("x" * 100000, "longer")):
            with open(self.file(), "w") as file:
                file.write(damaged)
            run = self.keys("list")
            self.assertEqual(1, run.code)
            self.assertIn("whole", run.stdout)
            self.assertIn(says, run.stderr)
            self.refused("rotate", self.name, lines=[PASSPHRASE], says=says)
        with open(self.file(), "w") as file:
            file.write(text[:-20])
        self.assertEqual(0, self.keys("remove", self.name).code)
        self.assertEqual({"whole"}, set(self.listed()))

    def test_a_changed_file_and_a_wrong_passphrase_do_not_open(self):
        self.add()
        self.refused("rotate", self.name, lines=["another passphrase"], says="the passphrase is wrong")
        text = text_of(self.file())
        for changed in (text.replace(self.id, "AKIDOTHERKEY0001"), text.replace('"p":1', '"p":2'),
                        text.replace('"added":"20', '"added":"19')):
            self.assertNotEqual(text, changed)
            with open(self.file(), "w") as file:
                file.write(changed)
            self.refused("rotate", self.name, lines=[PASSPHRASE], says="does not open")
        self.assertEqual([], self.aws.calls("CreateAccessKey"))


@needs_own_home
class Files(KeysTest):
    def test_added_by_stdin_and_listed_without_a_secret(self):
        self.add()
        self.assert_not_on_disk(self.secret, PASSPHRASE)
        row = self.listed()[self.name]
        self.assertEqual((self.id, "file", "passphrase"), (row["access_key_id"], row["store"], row["protect"]))
        self.assertIn(self.id, self.keys("list").stdout)
        self.assertEqual(0o700, os.stat(self.store).st_mode & 0o777)
        self.assertEqual(0o600, os.stat(self.file()).st_mode & 0o777)
        self.assertEqual([self.name + ".json"], os.listdir(self.store))
        run = self.keys("remove", self.name)
        self.assertEqual(0, run.code, run.stderr)
        self.assertIn("still valid in IAM", run.stderr)
        self.assertEqual([], os.listdir(self.store))
        self.refused("remove", self.name, says="no stored key")

    def test_typed_on_a_terminal_the_secrets_are_not_shown(self):
        terminal = Terminal(self, [self.layout.sentinel, "keys", "add", self.name], environment=self.environment())
        terminal.expect("AWS access key id: ")
        terminal.send(self.id + "\n")
        terminal.expect("not shown")
        pid = wait_until(lambda: next((p for p in self.own_processes() if "keys" in harness.command_line(p)), 0), "the tool")
        self.assertEqual(0, os.stat(f"/proc/{pid}/mem").st_uid, "the tool can be read by its own user")
        terminal.send(self.secret + "\n")
        terminal.expect("New passphrase")
        with open(f"/proc/{pid}/cmdline", "rb") as words, open(f"/proc/{pid}/environ", "rb") as environment:
            self.assertNotIn(self.secret.encode(), words.read() + environment.read())
        terminal.send(PASSPHRASE + "\n")
        terminal.expect("again: ")
        terminal.send(PASSPHRASE + "\n")
        terminal.expect("stored")
        self.assertEqual(0, terminal.wait())
        self.assertIn(self.id, terminal.text)
        for secret in (self.secret, PASSPHRASE):
            self.assertNotIn(secret, terminal.text)
        self.assert_not_on_disk(self.secret, PASSPHRASE)

    def test_two_passphrases_that_differ_store_nothing(self):
        terminal = Terminal(self, [self.layout.sentinel, "keys", "add", self.name], environment=self.environment())
        for question, answer in (("key id: ", self.id), ("not shown", self.secret), ("New passphrase", PASSPHRASE),
                                 ("again: ", PASSPHRASE + "x")):
            terminal.expect(question)
            terminal.send(answer + "\n")
        terminal.expect("differ")
        self.assertEqual(2, terminal.wait())
        self.assertEqual({}, self.listed())

    def test_an_interruption_gives_the_terminal_its_echo_back(self):
        terminal = Terminal(self, ["bash", "--norc", "--noprofile", "-i"], environment=self.environment())
        terminal.expect("ready> ")
        for key, ended in (("\x03", "ended-130"), ("\x1c", "ended-131")):
            terminal.send(f"{self.layout.sentinel} keys add {self.name}\n")
            terminal.expect("key id: ")
            terminal.send(self.id + "\n")
            terminal.expect("not shown")
            time.sleep(0.2)
            terminal.send(key)
            terminal.expect("ready> ")
            terminal.send("echo ended-$?\n")
            terminal.expect("^" + ended)
            terminal.expect("ready> ")
            terminal.send("stty -a | grep -o -- '-\\?echo '\n")
            terminal.expect("^echo ")
        terminal.send(f"{self.layout.sentinel} keys add {self.name}\n")
        terminal.expect("key id: ")
        terminal.send(self.id + "\n")
        terminal.expect("not shown")
        time.sleep(0.2)
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.expect("ready> ")
        terminal.send("fg\n")
        terminal.expect("not shown")
        time.sleep(0.2)
        terminal.send(self.secret + "\n")
        terminal.expect("New passphrase")
        self.assertNotIn(self.secret, terminal.text)
        terminal.send("\x03")
        terminal.expect("ready> ")
        self.assertEqual({}, self.listed())

    def test_an_edited_profile_file_warns_of_the_key_that_goes_first(self):
        self.add_to_config(f"[profile {self.name}]\naws_access_key_id = AKIDINFILE\naws_secret_access_key = x\n")
        self.assertIn("goes before the stored one", self.add().stderr)


@needs_own_home
class OutOfTheCredentialsFile(KeysTest):
    def write_credentials(self, own, before="[first]\nregion = eu-west-1\n", after="[last]\naws_access_key_id=AKIDLAST\naws_secret_access_key=l\n"):
        self.text = before + own + after
        path = self.write(".aws/credentials", self.text, 0o640)
        os.chmod(path, 0o640)
        return path

    def test_the_key_moves_and_everything_else_stays_byte_for_byte(self):
        others = "# a comment\r\n[other]\nAWS_access_key_id : AKIDOTHER\n\n  \naws_secret_access_key=otherother\n;end\n\n"
        path = self.write_credentials(f"[{self.name}]\nregion=x\nAWS_ACCESS_KEY_ID = {self.id}\n# between\naws_secret_access_key={self.secret}\n",
                                      before=others, after="[last]\noutput = json")
        run = self.keys("add", self.name, "--from-credentials-file", lines=[PASSPHRASE])
        self.assertEqual(0, run.code, run.stderr)
        with open(path, newline="") as file:
            self.assertEqual(others + f"[{self.name}]\nregion=x\n# between\n[last]\noutput = json", file.read())
        self.assertEqual(0o640, os.stat(path).st_mode & 0o777)
        self.assertEqual(["config", "credentials"], sorted(os.listdir(os.path.dirname(path))))
        self.assertEqual(self.id, self.stored_id())
        self.assertIn("rotate", run.stderr)
        self.assert_not_on_disk(self.secret)
        self.assertEqual(0, self.keys("rotate", self.name, lines=[PASSPHRASE]).code, "what was stored is not the key")

    def test_a_link_is_followed_to_the_file(self):
        path = self.write_credentials(f"[{self.name}]\naws_access_key_id={self.id}\naws_secret_access_key={self.secret}\n")
        real = self.owned(shutil.move(path, os.path.join(self.folder, "elsewhere")))
        os.symlink(real, path)
        self.assertEqual(0, self.keys("add", self.name, "--from-credentials-file", lines=[PASSPHRASE]).code)
        self.assertTrue(os.path.islink(path))
        self.assertNotIn(self.secret, text_of(real))

    def test_what_cannot_be_moved_stays(self):
        for own, says in ((f"[{self.name}]\nregion = x\n", "has no access key"), ("", "has no access key"),
                          (f"[{self.name}]\naws_access_key_id={self.id}\n", "has no access key"),
                          (f"[{self.name}]\naws_access_key_id={self.id}\naws_secret_access_key={self.secret}\naws_session_token=t\n", "token"),
                          (f"[{self.name}]\naws_access_key_id={self.id}\n  more\naws_secret_access_key={self.secret}\n", "")):
            path = self.write_credentials(own)
            self.refused("add", self.name, "--from-credentials-file", lines=[PASSPHRASE], says=says)
            self.assertEqual(self.text, text_of(path))
            self.assertEqual({}, self.listed())

    def test_a_store_that_fails_leaves_the_file(self):
        own = f"[{self.name}]\naws_access_key_id={self.id}\naws_secret_access_key={self.secret}\n"
        path = self.write_credentials(own)
        self.refused("add", self.name, "--from-credentials-file", lines=["short"], code=2)
        self.assertEqual(self.text, text_of(path))
        bin_folder = os.path.join(self.folder, "bin")
        os.mkdir(bin_folder)
        # A pass that says yes and keeps nothing: what is read back is not the key.
        for script in ("#!/bin/sh\n[ $1 = insert ] && cat >/dev/null\nexit 0\n",
                       "#!/bin/sh\n[ $1 = insert ] && cat >/dev/null || printf 'other\\naws_access_key_id: %s\\n' " + self.id + "\n"):
            with open(os.path.join(bin_folder, "pass"), "w") as file:
                file.write(script)
            os.chmod(os.path.join(bin_folder, "pass"), 0o755)
            self.refused("add", self.name, "--from-credentials-file", "--store", "pass",
                         environment={"PATH": bin_folder + ":/usr/bin:/bin"})
            self.assertEqual(self.text, text_of(path))
            self.assertEqual({}, self.listed())


@needs_own_home
class OtherStores(KeysTest):
    """Each with its real program; a file of the store says where the key is, and nothing secret."""

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def there_and_back(self, *options, environment=None):
        self.add(*options, passphrase=None, environment=environment)
        self.assert_not_on_disk(self.secret)
        self.assertEqual(self.id, self.stored_id())
        run = self.keys("rotate", self.name, environment=environment)
        self.assertEqual(0, run.code, run.stderr)
        self.assertNotEqual(self.id, self.stored_id())
        self.assertEqual({self.stored_id()}, self.iam_ids())
        run = self.keys("remove", self.name, environment=environment)
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual([], os.listdir(self.store))

    def test_pass(self):
        self.need("pass", "gpg")
        self.refused("add", self.name, "--store", "pass", lines=[self.id, self.secret], says="pass did not do it")
        self.make_password_store()
        self.there_and_back("--store", "pass")
        left = [names for _, _, names in os.walk(os.path.join(self.user.home, ".password-store")) if names]
        self.assertEqual([[".gpg-id"]], left, "an entry is left behind")

    def test_tpm2(self):
        self.need("swtpm", "tpm2_unseal")
        os.mkdir(os.path.join(self.folder, "tpm"))
        state = self.owned(os.path.join(self.folder, "tpm"))
        port = 21000 + os.getpid() % 20000
        tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server", f"type=tcp,port={port}",
                                "--ctrl", f"type=tcp,port={port + 1}", "--flags", "not-need-init,startup-clear"],
                               env={**harness.CLEAN_ENVIRONMENT, harness.MARK: self.mark}, **self.user.popen_arguments())
        self.addCleanup(tpm.wait)
        self.addCleanup(tpm.kill)
        environment = {"TPM2TOOLS_TCTI": f"swtpm:host=127.0.0.1,port={port}"}
        wait_until(lambda: self.as_user("tpm2_getrandom", "--hex", "4", environment=environment, check=False).returncode == 0, "the TPM")
        self.there_and_back("--protect", "tpm2", environment=environment)
        # The two halves of the sealed key, and a file that another TPM's user brought along.
        self.add("--protect", "tpm2", passphrase=None, environment=environment)
        with open(self.file(suffix=".tpm-private"), "r+b") as half:
            half.seek(40)
            byte = half.read(1)
            half.seek(40)
            half.write(bytes([byte[0] ^ 1]))
        self.refused("rotate", self.name, environment=environment, says="tpm2_unseal did not do it")

    def test_systemd_creds(self):
        self.need("systemd-creds")
        able = self.as_user("systemd-creds", "encrypt", "--user", "--name=probe", "-", "-", input="x", check=False)
        if able.returncode != 0:
            self.refused("add", self.name, "--protect", "systemd-creds", lines=[self.id, self.secret], says="256")
            self.assertEqual([], os.listdir(self.store))
            self.skipTest("this systemd-creds keeps no credentials of ordinary users: " + able.stderr.strip())
        self.there_and_back("--protect", "systemd-creds")

    def test_secret_service(self):
        self.need("secret-tool", "dbus-run-session", "gnome-keyring-daemon")
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".cache"), True)
        script = os.path.join(self.folder, "session")
        steps = os.path.join(self.folder, "steps")
        with open(script, "w") as file:
            # One session for all steps: the keyring is unlocked in it.
            file.write("#!/bin/sh\nprintf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n"
                       f"exec /usr/bin/python3 {steps}\n")
        sentinel = self.layout.sentinel
        with open(steps, "w") as file:
            file.write("import json, subprocess, sys\n"
                       "def keys(*words, text=''):\n"
                       f"    done = subprocess.run([{sentinel!r}, 'keys', *words], input=text, capture_output=True, text=True)\n"
                       "    print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)\n"
                       f"keys('add', {self.name!r}, '--store', 'secret-service', text={self.id + chr(10) + self.secret + chr(10)!r})\n"
                       f"keys('list', '--json')\nkeys('rotate', {self.name!r})\nkeys('list', '--json')\nkeys('remove', {self.name!r})\n"
                       f"keys('list', '--json')\n")
        os.chmod(script, 0o755)
        done = self.as_user("dbus-run-session", "--", script, environment={**self.environment(), "XDG_RUNTIME_DIR": self.folder})
        os.remove(steps)  # it has the secret
        added, first, rotated, second, removed, last = [json.loads(line) for line in done.stdout.splitlines()]
        for step in (added, rotated, removed):
            self.assertEqual(0, step[0], step)
        self.assertEqual(self.id, json.loads(first[1])[0]["access_key_id"])
        self.assertNotEqual(self.id, json.loads(second[1])[0]["access_key_id"])
        self.assertEqual([], json.loads(last[1]))
        self.assert_not_on_disk(self.secret)
        for secret in self.own_secrets():
            self.assertNotIn(secret, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
