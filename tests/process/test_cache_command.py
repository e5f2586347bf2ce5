#!/usr/bin/python3
"""`sentinel cache`: what outlives a run is listed without a secret and cleared by kind, by profile or all; sign-ins that the AWS CLI
shares go only where that is asked for, each kind by its own option."""
import fcntl
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
from harness import BUILD, Run, main, needs_own_home  # noqa: E402
from source_case import SourceTest  # noqa: E402
from standin_client import login_cache_file, mfa_serial, role_arn, sso_cache_file, sso_profiles, user_arn  # noqa: E402
from test_kept_keys import clear_keyring_of  # noqa: E402


@needs_own_home
class CacheTest(SourceTest):
    word = "static"

    def setUp(self):
        super().setUp()
        self.clear_keyring()   # of who had this uid before
        self.addCleanup(self.clear_keyring)
        self.add_profile("guarded", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"))

    def clear_keyring(self):
        clear_keyring_of(self.user)

    def environment(self):
        return {**super().environment(), "XDG_STATE_HOME": os.path.join(self.folder, "state")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tool = os.path.join(os.path.dirname(cls.layout.broker), "sentinel-cache")  # where `sentinel cache` looks
        harness.copy_program(os.path.join(BUILD, "broker/sentinel-cache"), tool)
        os.chmod(tool, 0o711)

    def cache(self, *words, environment=None):
        run = Run(self, ("cache", *words), environment={**self.environment(), **(environment or {})}, cwd=self.folder).finish("")
        for stream in (run.stdout, run.stderr):
            for secret in self.aws.secrets():
                self.assertNotIn(secret, stream)
        return run

    def listed(self, **more):
        run = self.cache("list", "--json", **more)
        self.assertEqual(0, run.code, run.stderr)
        return json.loads(run.stdout)["kept"]

    def cleared(self, *words):
        run = self.cache("clear", *words, "--json")
        self.assertEqual(0, run.code, run.stderr)
        return json.loads(run.stdout)["removed"]

    def state(self, name="sessions"):
        return os.path.join(self.folder, "state", "sentinel", name)

    def share(self):
        run = Run(self, ("whoami", "--profile", "guarded", "--share-mfa", "--mfa-token", self.aws.mfa_code("marta")), environment=self.environment()).finish()
        self.assertEqual(0, run.code, run.stderr)

    def sign_in(self):
        self.add_to_config("\n" + sso_profiles())
        self.addCleanup(shutil.rmtree, os.path.dirname(sso_cache_file(self.user.home)), True)
        token = self.aws.write_sso_token(self.user.home)
        for path in (".aws", ".aws/sso", ".aws/sso/cache", os.path.relpath(sso_cache_file(self.user.home), self.user.home)):
            self.owned(os.path.join(self.user.home, path))
        return token


    def log_in(self, profiles=("console",), folder=None, **login):
        """As an earlier `aws login` of the user's left it; returns where."""
        for name in profiles:
            self.add_profile(name, login_session=user_arn("marta"))
        self.addCleanup(shutil.rmtree, os.path.join(self.user.home, ".aws", "login"), True)
        self.aws.write_login(self.user.home, user_arn("marta"), folder, **login)
        path = login_cache_file(self.user.home, user_arn("marta"), folder)
        for part in (path, os.path.dirname(path), *(os.path.join(self.user.home, inner) for inner in (".aws/login", ".aws"))):
            if os.path.exists(part):
                self.owned(part)
        return path

    def rows(self, kind, **more):
        return [row for row in self.listed(**more) if row["kind"] == kind]


class Refused(CacheTest):
    def test_nothing_is_cleared_that_was_not_asked_for(self):
        self.share()
        before = self.listed()
        for words, says in (((), "not said what to clear"), (("--all", "--kind", "mfa"), "--all"), (("--all", "--profile", "guarded"), "--all"),
                            (("--kind", "everything"), "--kind"), (("--profile", "nobody"), "nobody"), (("x",), "unexpected argument x")):
            run = self.cache("clear", *words)
            self.assertIn(run.code, (1, 2), run.stderr)
            self.assertIn(says, run.stderr)
        self.assertEqual(before, self.listed())

    def test_a_file_of_another_key_is_told_and_can_be_cleared(self):
        self.share()
        self.clear_keyring()   # as another login, or another boot
        row, = self.listed()
        self.assertIn("sealed with another key", row["unreadable"])
        self.assertIn("cannot be read", self.cache("list").stdout)
        self.assertEqual(0, self.cleared("--kind", "mfa"))
        self.assertEqual(0, os.path.getsize(self.state()))
        self.assertEqual([], self.listed())

    def test_a_profile_does_not_clear_what_cannot_be_read(self):
        self.share()
        self.clear_keyring()
        run = self.cache("clear", "--profile", "guarded")
        self.assertEqual((1, "removed 0 sessions\n"), (run.code, run.stdout), run.stderr)
        self.assertIn("sealed with another key", run.stderr)
        self.assertIn("--kind", run.stderr)
        self.assertGreater(os.path.getsize(self.state()), 0, "what may be other profiles' is gone")

    def test_what_a_run_is_writing_is_not_cleared_under_its_hands(self):
        self.share()
        with open(self.state(), "rb") as held:   # as a run that asks its user for a code
            fcntl.flock(held, fcntl.LOCK_EX)
            run = self.cache("clear", "--all")
            self.assertEqual((1, "removed 0 sessions\n"), (run.code, run.stdout), run.stderr)
            self.assertIn("another run of yours", run.stderr)
            self.assertEqual(1, len(self.listed()))
        self.assertEqual(1, self.cleared("--all"))

    def test_a_file_that_others_may_write_is_not_believed(self):
        self.share()
        os.chmod(self.state(), 0o666)
        row, = self.listed()
        self.assertIn("unreadable", row)
        self.assertEqual(1, self.cache("clear", "--all").code)
        self.assertGreater(os.path.getsize(self.state()), 0)

    def test_listing_makes_nothing(self):
        self.assertEqual([], self.listed())
        self.assertIn("nothing is kept", self.cache("list").stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "state")), "a folder was made")


