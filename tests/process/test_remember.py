#!/usr/bin/python3
"""`--remember`: what opens a stored key is kept for a while, so that other runs ask for no passphrase; only where it is asked for,
never longer, sealed, and of no use for another key."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
from harness import BUILD, Run, Terminal, main, needs_own_home  # noqa: E402
from keys_case import PASSPHRASE, KeysTest  # noqa: E402
from test_kept_keys import clear_keyring_of  # noqa: E402


@needs_own_home
class RememberTest(KeysTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tool = os.path.join(os.path.dirname(cls.layout.broker), "sentinel-cache")
        harness.copy_program(os.path.join(BUILD, "broker/sentinel-cache"), tool)
        os.chmod(tool, 0o711)

    def setUp(self):
        super().setUp()
        self.clear_keyring()   # of who had this uid before
        self.addCleanup(self.clear_keyring)
        self.add()

    def clear_keyring(self):
        clear_keyring_of(self.user)

    def environment(self):
        return {**super().environment(), "XDG_STATE_HOME": os.path.join(self.folder, "state")}

    def openers(self):
        return os.path.join(self.folder, "state", "sentinel", "openers")

    def typed(self, *options):
        """A run that asks for the passphrase, and is told it."""
        terminal = Terminal(self, [self.layout.sentinel, "whoami", "--profile", self.name, *options], environment=self.environment())
        terminal.expect("Passphrase of the stored key " + self.id)
        terminal.send(PASSPHRASE + "\n")
        terminal.expect("user/" + self.name)
        self.assertEqual(0, terminal.wait())

    def unasked(self, *options, name=None, says="", works=True):
        """A run that nobody can answer."""
        run = Run(self, ["whoami", "--profile", name or self.name, *options], environment=self.environment(), start_new_session=True).finish("")
        self.assertEqual(works, run.code == 0, run.stderr)
        self.assertIn(says, run.stderr)
        for secret in (self.secret, PASSPHRASE):
            self.assertNotIn(secret, run.stdout + run.stderr)
        return run


class Refused(RememberTest):
    def test_without_the_option_nothing_is_kept_and_nothing_is_used(self):
        self.typed()
        self.assertFalse(os.path.exists(self.openers()))
        self.unasked("--remember", "8h", works=False)
        self.typed("--remember", "8h")
        self.unasked(works=False, says="passphrase")

    def test_times_that_are_out_of_bounds(self):
        for time in ("0", "59s", "12h1s", "-1h", "8", "1m0.5s"):
            self.unasked("--remember", time, works=False, says="--remember")
        self.assertFalse(os.path.exists(self.openers()))

    def test_another_keyring_a_rotated_key_and_another_profile_open_nothing(self):
        self.typed("--remember", "8h")
        self.add(name="twin")   # the same key, sealed with another salt
        self.unasked("--remember", "8h", name="twin", works=False)
        self.assertEqual(0, self.keys("remove", self.name).code)
        self.add()
        self.unasked("--remember", "8h", works=False)
        self.typed("--remember", "8h")
        self.clear_keyring()
        self.unasked("--remember", "8h", works=False)

    def test_a_wrong_passphrase_is_not_kept(self):
        terminal = Terminal(self, [self.layout.sentinel, "whoami", "--profile", self.name, "--remember", "8h"], environment=self.environment())
        for left in ("", "2 tries left", "1 try left"):
            terminal.expect(f"Passphrase of the stored key {self.id}.*{left}")
            terminal.send("wrong " + PASSPHRASE + "\n")
        terminal.expect("the passphrase is wrong")
        self.assertNotEqual(0, terminal.wait())
        self.assertEqual(0, os.path.getsize(self.openers()))

    def test_where_no_passphrase_opens_the_key_it_says_that_it_does_nothing(self):
        self.unasked("--remember", "8h", name="marta", says="--remember does nothing")


class Remembered(RememberTest):
    def test_the_next_run_asks_for_nothing(self):
        self.typed("--remember", "8h")
        run = self.unasked("--remember", "8h", says="no passphrase is asked for")
        self.assertIn("user/" + self.name, run.stdout)
        self.unasked("--remember", "1h")
        self.assertEqual(0o600, os.stat(self.openers()).st_mode & 0o777)
        self.assert_not_on_disk(self.secret, PASSPHRASE)

    def test_it_is_listed_and_cleared(self):
        self.typed("--remember", "8h")
        words = lambda *more: Run(self, ("cache", *more, "--json"), environment=self.environment()).finish("")  # noqa: E731
        row, = json.loads(words("list").stdout)["kept"]
        self.assertEqual(("openers", self.id, [self.name], False), (row["kind"], row["identity"], row["profiles"], row["ended"]))
        self.assertEqual(1, json.loads(words("clear", "--kind", "openers").stdout)["removed"])
        self.unasked("--remember", "8h", works=False)


if __name__ == "__main__":
    main()
