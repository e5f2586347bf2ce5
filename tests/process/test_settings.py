"""The short command: `sentinel exec dev -- CMD` with its settings in /etc/sentinel/config, in the user's config file and in
variables, against the stand-in, with the real AWS CLI; and who may not say what."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from aws_case import PARAMETER, AwsTest, Run, policy, rule  # noqa: E402
from harness import PATIENCE, main, needs_own_home  # noqa: E402
from own_etc import OwnEtc, can_mount  # noqa: E402

SERVED = f"[default]\nserver = true\nunix-socket = true\npolicy-parameter = {PARAMETER}\n"


class Settings(AwsTest):
    """The home folder is the user's; the config folder is each test's own."""

    def config(self, text, mode=0o600):
        os.makedirs(os.path.join(self.folder, "config/sentinel"), exist_ok=True)
        for name in ("config", "config/sentinel"):
            self.owned(os.path.join(self.folder, name))
        return self.write("config/sentinel/config", text, mode)

    def variables(self, more):
        return {**self.environment(), "XDG_CONFIG_HOME": os.path.join(self.folder, "config"), **(more or {})}

    def sentinel(self, *arguments, environment=None):
        return Run(self, list(arguments), environment=self.variables(environment), cwd=self.folder).finish()

    def refused(self, what, next_step, *arguments, environment=None):
        run = self.sentinel(*(arguments or ("exec", "ledger-prod", "--", "touch", self.marker)), environment=environment)
        self.assertEqual((f"sentinel: {what}\n" f"sentinel:   {next_step}\n", ""), (run.stderr, run.stdout))
        self.assertNotEqual(0, run.code)
        self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assert_nothing_left()

    def shown(self, *arguments, environment=None):
        """What --show-settings says: option to (value, place)."""
        run = self.sentinel(*arguments, environment=environment)
        self.assertEqual(0, run.code, run.stderr)
        rows = (line.split(None, 2) for line in run.stdout.splitlines() if line)
        return {row[0]: tuple(word.strip() for word in row[1:]) for row in rows if len(row) == 3}, run


class TheUsersFile(Settings):
    def test_a_file_that_others_can_write_is_refused(self):
        path = self.config(SERVED, mode=0o666)
        os.chmod(path, 0o666)
        self.refused(f"{path} can be written by others than root or uid {self.user.uid} (by every user)", f"run chmod go-w {path}")
        os.chmod(path, 0o600)
        folder = os.path.dirname(path)
        os.chmod(folder, 0o777)
        self.refused(f"the folder {folder} can be written by others than root or uid {self.user.uid} (by every user)", f"run chmod go-w {folder}")

    @needs_own_home
    def test_a_file_of_another_user_is_refused(self):
        path = self.config(SERVED)
        os.chown(path, 1, 1)
        run = self.sentinel("exec", "ledger-prod", "--", "touch", self.marker)
        self.assertNotEqual(0, run.code)
        self.assertIn(path, run.stderr)
        self.assertFalse(os.path.exists(self.marker))

    def test_a_mistake_is_told_with_its_line_and_the_nearest_word(self):
        path = self.config("[default]\nservr = true\n")
        self.refused(f"{path}:2: unknown key servr", "did you mean server?")
        self.config("[default]\nserver = true\n\n[prifile x]\n")
        self.refused(f"{path}:4: unknown section [prifile x]", "write [default] or [profile NAME]")
        self.config("[default]\nserver = yes\n")
        self.refused(f"{path}:2: server is neither true nor false", "write true or false")
        self.config("[default]\nserver-duration = 5s\nserver = true\n" f"policy-parameter = {PARAMETER}\n")
        self.refused(f"--server-duration (set in {path}:2) 5s is outside what AWS grants", "give 15m to 12h")

    def test_what_weakens_a_guarantee_is_not_taken_from_it_nor_from_a_variable(self):
        for option, value in (("on-tamper", "warn"), ("on-broker-exit", "keep"), ("allow-tcp-fallback", "true"), ("share-mfa", "true"), ("cache", "true"), ("remember", "1h"),
                              ("allow-user-namespace", "true"), ("policy-max-age", "24h")):
            with self.subTest(option=option):
                path = self.config(f"{SERVED}{option} = {value}\n")
                self.refused(f"{path}:5: {option} cannot be set here", "say it on the command line, or in root's /etc/sentinel/config")
                self.config(SERVED)
                name = "SENTINEL_" + option.upper().replace("-", "_")
                self.refused(f"the variable {name} is set, and {option} is not taken from a variable",
                             "unset it, and say it on the command line, or in root's /etc/sentinel/config", environment={name: value})
        path = self.config(f"{SERVED}mfa-token = 123456\n")
        self.refused(f"{path}:5: mfa-token cannot be set here", "say it on the command line alone")

    def test_the_short_command_serves_the_real_cli(self):
        self.config(SERVED)
        self.log_path = os.path.join(self.user.home, ".local/state/sentinel/decisions.jsonl")
        aws = ("aws", "--endpoint-url", self.aws.url, "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
        for arguments, more in ((("exec", "ledger-prod", "--", *aws), {}), (("exec", "--", *aws), {"AWS_PROFILE": "ledger-prod"}),
                                (("exec", "-q", "ledger-prod", "-r", "eu-west-1", "--", *aws), {}),
                                (("exec", *aws), {"SENTINEL_PROFILE": "ledger-prod"})):
            with self.subTest(arguments=arguments):
                run = self.sentinel(*arguments, environment=more)
                self.assertEqual(0, run.code, run.stderr)
                self.assertIn(":assumed-role/", run.stdout)
                last = self.decisions()[-1]
                self.assertEqual(("unix", "ledger-prod"), (last["transport"], last["profile"]))

    def test_sections_choose_by_profile_and_the_line_undoes_a_flag(self):
        open_policy = self.write("open.yaml", policy(rule()))
        self.config(f"{SERVED}[profile ledger-*]\npolicy-file = {open_policy}\nserver-duration = 30m\n")
        run = self.sentinel("exec", "ledger-prod", "-v", "--", "sh", "-c", "echo ${SENTINEL_UNIX_SOCKET:+served}")
        self.assertEqual((0, "served\n"), (run.code, run.stdout), run.stderr)
        self.assertIn(f"sentinel: policy-file = {open_policy} ({self.folder}/config/sentinel/config:6)\n", run.stderr)
        run = self.sentinel("exec", "ledger-prod", "--no-server", "--", "sh", "-c", "echo ${AWS_ACCESS_KEY_ID:+keys}${SENTINEL_UNIX_SOCKET}")
        self.assertEqual((0, "keys\n"), (run.code, run.stdout), run.stderr)
        whoami = self.sentinel("whoami", "ledger-prod")
        self.assertEqual(0, whoami.code, whoami.stderr)
        self.assertIn("open.yaml", whoami.stdout)

    def test_the_command_line_that_a_setting_spoils_names_the_setting(self):
        path = self.config(SERVED)
        self.refused(f"--duration does nothing with --server (set in {path}:2)",
                     "write --server-duration, or leave one of them out; --no-server undoes it",
                     "exec", "ledger-prod", "--duration", "1h", "--", "true")

    def test_show_settings_says_each_value_and_where_it_was_said(self):
        path = self.config(f"{SERVED}server-port = 80\n[profile dev-?]\nregion = eu-west-1\n")
        shown, run = self.shown("exec", "dev-1", "--lazy", "--show-settings", "--", "ls", environment={"SENTINEL_SERVER_DURATION": "1h"})
        self.assertEqual(("in", "force"), shown[path])
        for option, value in (("profile", ("dev-1", "the command line")), ("lazy", ("true", "the command line")),
                              ("server", ("true", f"{path}:2")), ("region", ("eu-west-1", f"{path}:7")),
                              ("server-duration", ("1h", "SENTINEL_SERVER_DURATION")), ("on-tamper", ("end", "default"))):
            self.assertEqual(value, shown[option])
        self.assertNotIn("mfa-token", shown)
        self.assertIn(f"left aside: server-port = 80 ({path}:5): --server-port does nothing with --unix-socket\n", run.stdout)
        self.assertEqual("", run.stderr)
        shown, _ = self.shown("exec", "--show-settings", environment={"AWS_PROFILE": "dev-2"})
        self.assertEqual(("dev-2", "AWS_PROFILE"), shown["profile"])


@unittest.skipUnless(can_mount(), "needs root, to put a file into /etc/sentinel of a mount namespace of its own")
class RootsFile(OwnEtc, Settings):
    """/etc/sentinel/config, seen by the runs of these tests alone."""

    def setUp(self):
        super().setUp()
        self.make_etc()

    def under(self, text, *arguments, environment=None, mode=0o644, owner=0):
        os.chown(self.say(text, "config", mode), owner, -1)
        return subprocess.run([*self.in_its_etc(), self.layout.sentinel, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=PATIENCE,
                              env={"PATH": os.environ["PATH"], "HOME": self.user.home, **self.variables(environment)})

    def test_a_final_word_cannot_be_overridden_and_an_attempt_is_told(self):
        final = f"[default]\nserver = true\nfinal policy-parameter = {PARAMETER}\n"
        mine = self.write("mine.yaml", policy(rule(conditions="{ profiles: [other] }")))
        for options in (("--policy-file", mine), ("--policy-parameter", "/mine"), ("--remote-server", "https://127.0.0.1:9/x")):
            done = self.under(final, "exec", "ledger-prod", *options, "--", "touch", self.marker)
            self.assertNotEqual(0, done.returncode)
            self.assertEqual(f"sentinel: {options[0]} goes against /etc/sentinel/config:3, where root says policy-parameter = "
                             f"{PARAMETER}, finally\nsentinel:   leave {options[0]} out\n", done.stderr)
        self.assertFalse(os.path.exists(self.marker))
        path = self.config(f"[default]\npolicy-file = {mine}\n")
        done = self.under(final, "exec", "ledger-prod", "--", "echo", "served", environment={"SENTINEL_POLICY_PARAMETER": "/mine"})
        self.assertEqual((0, "served\n"), (done.returncode, done.stdout), done.stderr)
        for place, option in (("SENTINEL_POLICY_PARAMETER", "policy-parameter"), (f"{path}:2", "policy-file")):
            self.assertIn(f"sentinel: {option} of {place} is left aside: /etc/sentinel/config:3 says policy-parameter = {PARAMETER}, "
                          "finally\n", done.stderr)

    def test_a_final_word_binds_the_commands_that_have_the_option(self):
        final = "[default]\nfinal server = true\n"
        for effect, code in (("require_server", 1), ("allow", 0)):   # as sentinel-config(5) says: there the policy decides
            mine = self.write("mine.yaml", policy(rule(effect=effect, conditions="{ profiles: [ledger-prod] }")))
            done = self.under(final, "exec", "ledger-prod", "--no-server", "--policy-file", mine, "--", "touch", self.marker)
            self.assertIn("--server goes against /etc/sentinel/config:2", done.stderr)
            self.assertFalse(os.path.exists(self.marker))
            done = self.under(final, "credentials", "ledger-prod", "--policy-file", mine)
            self.assertEqual((code, code == 0), (done.returncode, "SecretAccessKey" in done.stdout), done.stderr)

    def test_only_roots_own_file_is_believed(self):
        for more in ({"mode": 0o666}, {"owner": self.user.uid}):
            done = self.under(SERVED, "exec", "ledger-prod", "--", "touch", self.marker, **more)
            self.assertNotEqual(0, done.returncode)
            self.assertIn("sentinel: /etc/sentinel/config ", done.stderr)
            self.assertFalse(os.path.exists(self.marker))

    def test_the_user_comes_before_root_where_root_does_not_insist(self):
        path = self.config("[default]\nregion = eu-west-1\n")
        done = self.under(f"{SERVED}region = us-east-1\non-tamper = warn\n", "exec", "ledger-prod", "--show-settings")
        rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
        self.assertEqual(["eu-west-1", f"{path}:2"], rows["region"])
        self.assertEqual(["warn", "/etc/sentinel/config:6"], rows["on-tamper"])
        self.assertIn("left aside: region = us-east-1 (/etc/sentinel/config:5): ", done.stdout)


if __name__ == "__main__":
    main()