class Kept(CacheTest):
    def test_an_mfa_session_is_listed_and_cleared(self):
        self.share()
        row, = self.listed()
        self.assertEqual(("mfa", mfa_serial("marta"), ["guarded"], False), (row["kind"], row["identity"], row["profiles"], row["ended"]))
        self.assertRegex(row["ends_at"], r"\A20[0-9-]{8}T[0-9:]{8}Z\Z")
        self.assertRegex(self.cache("list").stdout, r"\(guarded\)  until 20[0-9]{2}-")
        self.assertEqual(0, self.cleared("--kind", "role-keys"))
        self.assertEqual(0, self.cleared("--profile", "marta"))
        self.assertEqual(1, len(self.listed()))
        self.assertEqual(1, self.cleared("--profile", "guarded"))
        self.assertEqual([], self.listed())
        self.assertEqual(0, os.path.getsize(self.state()), "what was cleared still lies in the file")
        # The next run asks anew.
        self.share()
        self.assertEqual(2, len(self.aws.calls("GetSessionToken", "ok")))
        self.assertEqual(1, self.cleared("--all"))

    def test_sign_ins_of_identity_center_go_only_where_it_is_said(self):
        self.sign_in()
        row, = [row for row in self.listed() if row["kind"] == "sso"]
        self.assertEqual(["sso-read"], row["profiles"])
        self.assertEqual(sso_cache_file(self.user.home), row["file"])
        self.assertFalse(row["ended"])
        self.assertEqual(0, self.cleared("--all"))
        self.assertEqual(0, self.cleared("--profile", "sso-read"))
        self.assertTrue(os.path.exists(sso_cache_file(self.user.home)))
        self.assertEqual(0, self.cleared("--sso", "--profile", "guarded"))
        foreign = os.path.join(os.path.dirname(sso_cache_file(self.user.home)), "0" * 40 + ".json")
        with open(foreign, "w") as file:
            file.write("{}")
        self.assertEqual(1, self.cleared("--sso"))
        self.assertFalse(os.path.exists(sso_cache_file(self.user.home)))
        self.assertTrue(os.path.exists(foreign), "a sign-in that no profile uses was removed")

    def test_a_sign_in_that_is_damaged_is_told(self):
        self.sign_in()
        with open(sso_cache_file(self.user.home), "w") as file:
            file.write('{"accessToken": ')
        row, = [row for row in self.listed() if row["kind"] == "sso"]
        self.assertIn("unreadable", row)

    def test_a_sign_in_that_nobody_completed_is_none(self):
        self.sign_in()
        path = self.log_in()
        for file, holds in ((sso_cache_file(self.user.home), ""), (path, "{}")):
            with open(file, "w") as emptied:
                emptied.write(holds)
        self.assertEqual([], self.listed())

    def test_a_sign_in_of_aws_login_is_listed_once_and_goes_only_where_it_is_said(self):
        path = self.log_in(("console", "console-too"))
        row, = self.listed()
        self.assertEqual(("aws-login", user_arn("marta"), ["console", "console-too"], path, False, True),
                         tuple(row[name] for name in ("kind", "identity", "profiles", "file", "ended", "renewable")))
        self.assertIn(", renewed when it is used", self.cache("list").stdout)
        for words in (("--all",), ("--profile", "console"), ("--sso",), ("--aws-login", "--profile", "guarded")):
            self.assertEqual(0, self.cleared(*words), words)
            self.assertTrue(os.path.exists(path), words)
        self.assertEqual(1, self.cleared("--aws-login", "--profile", "console-too"))
        self.assertFalse(os.path.exists(path))
        self.assertEqual([], self.listed())

    def test_what_clearing_a_sign_in_leaves_at_aws_is_said_of_what_went_alone(self):
        self.sign_in()
        self.log_in()
        self.assertNotIn("until it ends", self.cache("clear", "--all").stderr)
        run = self.cache("clear", "--aws-login")
        self.assertIn("AWS knows the sign-in of aws login until it ends", run.stderr)
        self.assertNotIn("Identity Center", run.stderr)
        self.assertIn("aws sso logout", self.cache("clear", "--sso").stderr)
        self.assertNotIn("until it ends", self.cache("clear", "--sso", "--aws-login").stderr, "nothing was there any more")

    def test_ended_keys_of_aws_login_are_renewed_and_no_end_of_the_sign_in(self):
        self.log_in(lifetime=-60)
        row, = self.listed()
        self.assertEqual((True, True), (row["ended"], row["renewable"]))
        self.assertRegex(self.cache("list").stdout, r"ended 20[0-9]{2}-.*, renewed when it is used")

    def test_aws_login_is_found_where_its_variable_says(self):
        folder = os.path.join(self.folder, "logins")
        path = self.log_in(folder=folder)
        self.assertEqual([], self.listed())
        there = {"environment": {"AWS_LOGIN_CACHE_DIRECTORY": folder}}
        self.assertEqual(path, self.rows("aws-login", **there)[0]["file"])
        wrong = {"environment": {"AWS_LOGIN_CACHE_DIRECTORY": "logins"}}
        row, = self.listed(**wrong)
        self.assertIn("AWS_LOGIN_CACHE_DIRECTORY is no absolute path", row["unreadable"])
        run = self.cache("clear", "--aws-login", **wrong)
        self.assertEqual(1, run.code)
        self.assertIn("AWS_LOGIN_CACHE_DIRECTORY is no absolute path", run.stderr)
        self.assertTrue(os.path.exists(path))
        self.assertEqual(0, self.cache("clear", "--aws-login", **there).code)
        self.assertFalse(os.path.exists(path))

    def test_a_sign_in_that_others_may_write_is_not_believed(self):
        path = self.log_in()
        os.chmod(path, 0o666)
        row, = self.listed()
        self.assertIn("unreadable", row)
        self.assertEqual(["console"], row["profiles"])


if __name__ == "__main__":
    main()
