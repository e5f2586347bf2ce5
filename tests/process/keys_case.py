"""What tests of `sentinel keys` share: a home of their own with a store in it, a user of the stand-in's IAM, and the
question whether a secret lies anywhere on disk in readable form.
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess

from aws_case import AwsTest  # noqa: F401
import harness  # noqa: E402
from harness import BUILD, Run
from standin_client import key_id_of, secret_of

try:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    AESGCM = None

PASSPHRASE = "three plain words"
SALT_BYTES = 32


def text_of(path):
    with open(path) as file:
        return file.read()


class KeysTest(AwsTest):
    """As root alone: the store lies in the home of a user that is made for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tool = os.path.join(os.path.dirname(cls.layout.broker), "sentinel-keys")  # where `sentinel keys` looks
        harness.copy_program(os.path.join(BUILD, "broker/sentinel-keys"), tool)
        os.chmod(tool, 0o711)

    def setUp(self):
        super().setUp()
        self.store = os.path.join(self.user.home, ".local/share/sentinel/keys")
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".local"), True)
        self.name = "u-" + self._testMethodName[-40:].strip("_")
        self.aws.control.put_user(name=self.name)
        self.id, self.secret = key_id_of(self.name), secret_of(self.name)

    def environment(self):
        return {**super().environment(), "AWS_REGION": "eu-central-1"}

    def start_keys(self, *arguments, environment=None, **more):
        return Run(self, ("keys", *arguments), environment={**self.environment(), **(environment or {})}, **more)

    def keys(self, *arguments, lines=(), **more):
        run = self.start_keys(*arguments, **more).finish("".join(line + "\n" for line in lines))
        for stream in (run.stdout, run.stderr):
            for secret in (self.secret, PASSPHRASE, *self.aws.secrets()):
                self.assertNotIn(secret, stream)
        return run

    def add(self, *options, name=None, passphrase=PASSPHRASE, **more):
        lines = [self.id, self.secret] + ([passphrase] if passphrase else [])
        run = self.keys("add", name or self.name, *options, lines=lines, **more)
        self.assertEqual(0, run.code, run.stderr)
        return run

    def refused(self, *arguments, lines=(), code=1, says="", **more):
        run = self.keys(*arguments, lines=lines, **more)
        self.assertEqual(code, run.code, run.stderr)
        self.assertEqual("", run.stdout)
        self.assertGreaterEqual(len(run.stderr.splitlines()), 2, "no next step: " + run.stderr)
        self.assertIn(says, run.stderr)
        return run

    def listed(self):
        run = self.keys("list", "--json")
        self.assertEqual(0, run.code, run.stderr)
        return {row["profile"]: row for row in json.loads(run.stdout)["keys"]}

    def stored_id(self):
        return self.listed()[self.name]["access_key_id"]

    def iam_ids(self):
        """Of the user's long-term keys; a session's have a token."""
        return {key["id"] for key in self.keys_of_user() if not key["token"]}

    def keys_of_user(self):
        return [key for key in self.aws.control.keys() if key.get("arn", "").endswith("/" + self.name)]

    def as_user(self, *argv, environment=None, check=True, **more):
        done = subprocess.run(argv, env={**harness.CLEAN_ENVIRONMENT, "HOME": self.user.home, harness.MARK: self.mark,
                                         **(environment or {})}, capture_output=True, text=True, cwd=self.user.home,
                              **self.user.popen_arguments(), **more)
        if check:
            self.assertEqual(0, done.returncode, done.stderr)
        return done

    def make_password_store(self):
        """pass(1) with a key of GnuPG that has no passphrase."""
        for folder in (".gnupg", ".password-store"):
            self.addCleanup(shutil.rmtree, os.path.join(self.user.home, folder), True)
        self.addCleanup(self.as_user, "gpgconf", "--kill", "all", check=False)
        self.as_user("gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "keys@test", "default", "default", "never")
        self.as_user("pass", "init", "keys@test")

    def own_secrets(self):
        """Of the keys that this test's user has, or had at first, and of the sessions made with them."""
        return {self.secret} | {key["secret"] for key in self.keys_of_user()}

    def file(self, name=None, suffix=".json"):
        return os.path.join(self.store, (name or self.name) + suffix)

    def assert_not_on_disk(self, *secrets):
        """No file of the home has it: as it is, as base64 at any offset, as hex, backwards."""
        needles = set()
        for secret in secrets:
            raw = secret.encode()
            needles |= {raw, raw.hex().encode(), raw[::-1]}
            needles |= {base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)}
        searched = 0
        for top, _, names in os.walk(self.user.home):
            for name in names:
                path = os.path.join(top, name)
                if not os.path.isfile(path) or os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read()
                searched += 1
                for needle in needles:
                    self.assertNotIn(needle, data, path)
        self.assertGreater(searched, 0, "nothing was searched")


class RotationTest(KeysTest):
    def setUp(self):
        super().setUp()
        if AESGCM:
            self.plant()
        else:
            self.add()

    def plant(self):
        """What `sentinel keys add` leaves, but at the least cost of its passphrase that is taken. A rotation keeps the cost, and these
        tests rotate some hundred times."""
        salt, nonce, log2_n = os.urandom(SALT_BYTES), os.urandom(12), 15
        header = {"sentinel_key": 1, "profile": self.name, "access_key_id": self.id, "added": "2026-11-21T12:00:00Z", "store": "file",
                  "protect": "passphrase", "cipher": "aes-256-gcm", "kdf": "scrypt", "log2_n": log2_n, "r": 8, "p": 1,
                  "salt": base64.b64encode(salt).decode()}
        compact = {"separators": (",", ":")}
        key = hashlib.scrypt(PASSPHRASE.encode(), salt=salt, n=1 << log2_n, r=8, p=1, maxmem=1 << 26, dklen=32)
        sealed = AESGCM(key).encrypt(nonce, self.secret.encode(), json.dumps(header, **compact).encode())
        os.makedirs(self.store, mode=0o700)
        for folder in (".local", ".local/share", ".local/share/sentinel", ".local/share/sentinel/keys"):
            self.owned(os.path.join(self.user.home, folder))
        with open(os.open(self.file(), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(json.dumps({**header, "nonce": base64.b64encode(nonce).decode(), "sealed": base64.b64encode(sealed).decode()},
                                  **compact) + "\n")
        self.owned(self.file())

    def rotate(self, *options, **more):
        return self.keys("rotate", self.name, *options, lines=[PASSPHRASE], **more)

    def rotated(self, **more):
        """A rotation that must succeed: one key is left, it is the stored one, and it is new."""
        run = self.rotate(**more)
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual({self.stored_id()}, self.iam_ids())
        self.assertNotEqual(self.id, self.stored_id())
        self.assert_not_on_disk(*self.own_secrets())
        return run

    def failed(self, *says, stored, valid):
        """A rotation that must fail and say so; which key is stored then, and how many IAM knows."""
        run = self.rotate()
        self.assertEqual(1, run.code, run.stderr)
        self.assertEqual("", run.stdout)
        for text in says:
            self.assertIn(text, run.stderr)
        self.assertEqual(stored == "old", self.stored_id() == self.id)
        self.assertEqual(valid, len(self.iam_ids()))
        self.assertIn(self.stored_id(), self.iam_ids())
        self.assert_not_on_disk(*self.own_secrets())
        return run
