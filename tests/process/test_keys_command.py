#!/usr/bin/python3
"""sentinel keys as people use it: on a terminal and by stdin, with files. Refusals first; no secret is ever shown, an argument, or
on disk as it is. The stores of other programs: test_keys_stores.py."""
import json
import os
import tempfile
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
from harness import Run, Terminal, main, needs_own_home, wait_until  # noqa: E402
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
                            (["ASIAEXAMPLE", "x", PASSPHRASE], "temporary"), (["ASIA" + self.id[4:], "x", PASSPHRASE], "temporary"),
                            (["AKIASHORT", "x", PASSPHRASE], "at least 16"), ([self.id[:15], "x"], "it has 15 characters"),
                            (["AIDA" + self.id[4:], "x"], "is the id of an IAM user"), (["AROA" + self.id[4:], "x"], "is the id of a role"),
                            (["AKIA-" + self.id[4:], "x"], "no access key id"), ([self.id + "A" * 109, "x"], "no access key id"),
                            ([self.id, self.secret], "no passphrase"),
                            ([self.id, self.secret, "short"], "8 characters"),
                            # As it is pasted, and as an editor or a dotenv file leaves it.
                            ([" " + self.id, "x"], "it begins with a blank"), ([f'"{self.id}"', "x"], "it begins or ends with a quote"),
                            (["\ufeff" + self.id, "x"], "a byte order mark"), ([self.id, self.secret + " "], "it ends with a blank"),
                            ([self.id, f"'{self.secret}'"], "it begins or ends with a quote"), ([self.id, "a\x01b"], "a control character")):
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

    # It would get the key, or say which it is.
    def test_a_program_of_the_users_own_keeps_no_key(self):
        mine = os.path.join(self.folder, "bin")
        os.mkdir(mine)
        ran = os.path.join(self.folder, "ran")
        with open(os.open(os.path.join(mine, "pass"), os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
            file.write(f"#!/bin/sh\ntouch {ran}\n")
        os.chown(mine, self.user.uid, self.user.gid)
        self.refused("add", self.name, "--store", "pass", lines=[self.id, self.secret], says="package pass",
                     environment={"PATH": mine})
        self.assertFalse(os.path.exists(ran))

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
        run = self.refused("rotate", self.name, lines=["another passphrase"], says="the passphrase is wrong")
        self.assertIn("try again with the passphrase", run.stderr)
        self.assertNotIn("backup", run.stderr)
        text = text_of(self.file())
        for changed in (text.replace(self.id, "AKIDOTHERKEY0001"), text.replace('"p":1', '"p":2'),
                        text.replace('"added":"20', '"added":"19')):
            self.assertNotEqual(text, changed)
            with open(self.file(), "w") as file:
                file.write(changed)
            self.refused("rotate", self.name, lines=[PASSPHRASE], says="does not open")
        self.assertEqual([], self.aws.calls("CreateAccessKey"))


@needs_own_home
class AsksAws(KeysTest):
    def test_a_key_that_aws_does_not_take_is_not_stored(self):
        other = self.secret[::-1]
        for lines, says in (([self.id[:-1] + ("A" if self.id[-1] != "A" else "B"), self.secret, PASSPHRASE], "check the access key id"),
                            ([self.id, other, PASSPHRASE], "check the secret access key")):
            run = self.refused("add", self.name, lines=lines, says="AWS does not take the key " + lines[0])
            self.assertIn(says, run.stderr)
            self.assertIn("nothing is stored", run.stderr)
            self.assertNotIn(other, run.stderr)
        self.assertEqual({}, self.listed())
        self.assertFalse(os.path.exists(self.store), "something was made")

    def test_aws_that_does_not_answer_is_no_wrong_key(self):
        for environment in ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {"HTTPS_PROXY": "http://127.0.0.1:1", "AWS_ENDPOINT_URL": ""}):
            run = self.refused("add", self.name, lines=[self.id, self.secret, PASSPHRASE], environment=environment,
                               says="AWS could not be asked whether the key " + self.id + " works")
            self.assertIn("--offline", run.stderr)
            self.assertNotIn("does not take", run.stderr)
        self.assertEqual({}, self.listed())

    def test_a_page_in_the_place_of_an_answer_is_no_wrong_key(self):
        self.aws.control.fault("status", action="GetCallerIdentity", status=403, body="<html>log in to the network first</html>", count=0)
        run = self.refused("add", self.name, lines=[self.id, self.secret, PASSPHRASE], says="nothing is stored")
        self.assertNotIn("does not take", run.stderr)
        self.assertIn("--offline", run.stderr)

    def test_a_key_of_the_credentials_file_that_does_not_work_stays_there(self):
        text = f"[{self.name}]\naws_access_key_id={self.id}\naws_secret_access_key={self.secret[::-1]}\n"
        path = self.write(".aws/credentials", text)
        self.refused("add", self.name, "--from-credentials-file", lines=[PASSPHRASE], says="check the secret access key")
        self.assertEqual(text, text_of(path))
        self.assertEqual({}, self.listed())

    # A profile of the same name that would not resolve is no reason: it is the one that the key is for.
    def test_whose_key_it_is_is_said(self):
        self.add_to_config(f"[profile {self.name}]\nregion = eu-west-1\n")
        run = self.add("--json")
        self.assertTrue(json.loads(run.stdout)["arn"].endswith(":user/" + self.name), run.stdout)
        self.assertEqual([self.id], [call["access_key_id"] for call in self.aws.calls("GetCallerIdentity")])
        self.assertEqual(0, self.keys("remove", self.name).code)
        self.assertIn("AWS takes it, as the key of arn:aws:iam::", self.add().stdout)

    def test_offline_asks_nothing(self):
        self.assertNotIn("AWS takes it", self.add("--offline").stdout)
        self.assertEqual([], self.aws.calls("GetCallerIdentity"))
        self.assertEqual({self.name}, set(self.listed()))


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

    def answer(self, terminal, *answers):
        for question, answer in answers:
            terminal.expect(question)
            if answer is not None:
                terminal.send(answer + "\n")

    # Asked for again, as often as a passphrase that opens nothing is.
    def test_three_bad_passphrases_store_nothing(self):
        terminal = Terminal(self, [self.layout.sentinel, "keys", "add", self.name], environment=self.environment())
        self.answer(terminal, ("key id: ", self.id), ("not shown", self.secret), ("New passphrase", PASSPHRASE), ("again: ", PASSPHRASE + "x"),
                    ("differ; 2 tries left", None), ("New passphrase", ""), ("fewer than 8 characters; 1 try left", None),
                    ("New passphrase", PASSPHRASE), ("again: ", PASSPHRASE + "y"))
        terminal.expect("the two passphrases differ\r?\n")
        self.assertEqual(2, terminal.wait())
        self.assertEqual({}, self.listed())

    def test_after_a_bad_passphrase_a_good_one_is_taken(self):
        terminal = Terminal(self, [self.layout.sentinel, "keys", "add", self.name], environment=self.environment())
        self.answer(terminal, ("key id: ", self.id), ("not shown", self.secret), ("New passphrase", "short"),
                    ("2 tries left", None), ("New passphrase", PASSPHRASE), ("again: ", PASSPHRASE))
        terminal.expect("stored")
        self.assertEqual(0, terminal.wait())
        self.assertEqual({self.name}, set(self.listed()))

    # Right after the question, whether or not its reading has begun.
    def test_an_interruption_gives_the_terminal_its_echo_back(self):
        terminal = Terminal(self, ["bash", "--norc", "--noprofile", "-i"], environment=self.environment())
        terminal.expect("ready> ")
        for key, ended in (("\x03", "ended-130"), ("\x1c", "ended-131")):
            terminal.send(f"{self.layout.sentinel} keys add {self.name}\n")
            terminal.expect("key id: ")
            terminal.send(self.id + "\n")
            terminal.expect("not shown")
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
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.expect("ready> ")
        terminal.send("fg\n")
        terminal.expect("not shown")
        terminal.send(self.secret + "\n")
        terminal.expect("New passphrase")
        self.assertNotIn(self.secret, terminal.text)
        terminal.send("\x03")
        terminal.expect("ready> ")
        self.assertEqual({}, self.listed())

    def test_a_stored_key_is_named_where_a_profile_is_not_there(self):
        self.add()
        run = Run(self, ("whoami", "--profile", self.name + "x"), environment={
            **self.environment(), "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}).finish()
        self.assertEqual(1, run.code)
        self.assertIn("name one that exists: " + self.name, run.stderr)

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

    def test_a_link_is_followed_to_the_file_and_an_empty_token_is_none(self):
        path = self.write_credentials(f"[{self.name}]\naws_access_key_id={self.id}\naws_secret_access_key={self.secret}\naws_session_token =\n")
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
        bin_folder = tempfile.mkdtemp(prefix="bin-", dir=self.user.folder)  # root's: no other is looked into
        self.addCleanup(shutil.rmtree, bin_folder)
        os.chmod(bin_folder, 0o755)
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


if __name__ == "__main__":
    main()
